import { expect, test, vi } from 'vitest'
import { createMemoryQueue } from '../src/queue/memory.ts'
import { queueSuite, suiteConcurrency } from './suites/queue.ts'

queueSuite('the memory', () => createMemoryQueue({ concurrency: suiteConcurrency }))

test('wake-ups beyond the capacity are dropped, those within it are not', async () => {
  const queue = createMemoryQueue({ concurrency: 100, capacity: 10 })
  for (let index = 0; index < 15; index++)
    queue.push({ id: `e${index}`, runAt: index < 5 ? Date.now() + 3_600_000 : 0 })
  const started: string[] = []
  queue.consume(async (id) => void started.push(id))
  await vi.waitFor(() => expect(started).toEqual(['e5', 'e6', 'e7', 'e8', 'e9']))
  await queue.close()
})

test('a time beyond what a timer can be set for does not mean at once', async () => {
  vi.useFakeTimers()
  try {
    const queue = createMemoryQueue({ concurrency: 1 })
    const started: string[] = []
    queue.consume(async (id) => void started.push(id))
    queue.push({ id: 'next year', runAt: Date.now() + 365 * 86_400_000 })
    await vi.advanceTimersByTimeAsync(364 * 86_400_000)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(started).toEqual(['next year'])
    await queue.close()
  } finally {
    vi.useRealTimers()
  }
})
