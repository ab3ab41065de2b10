import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import type { Event } from '../src/event.ts'
import type { Change, DueEvent, Store, WakeUp } from '../src/ports.ts'
import { createSweep } from '../src/sweep.ts'
import { claimEvent, owned } from '../src/transitions.ts'
import { pendingEvent } from './suites/store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Long enough for one more sweep, not for two, in milliseconds. */
const untilNext = 1_000

/** A sweep of a store that holds one event. */
function start(event: Event, rest: Partial<Store>) {
  const queue = { push: vi.fn<(event: WakeUp) => void>(), consume: () => {}, close: async () => {} }
  const told: Event[] = []
  const notify = (change: Change) => void (change.kind === 'Event' && told.push(change.event))
  const hub = { notify, watch: () => ({}) as never, watchers: () => 0, close: () => {} }
  const due: DueEvent[] = [event]
  const store: Partial<Store> = {
    now: Date.now,
    listDue: vi.fn(async () => due.splice(0)),
    getEvent: async () => event,
    updateEvent: async () => true,
    ...rest,
  }
  const log = pino({ level: 'silent' })
  const sweep = createSweep({
    store: store as Store,
    queue,
    hub,
    log,
    owner: 'me',
    isRunning: () => false,
    hasRun: () => false,
  })
  sweep.start()
  return { sweep, queue, told, store }
}

function lost(): Event {
  return owned(claimEvent(pendingEvent({ runAt: 0 }), 'another', Date.now() - 1, Date.now() - 16_000))
}

test('looks every second, also when it could not', async () => {
  const listDue = vi.fn<Store['listDue']>().mockRejectedValueOnce(new UnavailableError('away')).mockResolvedValue([])
  const { sweep } = start(pendingEvent(), { listDue })
  await vi.advanceTimersByTimeAsync(5 * untilNext)
  expect(listDue.mock.calls.length).toBeGreaterThanOrEqual(6)
  expect(listDue.mock.calls.length).toBeLessThan(9)
  sweep.stop()
  expect(vi.getTimerCount()).toBe(0)
})

test('wakes what waits', async () => {
  const event = pendingEvent()
  const { queue } = start(event, {})
  await vi.advanceTimersByTimeAsync(1)
  expect(queue.push.mock.calls).toEqual([[event]])
})

test('what it takes from a runner that was lost is told, and woken at once', async () => {
  const event = lost()
  const { queue, told } = start(event, {})
  await vi.advanceTimersByTimeAsync(1)
  expect(told).toMatchObject([{ id: event.id, status: 'Pending', rev: event.rev + 1 }])
  expect(queue.push.mock.calls).toEqual([told])
})

test('a takeover that was not answered is told once the store answers, however often it is asked in vain', async () => {
  const event = lost()
  const after = { ...event, status: 'Error' as const, rev: event.rev + 1 }
  let getEvent = async () => event
  const { told } = start(event, {
    getEvent: () => getEvent(),
    updateEvent: () => Promise.reject(new UnavailableError('It may or may not have been kept.')),
  })
  await vi.advanceTimersByTimeAsync(1)
  getEvent = () => Promise.reject(new UnavailableError('The store is away.'))
  await vi.advanceTimersByTimeAsync(3 * untilNext)
  expect(told).toEqual([])
  getEvent = async () => after
  await vi.advanceTimersByTimeAsync(untilNext)
  expect(told).toEqual([after])
})
