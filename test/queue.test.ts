import { expect, test, vi } from 'vitest'
import { createMemoryQueue } from '../src/queue/memory.ts'
import { queueSuite, suiteConcurrency } from './suites/queue.ts'

queueSuite('the memory', () => createMemoryQueue({ concurrency: suiteConcurrency }))

const wakeUp = (id: string, runAt = 0, workflow = id) => ({ id, runAt, workflow, execution: null, version: null })

test('wake-ups beyond the capacity are dropped, those within it are not', async () => {
  const queue = createMemoryQueue({ concurrency: 100, capacity: 10 })
  const later = Date.now() + 3_600_000
  for (let index = 0; index < 15; index++) queue.push(wakeUp(`later${index}`, later))
  for (let index = 0; index < 15; index++) queue.push(wakeUp(`one${index}`, 0, 'one'))
  for (let index = 0; index < 15; index++) queue.push(wakeUp(`all${index}`))
  const started: string[] = []
  queue.consume(async (id) => void started.push(id))
  await vi.waitFor(() => expect(started).toHaveLength(10))
  expect(started.filter((id) => id.startsWith('one')).length, 'half for one lane').toBe(5)
  await queue.close()
})

test('a time beyond what a timer can be set for does not mean at once', async () => {
  vi.useFakeTimers()
  try {
    const queue = createMemoryQueue({ concurrency: 1 })
    const started: string[] = []
    queue.consume(async (id) => void started.push(id))
    queue.push(wakeUp('next year', Date.now() + 365 * 86_400_000))
    await vi.advanceTimersByTimeAsync(364 * 86_400_000)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(started).toEqual(['next year'])
    await queue.close()
  } finally {
    vi.useRealTimers()
  }
})
