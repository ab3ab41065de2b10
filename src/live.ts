import { InvalidInputError, NotFoundError, UnavailableError, WatchEndedError } from './errors.ts'
import type { Event } from './event.ts'
import { attemptNumber, isFinal } from './event.ts'
import { isId } from './id.ts'
import { show } from './inputs.ts'
import type { EventFilter, Hub, LogLine, LogPosition, Store } from './ports.ts'
import type { StreamSource } from './stream.ts'
import { createStream } from './stream.ts'

export type StreamItem =
  | { readonly kind: 'Status'; readonly cursor: string; readonly event: Event }
  | { readonly kind: 'Log'; readonly cursor: string; readonly line: LogLine }

/**
 * Live updates. Each subscription first attaches to the hub and then reads the store, so that no change can fall
 * between the two; revisions it has given already are left out. Every stream rejects with a `WatchEndedError` when
 * its reader is too slow or the server goes away.
 */
export interface Live {
  /**
   * The present state unless it is revision `afterRev`, then every later one; ends after the final one. Rejects with
   * `NotFoundError`.
   */
  eventStatus(id: string, afterRev?: number): AsyncIterableIterator<Event>
  /**
   * Changes of state and log lines in order; ends after the final state. `after` is an item's cursor. It counts for
   * nothing where the event stands before that item.
   */
  eventStream(id: string, after?: string): AsyncIterableIterator<StreamItem>
  /** Every change of every matching event from now on. */
  eventChanges(filter: EventFilter): AsyncIterableIterator<Event>
  /**
   * The event once it is final, or as it was last known after `waitMs` (milliseconds), when `signal` aborts, or when the
   * store goes away or has deleted it.
   */
  untilFinal(event: Event, waitMs: number, signal?: AbortSignal): Promise<Event>
}

/** Log lines read from the store at a time. */
const logBatch = 100

export function createLive({ store, hub }: { readonly store: Store; readonly hub: Hub }): Live {
  const live: Live = {
    eventStatus(id, afterRev = 0) {
      return createStream(() => openStatus(store, hub, id, afterRev))
    },

    eventStream(id, after) {
      const from = parseCursor(after)
      return createStream(() => openStream(store, hub, id, from))
    },

    eventChanges(filter) {
      return createStream(() => openChanges(hub, filter))
    },

    async untilFinal(event, waitMs, signal) {
      if (waitMs === 0 || isFinal(event) || signal?.aborted) return event
      const stream = live.eventStatus(event.id)
      const stop = () => void stream.return?.()
      const timer = setTimeout(stop, waitMs)
      signal?.addEventListener('abort', stop, { once: true })
      let latest = event
      try {
        for await (const next of stream) latest = next
      } catch (error) {
        if (!endsWaiting(error)) throw error
      } finally {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
      }
      return latest
    },
  }
  return live
}

/** The event is kept, whatever becomes of the waiting: an error would have the caller make another one. */
function endsWaiting(error: unknown): boolean {
  return error instanceof WatchEndedError || error instanceof UnavailableError || error instanceof NotFoundError
}

function openStatus(store: Store, hub: Hub, id: string, afterRev: number): StreamSource<Event> {
  const revisions = openRevisions(store, hub, id, afterRev)
  return {
    async next() {
      let found = await revisions.next()
      while (found === 'Logs') found = await revisions.next()
      return found
    },
    close: () => revisions.close(),
  }
}

/**
 * The revisions of one event after `afterRev`, the present one first, mixed with hints that its log has grown. An event
 * that stands before `afterRev` begins with that.
 */
function openRevisions(store: Store, hub: Hub, id: string, afterRev: number): StreamSource<Event | 'Logs'> {
  const watcher = hub.watch({ eventId: id })
  let last = afterRev
  let snapshot = false
  let final = false

  return {
    async next() {
      while (!final) {
        const change = snapshot
          ? (await watcher.next()).value
          : { kind: 'Event' as const, event: await read(store, id) }
        // A backup was put back: what the reader knows is no more, and what there is now is news.
        if (!snapshot && change?.kind === 'Event' && change.event.rev < last) last = 0
        snapshot = true
        if (!change) return undefined
        if (change.kind === 'Logs') return 'Logs'
        final = isFinal(change.event) && change.event.rev >= last
        if (change.event.rev > last) {
          last = change.event.rev
          return change.event
        }
      }
      return undefined
    },
    close: () => void watcher.return(),
  }
}

