import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import { createLeases } from '../src/leases.ts'
import type { Store } from '../src/ports.ts'

type Renew = Store['renewLeases']

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The leases of a runner whose heartbeats are answered one after the other by these; those after them never. */
function start(...answers: Renew[]) {
  const renewLeases = vi.fn<Renew>((...args) => answers.shift()?.(...args) ?? new Promise(() => {}))
  const store = { now: Date.now, renewLeases } as Partial<Store> as Store
  const leases = createLeases({ store, log: pino({ level: 'silent' }), owner: 'me' })
  leases.start()
  const { signal } = leases.hold('evt_1', performance.now())
  return { leases, signal, renewLeases }
}

const all: Renew = async (_owner, ids) => ids
const away: Renew = () => Promise.reject(new UnavailableError('The store is away.'))

test('a heartbeat may be lost: a lease that the next one renews stops no run', async () => {
  const { signal, renewLeases } = start(away, all, away, all)
  await vi.advanceTimersByTimeAsync(21_000)
  expect(signal.aborted).toBe(false)
  expect(renewLeases).toHaveBeenCalledTimes(4)
})

test('two in a row may not', async () => {
  const { signal } = start(all, away, away, all)
  await vi.advanceTimersByTimeAsync(16_000)
  expect(signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(signal.aborted).toBe(true)
})

test('a heartbeat that is answered late takes no time from a later one', async () => {
  const late = Promise.withResolvers<readonly string[]>()
  const { signal } = start(() => late.promise, all)
  await vi.advanceTimersByTimeAsync(10_500)
  late.resolve(['evt_1'])
  await vi.advanceTimersByTimeAsync(11_000)
  expect(signal.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(signal.aborted).toBe(true)
})

test('what is let go of is not renewed, and leaves no timer behind', async () => {
  const { leases, signal, renewLeases } = start(all, all)
  await vi.advanceTimersByTimeAsync(6_000)
  const again = leases.hold('evt_1', performance.now())
  leases.letGo('evt_1', new AbortController())
  expect(leases.has('evt_1'), 'a claim is let go of by its holder only').toBe(true)
  leases.letGo('evt_1', again)
  expect(leases.has('evt_1')).toBe(false)
  await vi.advanceTimersByTimeAsync(4_500)
  expect(renewLeases).toHaveBeenCalledTimes(1)
  leases.stop()
  expect(signal.aborted).toBe(false)
})
