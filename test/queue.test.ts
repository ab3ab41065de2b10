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

test('an event that waits behind a busy workflow and is pointed at another runs as that one has room', async () => {
  const queue = createMemoryQueue({ concurrency: 2, perLane: 1 })
  const started: string[] = []
  const done = Promise.withResolvers<void>()
  queue.consume(async (id) => {
    started.push(id)
    await done.promise
  })
  queue.push(wakeUp('busy', 0, 'a'))
  queue.push(wakeUp('moved', 0, 'a'))
  await vi.waitFor(() => expect(started).toEqual(['busy']))
  queue.push(wakeUp('moved', 0, 'b'))
  await vi.waitFor(() => expect(started).toEqual(['busy', 'moved']))
  done.resolve()
  await queue.close()
})

test('what is due in more than an hour takes no timer and no place of what is due sooner', async () => {
  vi.useFakeTimers()
  try {
    const queue = createMemoryQueue({ concurrency: 1, capacity: 10 })
    const started: string[] = []
    queue.consume(async (id) => void started.push(id))
    for (let index = 0; index < 20; index++) queue.push(wakeUp(`later${index}`, Date.now() + 3_600_001))
    // Nor does what is beyond the 31 bits of a timer mean at once.
    queue.push(wakeUp('next year', Date.now() + 365 * 86_400_000))
    expect(vi.getTimerCount()).toBe(0)
    queue.push(wakeUp('soon', Date.now() + 3_600_000))
    await vi.advanceTimersByTimeAsync(3_599_999)
    expect(started).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(started).toEqual(['soon'])
    await vi.advanceTimersByTimeAsync(366 * 86_400_000)
    expect(started).toEqual(['soon'])
    await queue.close()
  } finally {
    vi.useRealTimers()
  }
})

test('an event that is put off, however far, loses the timer it had', async () => {
  vi.useFakeTimers()
  try {
    const queue = createMemoryQueue({ concurrency: 1 })
    const started: string[] = []
    queue.consume(async (id) => void started.push(id))
    queue.push(wakeUp('a', Date.now() + 1000))
    queue.push(wakeUp('a', Date.now() + 1e10))
    expect(vi.getTimerCount()).toBe(0)
    await queue.close()
  } finally {
    vi.useRealTimers()
  }
})

test('what is closed has no timer left', async () => {
  vi.useFakeTimers()
  try {
    const queue = createMemoryQueue({ concurrency: 1 })
    queue.push(wakeUp('later', Date.now() + 1000))
    expect(vi.getTimerCount()).toBe(1)
    await queue.close()
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})
