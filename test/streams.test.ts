import { getEventListeners } from 'node:events'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import type { Event } from '../src/event.ts'
import { isFinal } from '../src/event.ts'
import { createMemoryHub } from '../src/hub/memory.ts'
import type { Live, StreamItem } from '../src/live.ts'
import { createLive } from '../src/live.ts'
import type { Hub, LogLine, Store } from '../src/ports.ts'
import { openTestStore } from './test-store.ts'
import { claimEvent, settleEvent } from '../src/transitions.ts'
import { fullHistory, pendingEvent } from './suites/store.ts'

const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }

describe('live updates', () => {
  let store: Store
  let hub: Hub
  let live: Live
  beforeEach(async () => {
    store = await openTestStore()
    hub = createMemoryHub()
    live = createLive({ store, hub })
    return () => store.close()
  })

  async function create(): Promise<Event> {
    const [event] = await store.createEvents([pendingEvent({ runAt: 0 })])
    if (!event) throw new Error('There should be an event')
    return event
  }

  async function keep(next: Event | undefined): Promise<Event> {
    if (!next || !(await store.updateEvent(next))) throw new Error('This change should have been possible')
    hub.notify({ kind: 'Event', event: next })
    return next
  }

  const claim = (event: Event) => keep(claimEvent(event, 'me', Date.now() + 15_000, Date.now()))
  const succeed = (event: Event) => keep(settleEvent(event, 'me', { kind: 'Success', data: 1, usage }, Date.now(), 0))
  const fail = (event: Event) =>
    keep(settleEvent({ ...event, limits: { ...event.limits, maxAttempts: 9 } }, 'me', failure(), Date.now(), 0))

  function failure() {
    const place = { stack: null, codeFrame: null, line: null, column: null }
    return {
      kind: 'Failure' as const,
      failure: { code: 'USER_ERROR' as const, name: 'E', message: 'm', ...place, retryable: true },
      usage,
    }
  }

  async function say(event: Event, seq: number, attempt = 1): Promise<void> {
    const line: LogLine = { eventId: event.id, attempt, seq, at: 5, level: 'info', message: `line ${seq}` }
    await store.appendLogs([line])
    hub.notify({ kind: 'Logs', eventId: event.id })
  }

  async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
    const items: T[] = []
    for await (const item of stream) items.push(item)
    return items
  }

  const inWords = (items: StreamItem[]) =>
    items.map((item) => (item.kind === 'Status' ? item.event.status : item.line.message))

  test('a stream begins with the present state and ends with the final one', async () => {
    const event = await create()
    const stream = live.eventStatus(event.id)
    expect((await stream.next()).value).toEqual(event)
    const claimed = await claim(event)
    expect((await stream.next()).value).toEqual(claimed)
    const done = await succeed(claimed)
    expect(await collect(stream)).toEqual([done])
    expect(hub.watchers()).toBe(0)
  })

  test('a stream of an event that is final has one item, or none for who knows it already', async () => {
    const event = await succeed(await claim(await create()))
    expect(await collect(live.eventStatus(event.id))).toEqual([event])
    expect(await collect(live.eventStatus(event.id, event.rev))).toEqual([])
    expect(hub.watchers()).toBe(0)
  })

  test('whoever comes back leaves out what is known', async () => {
    const event = await create()
    const stream = live.eventStatus(event.id, event.rev)
    const next = stream.next()
    const claimed = await claim(event)
    expect((await next).value).toEqual(claimed)
    await stream.return?.()
  })

  test('whoever knows more than there is, since a backup was put back, is shown what there is', async () => {
    const event = await create()
    const stream = live.eventStatus(event.id, 9)
    expect((await stream.next()).value).toEqual(event)
    const claimed = await claim(event)
    expect((await stream.next()).value).toEqual(claimed)
    const done = await succeed(claimed)
    expect(await collect(stream)).toEqual([done])
    expect(await collect(live.eventStatus(event.id, 9))).toEqual([done])
    expect(hub.watchers()).toBe(0)
  })

  test('leaving ends it at once, whatever it was waiting for, and nothing stays attached', async () => {
    const event = await create()
    const stream = live.eventStatus(event.id)
    await stream.next()
    const waiting = stream.next()
    await stream.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(hub.watchers()).toBe(0)
    const unread = live.eventStatus(event.id)
    await unread.return?.()
    expect(await unread.next()).toEqual({ done: true, value: undefined })
    expect(hub.watchers()).toBe(0)
  })

  test('leaving while the snapshot is read leaves nothing behind either', async () => {
    const event = await create()
    const stream = live.eventStatus(event.id)
    const first = stream.next()
    await stream.return?.()
    expect(await first).toEqual({ done: true, value: undefined })
    expect(hub.watchers()).toBe(0)
  })

  test.each([
    ['an unknown event', 'evt_01936b5e-0000-7000-8000-000000000000', 'NOT_FOUND'],
    ['the id of something else', 'wfl_01936b5e-0000-7000-8000-000000000000', 'INVALID_INPUT'],
    ['no id at all', 'nonsense', 'INVALID_INPUT'],
  ])('%s is an error, and nothing stays attached', async (_what, id, code) => {
    await expect(live.eventStatus(id).next()).rejects.toMatchObject({ code })
    await expect(live.eventStream(id).next()).rejects.toMatchObject({ code })
    expect(hub.watchers()).toBe(0)
  })

  test('nothing is lost, doubled or out of order, however subscribing and changing interleave', async () => {
    for (let round = 0; round < 300; round++) {
      const event = await create()
      const changes = (async () => {
        for (let wait = round % 5; wait > 0; wait--) await Promise.resolve()
        const claimed = await claim(event)
        if (round % 3 === 0) await new Promise(setImmediate)
        await succeed(claimed)
      })()
      for (let wait = round % 7; wait > 0; wait--) await new Promise(setImmediate)
      const [seen] = await Promise.all([collect(live.eventStatus(event.id)), changes])
      const revs = seen.map((item) => item.rev)
      expect(revs).toEqual(revs.map((_rev, index) => 3 - revs.length + 1 + index))
      expect(seen.map(isFinal)).toEqual(revs.map((rev) => rev === 3))
    }
    expect(hub.watchers()).toBe(0)
  })

  test('a stream with logs keeps the order of both, and ends with the final state', async () => {
    const event = await create()
    const items = collect(live.eventStream(event.id))
    const claimed = await claim(event)
    for (let seq = 1; seq <= 250; seq++) await say(claimed, seq)
    const again = await fail(claimed)
    const second = await claim({ ...again, runAt: 0 })
    await say(second, 1, 2)
    await succeed(second)
    const words = inWords(await items)
    const lines = Array.from({ length: 250 }, (_, index) => `line ${index + 1}`)
    expect(words.slice(words.indexOf('line 1'))).toEqual([...lines, 'Pending', 'Processing', 'line 1', 'Success'])
  })

  test('a stream with logs goes on from any of its items', async () => {
    const event = await create()
    const claimed = await claim(event)
    await say(claimed, 1)
    await say(claimed, 2)
    await succeed(claimed)
    const items = await collect(live.eventStream(event.id))
    expect(inWords(items)).toEqual(['line 1', 'line 2', 'Success'])
    for (const [index, item] of items.entries()) {
      const rest = await collect(live.eventStream(event.id, item.cursor))
      expect(rest).toEqual(items.slice(index + 1))
    }
    expect(() => live.eventStream(event.id, 'nonsense')).toThrow(/after: expected an item's cursor/)
  })

  test('a stream with logs begins anew where its cursor is ahead of the event', async () => {
    const event = await create()
    const stream = live.eventStream(event.id, '9.2.5')
    expect((await stream.next()).value).toMatchObject({ kind: 'Status', event })
    const rest = collect(stream)
    const claimed = await claim(event)
    await say(claimed, 1)
    await say(claimed, 2)
    await succeed(claimed)
    expect(inWords(await rest)).toEqual(['Processing', 'line 1', 'line 2', 'Success'])
    const items = await collect(live.eventStream(event.id, '9.2.5'))
    expect(inWords(items)).toEqual(['line 1', 'line 2', 'Success'])
    for (const [index, item] of items.entries()) {
      expect(await collect(live.eventStream(event.id, item.cursor))).toEqual(items.slice(index + 1))
    }
    expect(hub.watchers()).toBe(0)
  })

  test('whoever comes back while the code runs gets the lines missed since', async () => {
    const event = await create()
    const claimed = await claim(event)
    const first = live.eventStream(event.id)
    expect((await first.next()).value).toMatchObject({ event: { status: 'Processing' } })
    await say(claimed, 1)
    const line = await first.next()
    await first.return?.()
    await say(claimed, 2)
    const rest = collect(live.eventStream(event.id, line.value?.cursor))
    await succeed(claimed)
    expect(inWords(await rest)).toEqual(['line 2', 'Success'])
  })

  test('a stream goes on where it was although what it has read of the log is deleted', async () => {
    const [event = pendingEvent()] = await store.createEvents([fullHistory(pendingEvent({ runAt: 0 }))])
    for (const attempt of [1, 2, 100]) for (const seq of [1, 2]) await say(event, seq, attempt)
    const all = live.eventStream(event.id)
    expect((await all.next()).value).toMatchObject({ event: { status: 'Pending' } })
    const read = await all.next()
    expect(read.value).toMatchObject({ line: { attempt: 1, seq: 1 } })
    const claimed = await claim(event)
    await say(claimed, 1, 101)
    const rest = collect(live.eventStream(event.id, read.value?.cursor))
    await succeed(claimed)
    const left = (items: StreamItem[]) =>
      items.flatMap((it) => (it.kind === 'Log' ? [[it.line.attempt, it.line.seq]] : []))
    const kept = [2, 100].flatMap((attempt) => [
      [attempt, 1],
      [attempt, 2],
    ])
    const known = left(await collect(all))
    expect(left(await rest)).toEqual([...kept, [101, 1]])
    // The one that began before has already read more than it has shown.
    expect(known).toEqual([[1, 2], ...kept, [101, 1]])
    expect(hub.watchers()).toBe(0)
  })

  test('a feed of changes has what matches its filter', async () => {
    const stream = live.eventChanges({ statuses: ['Success'], type: 'a' })
    const next = stream.next()
    const done = await succeed(await claim(await create()))
    expect((await next).value).toEqual(done)
    await stream.return?.()
    expect(hub.watchers()).toBe(0)
  })

  test('waiting ends with the final state, when the time is up, and when nobody listens any more', async () => {
    const event = await create()
    expect(await live.untilFinal(event, 30)).toEqual(event)
    const leave = new AbortController()
    const left = live.untilFinal(event, 60_000, leave.signal)
    leave.abort()
    expect(await left).toEqual(event)
    const final = live.untilFinal(event, 60_000)
    const done = await succeed(await claim(event))
    expect(await final).toEqual(done)
    expect(hub.watchers()).toBe(0)
  })

  test('waiting that is over leaves no timer behind, and nothing that listens', async () => {
    const event = await create()
    const leave = new AbortController()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const cleared = vi.spyOn(globalThis, 'clearTimeout')
    onTestFinished(() => void vi.restoreAllMocks())
    const waiting = live.untilFinal(event, 7_654_321, leave.signal)
    expect(getEventListeners(leave.signal, 'abort')).toHaveLength(1)
    await succeed(await claim(event))
    await waiting
    expect(getEventListeners(leave.signal, 'abort')).toEqual([])
    const set = timers.mock.calls.findIndex(([, ms]) => ms === 7_654_321)
    expect(cleared.mock.calls).toContainEqual([timers.mock.results[set]?.value])
  })

  test('waiting ends when the store goes away or has deleted the event, with the event as it was last known', async () => {
    const event = await create()
    const away: Store = { ...store, getEvent: () => Promise.reject(new UnavailableError('The store is away.')) }
    expect(await createLive({ store: away, hub }).untilFinal(event, 60_000)).toEqual(event)
    const deleted = pendingEvent()
    expect(await live.untilFinal(deleted, 60_000)).toEqual(deleted)
    const broken: Store = { ...store, getEvent: () => Promise.reject(new Error('A fault of ours')) }
    await expect(createLive({ store: broken, hub }).untilFinal(event, 60_000)).rejects.toThrow('A fault of ours')
    expect(hub.watchers()).toBe(0)
  })

  test('waiting ends when the server closes, with the event as it stands', async () => {
    const event = await create()
    const waiting = live.untilFinal(event, 60_000)
    hub.close('The test is over.')
    expect(await waiting).toEqual(event)
  })
})
