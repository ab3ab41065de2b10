import type { Event } from '../event.ts'
import type { ForeignChanges, Hub, Store, Watcher } from '../ports.ts'

export interface PollingHubOptions {
  /** Tells the watchers in this process. */
  readonly hub: Hub
  /** What several processes share. */
  readonly store: ForeignChanges & Pick<Store, 'getEvents' | 'now'>
  /** From the end of one poll to the beginning of the next, in milliseconds. */
  readonly intervalMs?: number
  readonly warn: (message: string) => void
}

/** How much is asked for at once: where events stand, and whole events. */
const batch = { revisions: 1000, events: 100 }
/** How far before the last poll a poll looks again, in milliseconds: a change may be seen later than it is dated. */
const overlapMs = 5000
/** Events of which is remembered what was told of them, to the watchers of all. */
const toldLimit = 10_000
/** How far back the first watcher of all hears of changes, in milliseconds. */
const enterMs = 500

interface Watched {
  watchers: number
  /** The latest revision told since somebody watches. Zero: none, so the present one is to be told. */
  rev: number
  /** Whether this process told something of it since the last poll: what runs here needs no hint about its log. */
  toldHere: boolean
}

/**
 * A hub for a store that several processes share. What changes here is told at once, what others change is found by
 * asking the store every `intervalMs`, and only for what somebody watches. It may tell a revision again, or leave out
 * those that a later one followed at once. While the store cannot be read, watchers wait, and `warn` is called once.
 */
export function createPollingHub({ hub, store, intervalMs = 1000, warn }: PollingHubOptions): Hub {
  const watched = new Map<string, Watched>()
  /** The one told last comes last. */
  const told = new Map<string, number>()
  let watchersOfAll = 0
  /** When the first of the present watchers of all came, and since when changes are to be read for them. */
  let watchingAllAt = 0
  let readAllFrom = 0
  let timer: NodeJS.Timeout | undefined
  let polling = false
  let failing = false
  let closed = false

  function remember(event: Event): void {
    const rev = Math.max(event.rev, told.get(event.id) ?? 0)
    told.delete(event.id)
    told.set(event.id, rev)
    const [oldest] = told.size > toldLimit ? told.keys() : []
    if (oldest !== undefined) told.delete(oldest)
    const entry = watched.get(event.id)
    if (entry) entry.rev = Math.max(event.rev, entry.rev)
  }

  function tell(event: Event): void {
    remember(event)
    hub.notify({ kind: 'Event', event })
  }

  function isWatched(): boolean {
    return !closed && (watched.size > 0 || watchersOfAll > 0)
  }

  function arm(): void {
    if (timer || polling || !isWatched()) return
    timer = setTimeout(() => void poll(), intervalMs)
    timer.unref()
  }

  function disarm(): void {
    if (isWatched()) return
    clearTimeout(timer)
    timer = undefined
  }

  /** Never rejects. */
  async function poll(): Promise<void> {
    timer = undefined
    polling = true
    // Each by itself: those who watch one event must not wait for what cannot be read for those who watch all.
    const results = await Promise.allSettled([readWatched(), readAll()])
    const failed = results.find((it) => it.status === 'rejected')
    if (failed && !failing && !closed) {
      warn(`What other processes change cannot be read now: ${messageOf(failed.reason)}`)
    }
    failing = failed !== undefined
    polling = false
    arm()
  }

  async function readAll(): Promise<void> {
    if (watchersOfAll === 0) return
    const begun = store.now()
    let from = readAllFrom
    for (let limit = batch.revisions; !closed;) {
      const changed = await store.changedSince(from, limit)
      await tellNewer(changed, (id) => told.get(id) ?? 0)
      const last = changed.at(-1)
      if (!last || changed.length < limit) break
      // All of them at the same moment: only a longer look gets beyond it.
      if (last.at === from) limit *= 4
      from = last.at
    }
    readAllFrom = Math.max(begun - overlapMs, watchingAllAt)
  }

  /** Reads and tells those that are newer than what is known, in the order in which they are given. */
  async function tellNewer(found: readonly Pick<Event, 'id' | 'rev'>[], known: (id: string) => number): Promise<void> {
    const newer = found.filter(({ id, rev }) => rev > known(id))
    for (const some of batches(newer, batch.events)) {
      if (closed) return
      const events = new Map((await store.getEvents(some.map(({ id }) => id))).map((event) => [event.id, event]))
      for (const { id } of some) {
        const event = events.get(id)
        // Meanwhile this process may have told a later one itself.
        if (!closed && event && event.rev > known(id)) tell(event)
      }
    }
  }

  async function readWatched(): Promise<void> {
    for (const ids of batches([...watched.keys()], batch.revisions)) await readSome(ids)
  }

  async function readSome(ids: readonly string[]): Promise<void> {
    if (closed) return
    const found = await store.revisions(ids)
    await tellNewer(found, (id) => watched.get(id)?.rev ?? Infinity)
    for (const { id, status } of found) hintAtLogs(id, status)
  }

  /** Lines that another process writes leave the event as it is. */
  function hintAtLogs(eventId: string, status: Event['status']): void {
    const entry = watched.get(eventId)
    if (!entry || closed) return
    if (status === 'Processing' && !entry.toldHere) hub.notify({ kind: 'Logs', eventId })
    entry.toldHere = false
  }

  function enter(target: Parameters<Hub['watch']>[0]): () => void {
    if (target === 'all') {
      // A little earlier: what happens while it comes may be dated before.
      if (watchersOfAll++ === 0) readAllFrom = watchingAllAt = store.now() - enterMs
      return () => void watchersOfAll--
    }
    const { eventId } = target
    const entry = watched.get(eventId) ?? { watchers: 0, rev: 0, toldHere: false }
    watched.set(eventId, entry)
    entry.watchers++
    return () => {
      if (--entry.watchers === 0) watched.delete(eventId)
    }
  }

  return {
    notify(change) {
      const entry = watched.get(change.kind === 'Event' ? change.event.id : change.eventId)
      if (entry) entry.toldHere = true
      if (change.kind === 'Event') remember(change.event)
      hub.notify(change)
    },
    watch(target) {
      const watcher = hub.watch(target)
      if (closed) return watcher
      const leave = enter(target)
      arm()
      return withEnd(watcher, () => {
        leave()
        disarm()
      })
    },
    watchers: () => hub.watchers(),
    close(reason) {
      closed = true
      disarm()
      hub.close(reason)
    },
  }
}

/** The same watcher, which calls `end` once when it has ended, for whatever reason. */
function withEnd(watcher: Watcher, end: () => void): Watcher {
  let ended = false
  function endOnce(): void {
    if (ended) return
    ended = true
    end()
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      const result = watcher.next()
      result.catch(endOnce)
      return result
    },
    return() {
      endOnce()
      return watcher.return()
    },
  }
}

function* batches<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