/**
 * A change of state comes after the lines that were logged before it, so the final state is the last item, and before
 * those of the attempt that it begins. What is written first may be learned of last, so neither is left to chance.
 */
function openStream(store: Store, hub: Hub, id: string, from: Position): StreamSource<StreamItem> {
  const revisions = openRevisions(store, hub, id, from.rev)
  const lines: LogLine[] = []
  const at = { ...from }
  let next: Event | undefined
  let shown: Event | undefined
  let logsMayWait = true
  // Whoever comes back has seen a state already, and first misses the lines logged since.
  let begun = from.rev > 0

  const showStatus = (event: Event): StreamItem => {
    at.rev = event.rev
    shown = event
    next = undefined
    return { kind: 'Status', cursor: formatCursor(at), event }
  }

  const showLine = (line: LogLine): StreamItem => {
    lines.shift()
    at.log = { attempt: line.attempt, seq: line.seq }
    return { kind: 'Log', cursor: formatCursor(at), line }
  }

  /** What the reader has seen of the log may have been written by attempts that are to come again. */
  const startOver = () => {
    at.rev = 0
    at.log = undefined
    begun = false
  }

  return {
    async next() {
      for (;;) {
        const line = lines[0]
        if (line && next && isAfter(line, next)) return showStatus(next)
        const isEarly = !next && shown && line && line.attempt > attemptNumber(shown)
        if (line && !isEarly) return showLine(line)
        if (!line && logsMayWait && begun) {
          lines.push(...(await store.readLogs(id, at.log, logBatch)))
          logsMayWait = lines.length === logBatch
          continue
        }
        if (next) return showStatus(next)
        const found = await revisions.next()
        if (found === undefined) return undefined
        logsMayWait = true
        if (found !== 'Logs' && found.rev < at.rev) startOver()
        const first = !begun
        begun = true
        if (found === 'Logs') continue
        // A stream begins with where the event stands, unless that is its end: then the log comes first.
        if (first && !isFinal(found)) return showStatus(found)
        next = found
      }
    },
    close: () => revisions.close(),
  }
}

/** Whether a line was logged after an event came to stand like this. */
function isAfter(line: LogLine, event: Event): boolean {
  const number = attemptNumber(event)
  return line.attempt > number || (line.attempt === number && event.status === 'Processing')
}

function openChanges(hub: Hub, filter: EventFilter): StreamSource<Event> {
  const watcher = hub.watch('all')
  return {
    async next() {
      for (;;) {
        const { value } = await watcher.next()
        if (!value) return undefined
        if (value.kind === 'Event' && matches(filter, value.event)) return value.event
      }
    },
    close: () => void watcher.return(),
  }
}

/** The same question that `Store.listEvents` answers, asked of one event. */
function matches(filter: EventFilter, event: Event): boolean {
  return (
    (filter.statuses === undefined || filter.statuses.includes(event.status)) &&
    (filter.type === undefined || filter.type === event.type) &&
    (filter.workflow === undefined || filter.workflow === event.workflow) &&
    (filter.execution === undefined || filter.execution === event.execution) &&
    (filter.idempotencyKey === undefined || filter.idempotencyKey === event.idempotencyKey)
  )
}

async function read(store: Store, id: string): Promise<Event> {
  if (!isId('evt', id)) {
    throw new InvalidInputError({ path: 'id', expected: 'an id that begins with evt_', received: show(id) })
  }
  const event = await store.getEvent(id)
  if (!event) throw new NotFoundError({ path: 'id', expected: 'the id of an event', received: id })
  return event
}

/** Where the reader of an event's stream stands: behind which revision and which log line. */
interface Position {
  readonly rev: number
  readonly log: LogPosition | undefined
}

function formatCursor({ rev, log }: Position): string {
  return `${rev}.${log?.attempt ?? 0}.${log?.seq ?? 0}`
}

function parseCursor(cursor: string | undefined): { rev: number; log: LogPosition | undefined } {
  if (cursor === undefined) return { rev: 0, log: undefined }
  const [, rev, attempt, seq] = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(cursor) ?? []
  if (rev === undefined) {
    throw new InvalidInputError({ path: 'after', expected: "an item's cursor", received: show(cursor) })
  }
  return { rev: Number(rev), log: { attempt: Number(attempt), seq: Number(seq) } }
}
