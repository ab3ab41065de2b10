import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import type { Event } from '../src/event.ts'
import { createMemoryHub } from '../src/hub/memory.ts'
import { createPollingHub } from '../src/hub/polling.ts'
import { newId } from '../src/id.ts'
import type { Change, ForeignChanges, Hub, Store, Watcher } from '../src/ports.ts'
import { hubSuite, suiteBuffer } from './suites/hub.ts'
import { pendingEvent } from './suites/store.ts'

const small = { bufferSize: suiteBuffer, allBufferSize: suiteBuffer }
const intervalMs = 10

hubSuite('the memory', () => createMemoryHub(small))

hubSuite('a polling', () =>
  createPollingHub({ hub: createMemoryHub(small), store: sharedStore().store, intervalMs, warn: () => undefined }),
)

/** A store that other processes write to, in memory, which counts what it is asked. */
function sharedStore() {
  const kept = new Map<string, { readonly event: Event; readonly at: number }>()
  const asked = { revisions: [] as number[], events: [] as number[], changedSince: [] as number[] }
  const store: ForeignChanges & Pick<Store, 'getEvents' | 'now'> = {
    now: () => Date.now(),
    revisions(ids) {
      asked.revisions.push(ids.length)
      return answer(() => ids.flatMap((id) => kept.get(id)?.event ?? []))
    },
    getEvents(ids) {
      asked.events.push(ids.length)
      return answer(() => ids.flatMap((id) => kept.get(id)?.event ?? []))
    },
    changedSince(time, limit) {
      asked.changedSince.push(time)
      if (there.allDown) return Promise.reject(new UnavailableError('It takes too long.'))
      const changed = [...kept.values()].filter(({ at }) => at >= time).toSorted((a, b) => a.at - b.at)
      return answer(() => changed.slice(0, limit).map(({ event: { id, rev }, at }) => ({ id, rev, at })))
    },
  }

  const there = {
    store,
    asked,
    down: false,
    /** Only what watchers of all need cannot be read. */
    allDown: false,
    /** Called while a question is under way. */
    meanwhile: () => {},
    queries: () => asked.revisions.length + asked.events.length + asked.changedSince.length,
    /** Another process changes an event, `lateMs` before this can be seen here. */
    write(id: string, rev: number, status: Event['status'] = 'Pending', lateMs = 0) {
      const event = pendingEvent({ id, rev, status })
      kept.set(id, { event, at: Date.now() - lateMs })
      return event
    },
  }

  async function answer<T>(read: () => T): Promise<T> {
    if (there.down) throw new UnavailableError('The store is away.')
    const value = read()
    there.meanwhile()
    return value
  }
  return there
}

