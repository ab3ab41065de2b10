import { pino } from 'pino'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import type { Event, Outcome } from '../src/event.ts'
import { isFinal, noUsage } from '../src/event.ts'
import { createMemoryHub } from '../src/hub/memory.ts'
import type { Executor, Hub, Job, Queue, RunHost, Store } from '../src/ports.ts'
import { createMemoryQueue } from '../src/queue/memory.ts'
import { createRunner } from '../src/runner.ts'
import { openTestStore } from './test-store.ts'
import {
  cancelEvent,
  claimEvent,
  crashesAlone,
  crashesBeforeAlone,
  dueAgain,
  owned,
  recoverEvent,
  releaseEvent,
  settleEvent,
} from '../src/transitions.ts'
import { createVersions } from '../src/versions.ts'
import { eventually } from './harness.ts'
import { pendingEvent } from './suites/store.ts'
import { startStopwatch } from './stopwatch.ts'

const success: Outcome = { kind: 'Success', data: 1, usage: { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 } }

describe('the runner', () => {
  let store: Store
  beforeEach(async () => {
    store = await openTestStore()
    await store.saveVersion({ hash: 'abc', language: 'JavaScript', code: '', script: '', createdAt: 0 })
  })

  /** A runner whose executor does what the test says. Everything else is real. */
  function start(
    run: (job: Job, host: RunHost) => Promise<Outcome>,
    rest: Partial<Executor> & { store?: Store; hub?: Hub; queue?: Queue } = {},
  ) {
    const unused = () => Promise.reject(new Error('Not used here'))
    const executor: Executor = { run, prepare: unused, trouble: () => undefined, close: async () => {}, ...rest }
    const runner = createRunner({
      store: rest.store ?? store,
      queue: rest.queue ?? createMemoryQueue({ concurrency: 4 }),
      hub: rest.hub ?? createMemoryHub(),
      executor,
      versions: createVersions(store),
      log: pino({ level: 'silent' }),
    })
    runner.start()
    onTestFinished(async () => {
      await runner.close(0)
      await store.close()
    })
    return runner
  }

  async function create(changes: Partial<Event> = {}): Promise<Event> {
    const event = pendingEvent({ runAt: Date.now(), ...changes })
    await store.createEvents([event])
    return event
  }

  const untilFinal = (id: string) =>
    eventually(async () => {
      const event = await store.getEvent(id)
      return event && isFinal(event) ? event : undefined
    })

  test('finds events whose wake-up was lost', async () => {
    const event = await create()
    start(async () => success)
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Success', data: 1 })
  })

  test('tells of each step it takes', async () => {
    const hub = createMemoryHub()
    const watcher = hub.watch('all')
    const event = await create()
    start(async () => success, { hub })
    const told = [(await watcher.next()).value, (await watcher.next()).value]
    expect(told).toMatchObject([
      { event: { id: event.id, rev: 2, status: 'Processing' } },
      { event: { id: event.id, rev: 3, status: 'Success' } },
    ])
  })

  test('wakes what is to be tried again', async () => {
    const queue = createMemoryQueue({ concurrency: 1 })
    const push = vi.spyOn(queue, 'push')
    const place = { stack: null, codeFrame: null, line: null, column: null }
    const failure = { code: 'USER_ERROR' as const, name: 'E', message: '', retryable: true, ...place }
    const event = await create({ limits: { timeoutMs: 1, memoryMb: 8, maxAttempts: 2 } })
    start(async () => ({ kind: 'Failure', failure, usage: noUsage }), { queue })
    await untilFinal(event.id)
    expect(push.mock.calls.map(([woken]) => woken)).toContainEqual(expect.objectContaining({ id: event.id, rev: 3 }))
  })

  test('asks a store that is away a few times a second, however many events wait', async () => {
    for (let index = 0; index < 100; index++) await create()
    const asked: number[] = []
    const away = () => {
      asked.push(performance.now())
      return Promise.reject(new UnavailableError('The store is away.'))
    }
    start(async () => success, { store: { ...store, getEvent: away } })
    // Four at a time, then a pause.
    await eventually(() => (asked.length >= 24 ? true : undefined))
    expect((asked[23] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(900)
  })

  test('a shutdown does not wait until code can be run', async () => {
    let asked = 0
    let trouble: string | undefined = 'No child starts.'
    const runner = start(async () => success, { trouble: () => (asked++, trouble) })
    const event = await create()
    await eventually(() => (asked > 5 ? true : undefined))
    let closed = false
    const closing = runner.close(0).then(() => (closed = true))
    try {
      await eventually(() => closed || undefined)
    } finally {
      trouble = undefined
      await closing
    }
    expect(await store.getEvent(event.id)).toEqual(event)
  })

  test('two runners on one store run every event once', async () => {
    const ids = []
    for (let index = 0; index < 100; index++) ids.push((await create()).id)
    const runs: string[] = []
    const run = async ({ eventId }: Job) => {
      runs.push(eventId)
      return success
    }
    start(run)
    start(run)
    for (const id of ids) await untilFinal(id)
    expect(runs.toSorted()).toEqual(ids.toSorted())
  })

  test('a claim whose answer was lost is run as if nothing had been', async () => {
    let lost = 0
    start(async () => success, {
      store: {
        ...store,
        async updateEvent(next, expiredBy) {
          const kept = await store.updateEvent(next, expiredBy)
          if (next.status === 'Processing' && lost++ === 0) throw new UnavailableError('The answer was lost.')
          return kept
        },
      },
    })
    const event = await create()
    const ended = await untilFinal(event.id)
    expect(ended).toMatchObject({ status: 'Success', crashes: 0 })
    expect(ended.attempts).toHaveLength(1)
  })

  test('a claim that nobody knows of is given back when its lease is over, and nobody is blamed', async () => {
    let ahead = 0
    let isAway = false
    let lost = 0
    const runs: number[] = []
    start(
      async ({ attempt }) => {
        runs.push(attempt)
        return success
      },
      {
        store: {
          ...store,
          now: () => Date.now() + ahead,
          async updateEvent(next, expiredBy) {
            const kept = await store.updateEvent(next, expiredBy)
            if (next.status !== 'Processing' || lost++ > 0) return kept
            isAway = true
            throw new UnavailableError('The answer was lost.')
          },
          async getEvent(id) {
            if (!isAway) return store.getEvent(id)
            isAway = false
            throw new UnavailableError('Nor can it be asked.')
          },
        },
      },
    )
    const event = await create()
    await eventually(() => (lost > 0 && !isAway ? true : undefined))
    expect(await store.getEvent(event.id)).toMatchObject({ status: 'Processing' })
    ahead = 16_000
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Success', crashes: 0 })
    expect(runs).toEqual([2])
  })

  test('an event that nobody can read does not keep others from being found', async () => {
    const lost = { status: 'Processing', owner: 'of a server that died', rev: 2 } as const
    const broken = await create({ ...lost, leaseUntil: 0 })
    const recovered = await create({ ...lost, leaseUntil: 1 })
    const pending = await create()
    const runner = start(async () => success, {
      store: {
        ...store,
        getEvent: (id) => (id === broken.id ? Promise.reject(new SyntaxError('Unexpected token')) : store.getEvent(id)),
      },
    })
    expect(await untilFinal(recovered.id)).toMatchObject({ status: 'Success', crashes: 1 })
    expect(await untilFinal(pending.id)).toMatchObject({ status: 'Success' })
    await eventually(() => (runner.trouble() === undefined ? true : undefined))
  })

  test('an event whose end the store refuses is not run again for ever', async () => {
    let ahead = 0
    let runs = 0
    const run = async () => {
      runs++
      return success
    }
    start(run, {
      store: {
        ...store,
        now: () => Date.now() + ahead,
        updateEvent: (next, expiredBy) =>
          isFinal(next) && next.error?.code !== 'QUARANTINED'
            ? Promise.reject(new Error('Refused'))
            : store.updateEvent(next, expiredBy),
      },
    })
    const event = await create()
    for (let claims = 1; claims <= crashesBeforeAlone + crashesAlone; claims++) {
      await eventually(() => (runs === claims ? true : undefined))
      ahead += 16_000
    }
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Error', error: { code: 'QUARANTINED' } })
    expect(runs).toBe(crashesBeforeAlone + crashesAlone)
  })

  test('what is given back is due at once, also when the clock was set back since it was made', async () => {
    const ahead = 3_600_000
    const event = await create({ runAt: Date.now() + ahead })
    const claimed = claimEvent(event, 'me', Date.now() + ahead, Date.now() + ahead)
    const back = releaseEvent(owned(claimed), 'me', dueAgain(owned(claimed), Date.now()), Date.now())
    expect(owned(back).runAt).toBeLessThanOrEqual(Date.now())
    const interrupted = settleEvent(owned(claimed), 'me', { kind: 'Interrupted' }, Date.now(), 0)
    const recovered = recoverEvent({ ...owned(claimed), leaseUntil: 0 }, Date.now())
    for (const next of [interrupted, recovered]) expect(owned(next).runAt).toBeLessThanOrEqual(Date.now())
  })

  test('a run ends when a heartbeat finds that its event was taken', async () => {
    const stopped = Promise.withResolvers<void>()
    start(async (_job, { signal }) => {
      signal.addEventListener('abort', () => stopped.resolve())
      await stopped.promise
      return { kind: 'Interrupted' }
    })
    const event = await create()
    const running = await eventually(async () => {
      const found = await store.getEvent(event.id)
      return found?.status === 'Processing' ? found : undefined
    })
    // In the store only, as another process does it: the hub of this one hears nothing.
    const canceled = cancelEvent(running, Date.now())
    if (!canceled) throw new Error('This event should have been there to cancel')
    await store.updateEvent(canceled)
    await stopped.promise
    expect(await store.getEvent(event.id)).toEqual(canceled)
  })

  test('claims nothing before code can be run, so that no event is blamed for a server that dies meanwhile', async () => {
    let trouble: string | undefined = 'starting'
    let asked = 0
    const runner = start(async () => success, {
      trouble: () => {
        asked++
        return trouble
      },
    })
    expect(runner.trouble()).toBe('starting')
    const event = await create()
    await eventually(() => (asked > 5 ? true : undefined))
    expect(await store.getEvent(event.id)).toEqual(event)
    trouble = undefined
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Success', crashes: 0 })
  })

  test('runs an event that runners died of alone', async () => {
    let running = 0
    let alone: number | undefined
    const suspect = await create({ crashes: 2 })
    const others = await Promise.all(Array.from({ length: 8 }, () => create()))
    start(async (job) => {
      running++
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (job.eventId === suspect.id) alone = running
      running--
      return success
    })
    await Promise.all([suspect, ...others].map((event) => untilFinal(event.id)))
    expect(alone).toBe(1)
  })

  test('gives up an event of which runners died alone, and takes over one whose runner died once', async () => {
    const lost = { status: 'Processing' as const, owner: 'dead', leaseUntil: 0, rev: 2 }
    const poison = await create({ ...lost, crashes: 4 })
    const innocent = await create({ ...lost, crashes: 0 })
    start(async () => success)
    expect(await untilFinal(poison.id)).toMatchObject({ status: 'Error', error: { code: 'QUARANTINED' }, crashes: 5 })
    expect(await untilFinal(innocent.id)).toMatchObject({ status: 'Success', crashes: 1, attemptsUsed: 1 })
  })

  test('takes over nothing whose lease is renewed between the look at it and the takeover', async () => {
    const event = await create({ status: 'Processing', owner: 'slow', leaseUntil: 0, rev: 2 })
    let tries = 0
    start(async () => success, {
      store: {
        ...store,
        async updateEvent(next, expiredBy) {
          if (tries++ === 0) await store.renewLeases('slow', [event.id], Date.now() + 60_000)
          return store.updateEvent(next, expiredBy)
        },
      },
    })
    await eventually(() => (tries > 0 ? true : undefined))
    await eventually(async () => ((await store.listDue(Date.now(), 1)).length === 0 ? true : undefined))
    expect(await store.getEvent(event.id)).toMatchObject({ status: 'Processing', owner: 'slow', rev: 2, crashes: 0 })
  })

  test('an executor that is broken uses up no attempt', async () => {
    let broken = true
    const event = await create()
    start(async () => {
      if (!broken) return success
      broken = false
      throw new UnavailableError('no child starts')
    })
    const done = await untilFinal(event.id)
    expect(done.attempts.map((attempt) => attempt.outcome)).toEqual(['Interrupted', 'Success'])
    expect(done.attemptsUsed).toBe(1)
  })

  test('an outcome and its log outlast a store that is away for a while', async () => {
    let away = false
    const refuse = () => Promise.reject(new UnavailableError('the disk is full'))
    const flaky: Store = {
      ...store,
      updateEvent: (next, expiredBy) => (away ? refuse() : store.updateEvent(next, expiredBy)),
      appendLogs: (lines) => (away ? refuse() : store.appendLogs(lines)),
    }
    const event = await create()
    let runs = 0
    start(
      async (job, host) => {
        runs++
        away = true
        host.log([{ eventId: job.eventId, attempt: job.attempt, seq: 1, at: 1, level: 'info', message: 'kept' }])
        setTimeout(() => (away = false), 120)
        return success
      },
      { store: flaky },
    )
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Success', attemptsUsed: 1 })
    expect(await store.readLogs(event.id, undefined, 10)).toMatchObject([{ message: 'kept' }])
    expect(runs).toBe(1)
  })

  test('an outcome that the store refuses ends the event with an error, and its code is not run again', async () => {
    const refusing: Store = {
      ...store,
      updateEvent: (next) =>
        next.data === null ? store.updateEvent(next) : Promise.reject(new Error('The document is too large')),
    }
    let runs = 0
    const event = await create({ limits: { timeoutMs: 1000, memoryMb: 8, maxAttempts: 3 } })
    start(
      async () => {
        runs++
        return success
      },
      { store: refusing },
    )
    expect(await untilFinal(event.id)).toMatchObject({
      status: 'Error',
      error: { code: 'BAD_RESULT', message: 'The outcome could not be kept.' },
    })
    expect(runs).toBe(1)
  })

  test('a shutdown waits for the store as long as it was told to, and no longer', async () => {
    let tries = 0
    const away: Store = {
      ...store,
      updateEvent(next) {
        if (next.data === null) return store.updateEvent(next)
        tries++
        return Promise.reject(new UnavailableError('The store is away.'))
      },
    }
    await create()
    const runner = start(async () => success, { store: away })
    await eventually(() => (tries > 0 ? true : undefined))
    const before = tries
    const began = performance.now()
    const watch = startStopwatch()
    await runner.close(600)
    expect(watch.stop()).toBeLessThan(2000)
    expect(performance.now() - began).toBeGreaterThan(500)
    expect(tries).toBeGreaterThan(before)
  })

  test('code that is gone is told, once', async () => {
    const event = await create({ version: 'unknown', limits: { timeoutMs: 1, memoryMb: 8, maxAttempts: 5 } })
    start(async () => success)
    expect(await untilFinal(event.id)).toMatchObject({ status: 'Error', error: { code: 'NOT_FOUND' }, attemptsUsed: 1 })
  })
})
