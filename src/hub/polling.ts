import { LRUCache } from 'lru-cache'
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

/** How much is asked for at once: positions of events, and whole events. */
const batch = { revisions: 1000, events: 100 }
/** How far before the last poll a poll looks again, in milliseconds: a change may be seen later than it is dated. */
const overlapMs = 5000
/**
 * Changes read for the watchers of all. A little more than such a watcher buffers, so that where a poll cannot read
 * everything, the watcher does not miss it in silence but ends as too slow.
 */
const allLimit = 1100
/** Events of which is remembered what was told of them, to the watchers of all. */
const toldLimit = 10_000

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
  const told = new LRUCache<string, number>({ max: toldLimit })
  let watchersOfAll = 0
  /** When the last poll that read the changes of all began, or the first watcher of all came. By the store's clock. */
  let readAllAt = 0
  let timer: NodeJS.Timeout | undefined
  let polling = false
  let failing = false
  let closed = false

  function remember(event: Event): void {
    told.set(event.id, Math.max(event.rev, told.get(event.id) ?? 0))
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
    try {
      if (watchersOfAll > 0) await readAll()
      const ids = [...watched.keys()]
      for (const some of batches(ids, batch.revisions)) await readWatched(some)
      failing = false
    } catch (error) {
      if (!failing && !closed) warn(`What other processes change cannot be read now: ${messageOf(error)}`)
      failing = true
    } finally {
      polling = false
      arm()
    }
  }

  async function readAll(): Promise<void> {
    const begun = store.now()
    const changed = await store.changedSince(readAllAt - overlapMs, allLimit)
    readAllAt = begun
    for (const event of changed.toReversed()) {
      if (!closed && event.rev > (told.get(event.id) ?? 0)) tell(event)
    }
  }

  async function readWatched(ids: readonly string[]): Promise<void> {
    if (closed) return
    const found = await store.revisions(ids)
    const newer = found.filter(({ id, rev }) => rev > (watched.get(id)?.rev ?? Infinity))
    for (const some of batches(newer, batch.events)) {
      if (closed) return
      for (const event of await store.getEvents(some.map(({ id }) => id))) {
        // Meanwhile this process may have told a later one itself.
        if (event.rev > (watched.get(event.id)?.rev ?? Infinity)) tell(event)
      }
    }
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
      if (watchersOfAll++ === 0) readAllAt = store.now()
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