describe('a polling hub', () => {
  let hub: Hub
  let warnings: string[]
  let there: ReturnType<typeof sharedStore>
  beforeEach(() => {
    vi.useFakeTimers()
    warnings = []
    there = sharedStore()
    const warn = (message: string) => void warnings.push(message)
    hub = createPollingHub({ hub: createMemoryHub(), store: there.store, intervalMs, warn })
  })
  afterEach(() => {
    hub.close('The test is over.')
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  const polls = (count: number) => vi.advanceTimersByTimeAsync(count * intervalMs)

  /** What a watcher is told from now on, in short. */
  function hear(watcher: Watcher): string[] {
    const heard: string[] = []
    const listen = async () => {
      for await (const change of watcher) heard.push(inShort(change))
    }
    listen().catch((error: unknown) => heard.push(String(error)))
    return heard
  }

  function inShort(change: Change): string {
    return change.kind === 'Event' ? `${change.event.id} ${change.event.rev}` : `${change.eventId} logs`
  }

  test('a change made elsewhere reaches the watchers of that event and those of all, once', async () => {
    const [one, all, other] = [
      hear(hub.watch({ eventId: 'a' })),
      hear(hub.watch('all')),
      hear(hub.watch({ eventId: 'b' })),
    ]
    there.write('a', 1)
    await polls(3)
    there.write('a', 4, 'Success')
    await polls(3)
    expect(one).toEqual(['a 1', 'a 4'])
    expect(all).toEqual(['a 1', 'a 4'])
    expect(other).toEqual([])
  })

  test('a watcher of one event hears of it without one of all', async () => {
    const one = hear(hub.watch({ eventId: 'a' }))
    there.write('a', 2)
    there.write('b', 2)
    await polls(3)
    expect(one).toEqual(['a 2'])
    expect(there.asked).toMatchObject({ events: [1], changedSince: [] })
  })

  test('watchers of all hear of changes in their order, also of one that is seen late', async () => {
    const all = hear(hub.watch('all'))
    there.write('a', 1, 'Pending', 2)
    there.write('b', 1, 'Pending', 1)
    there.write('c', 1)
    await polls(500)
    there.write('d', 1, 'Pending', 4000)
    await polls(1)
    expect(all).toEqual(['a 1', 'b 1', 'c 1', 'd 1'])
    expect(there.asked.revisions).toEqual([])
  })

  test('a poll asks for what changed since the poll before and a little longer ago, but not before the first watcher', async () => {
    const start = Date.now()
    hub.watch('all')
    await polls(3)
    const ago = () => there.asked.changedSince.map((time) => start - time)
    expect(ago()).toEqual([500, 500, 500])
    await polls(500)
    const [before = 0, last = 0] = there.asked.changedSince.slice(-2)
    expect(last - before).toBe(intervalMs)
    expect(Date.now() - last).toBeGreaterThanOrEqual(5000)
  })

  test('what others did is not lost among what is done here', async () => {
    const all = hear(hub.watch('all'))
    for (let index = 0; index < 400; index++) there.write(`theirs${index}`, 1)
    for (let index = 0; index < 1200; index++) {
      hub.notify({ kind: 'Event', event: there.write(`ours${index}`, 1) })
      if (index % 100 === 99) await polls(0)
    }
    await polls(1)
    expect(all.filter((it) => it.startsWith('theirs'))).toHaveLength(400)
  })

  test('who watches one event hears of it also while what all watch cannot be read', async () => {
    const [one, all] = [hear(hub.watch({ eventId: 'a' })), hear(hub.watch('all'))]
    there.allDown = true
    there.write('a', 2)
    await polls(3)
    expect(one).toEqual(['a 2'])
    expect(warnings).toHaveLength(1)
    there.write('b', 2)
    there.allDown = false
    await polls(1)
    expect(all).toEqual(['a 2', 'b 2'])
  })

  test('a change made here is told at once and once', async () => {
    const [one, all] = [hear(hub.watch({ eventId: 'a' })), hear(hub.watch('all'))]
    hub.notify({ kind: 'Event', event: there.write('a', 3) })
    await polls(0)
    expect([one, all]).toEqual([['a 3'], ['a 3']])
    await polls(5)
    expect([one, all]).toEqual([['a 3'], ['a 3']])
    expect(there.asked.changedSince).toHaveLength(5)
  })

  test('what is told here while a poll reads is not followed by something older', async () => {
    const one = hear(hub.watch({ eventId: 'a' }))
    const seen = there.write('a', 3)
    there.meanwhile = () => {
      if (there.asked.events.length > 0) hub.notify({ kind: 'Event', event: { ...seen, rev: 4 } })
    }
    await polls(1)
    expect(one).toEqual(['a 4'])
  })

  test('the log of an event that runs elsewhere may have grown, that of one that runs here is told of here', async () => {
    const [one, here] = [hear(hub.watch({ eventId: 'a' })), hear(hub.watch({ eventId: 'b' }))]
    there.write('a', 2, 'Processing')
    hub.notify({ kind: 'Event', event: there.write('b', 2, 'Processing') })
    await polls(1)
    expect(one).toEqual(['a 2', 'a logs'])
    expect(here).toEqual(['b 2'])
    hub.notify({ kind: 'Logs', eventId: 'b' })
    await polls(1)
    expect(one).toEqual(['a 2', 'a logs', 'a logs'])
    expect(here).toEqual(['b 2', 'b logs'])
    there.write('a', 3, 'Success')
    await polls(3)
    expect(one.slice(3)).toEqual(['a 3'])
    // Nothing was told of it here for a while: it may run elsewhere by now.
    expect(here.slice(2)).toEqual(['b logs', 'b logs', 'b logs'])
  })

  test('a watcher of an event that is final hears where it stands, and then nothing', async () => {
    there.write('a', 5, 'Success')
    const first = hear(hub.watch({ eventId: 'a' }))
    await polls(5)
    const watcher = hub.watch({ eventId: 'a' })
    await polls(5)
    expect(first).toEqual(['a 5'])
    await watcher.return()
    expect(there.asked.events).toEqual([1])
  })

  test('asks for many events in batches', async () => {
    for (let index = 0; index < 1001; index++) {
      there.write(`e${index}`, 1)
      hub.watch({ eventId: `e${index}` })
    }
    await polls(1)
    expect(there.asked.revisions).toEqual([1000, 1])
    expect(there.asked.events).toEqual([...Array.from({ length: 10 }, () => 100), 1])
  })

  test('a watcher of all that cannot be told everything ends', async () => {
    const all = hear(hub.watch('all'))
    for (let index = 0; index < 5000; index++) there.write(`e${index}`, 1)
    await polls(1)
    expect(all.at(-1)).toContain('WatchEndedError')
    expect(hub.watchers()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('as long as nobody watches, nothing is asked and no timer runs', async () => {
    hub.notify({ kind: 'Event', event: there.write('a', 1) })
    expect(vi.getTimerCount()).toBe(0)
    await polls(5)
    expect(there.queries()).toBe(0)
    hub.watch('all')
    expect(vi.getTimerCount()).toBe(1)
  })

  test('the questions end with the last watcher, however it ends', async () => {
    const [one, two, all] = [hub.watch({ eventId: 'a' }), hub.watch({ eventId: 'a' }), hub.watch('all')]
    await polls(1)
    expect(there.asked).toMatchObject({ revisions: [1], changedSince: [expect.any(Number)] })
    await all.return()
    await one.return()
    await one.return()
    await polls(1)
    expect(there.asked).toMatchObject({ revisions: [1, 1], changedSince: [expect.any(Number)] })
    await two.return()
    expect(vi.getTimerCount()).toBe(0)
    await polls(5)
    expect(there.queries()).toBe(3)
  })

  test('a watcher that returns while a poll is under way hears nothing, and no poll follows', async () => {
    const watcher = hub.watch({ eventId: 'a' })
    const heard = hear(watcher)
    there.write('a', 1)
    there.meanwhile = () => void watcher.return()
    await polls(5)
    expect(heard).toEqual([])
    expect(there.queries()).toBe(1)
  })

  test('polls never overlap', async () => {
    const answered = Promise.withResolvers<never[]>()
    const revisions = vi.spyOn(there.store, 'revisions').mockReturnValue(answered.promise)
    hub.watch({ eventId: 'a' })
    await polls(5)
    hub.watch({ eventId: 'b' })
    await polls(5)
    expect(revisions.mock.calls).toEqual([[['a']]])
    answered.resolve([])
    await polls(1)
    expect(revisions.mock.calls).toEqual([[['a']], [['a', 'b']]])
  })

  test('closing while a poll is under way ends it without a word', async () => {
    const one = hear(hub.watch({ eventId: 'a' }))
    there.write('a', 1)
    there.meanwhile = () => {
      hub.close('Going home.')
      throw new UnavailableError('The store is closed.')
    }
    await polls(5)
    expect(one).toEqual(['WatchEndedError: Going home.'])
    expect(there.queries()).toBe(1)
    expect(warnings).toEqual([])
  })

  test('what has closed asks the store nothing more', async () => {
    const now = vi.spyOn(there.store, 'now')
    hub.close('Going home.')
    expect(hear(hub.watch('all'))).toEqual([])
    await polls(5)
    expect(now).not.toHaveBeenCalled()
    expect(there.queries()).toBe(0)
  })

  test('a store that is away ends nothing, is said once per outage, and nothing is lost', async () => {
    const [one, all] = [hear(hub.watch({ eventId: 'a' })), hear(hub.watch('all'))]
    await polls(1)
    there.down = true
    there.write('a', 1)
    // Longer than a poll looks back by itself.
    await polls(1000)
    expect(warnings).toEqual(['What other processes change cannot be read now: The store is away.'])
    expect([one, all]).toEqual([[], []])
    there.down = false
    await polls(1)
    expect([one, all]).toEqual([['a 1'], ['a 1']])
    there.down = true
    await polls(5)
    expect(warnings).toHaveLength(2)
    expect(hub.watchers()).toBe(2)
  })
})

test('watchers that are gone and events that were told leave nothing behind', () => {
  const hub = createMemoryHub()
  const polling = createPollingHub({ hub: createMemoryHub(), store: sharedStore().store, warn: () => undefined })
  const event = pendingEvent()
  expect(grown(() => void hub.watch({ eventId: newId('evt') }).return())).toBeLessThan(50)
  expect(grown(() => void polling.watch({ eventId: newId('evt') }).return())).toBeLessThan(50)
  // Of the last 10,000 it knows what it told.
  const tell = () => polling.notify({ kind: 'Event', event: { ...event, id: newId('evt') } })
  for (let count = 0; count < 10_000; count++) tell()
  expect(grown(tell)).toBeLessThan(50)
  polling.close('The test is over.')
})

/** By how many bytes the memory has grown for each of many calls. */
function grown(act: () => void): number {
  const times = 50_000
  for (let count = 0; count < 1000; count++) act()
  const before = used()
  for (let count = 0; count < times; count++) act()
  return (used() - before) / times
}

function used(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
