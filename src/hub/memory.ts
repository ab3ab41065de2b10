import { WatchEndedError } from '../errors.ts'
import type { Change, Hub, Watcher } from '../ports.ts'

export interface MemoryHubOptions {
  /** Changes kept for a watcher of one event that is slow to read. */
  readonly bufferSize?: number
  /** The same for a watcher of all events. */
  readonly allBufferSize?: number
}

interface Attached {
  readonly watcher: Watcher
  push(change: Change): void
  end(error: WatchEndedError): void
}

/** Tells the watchers in this process. */
export function createMemoryHub({ bufferSize = 100, allBufferSize = 1000 }: MemoryHubOptions = {}): Hub {
  const ofEvent = new Map<string, Set<Attached>>()
  const ofAll = new Set<Attached>()
  let closedBecause: string | undefined

  function attach(eventId: string): Watcher {
    const group = ofEvent.get(eventId) ?? new Set()
    ofEvent.set(eventId, group)
    const attached = createWatcher(bufferSize, () => {
      group.delete(attached)
      if (group.size === 0 && ofEvent.get(eventId) === group) ofEvent.delete(eventId)
    })
    group.add(attached)
    return attached.watcher
  }

  function attachToAll(): Watcher {
    const attached = createWatcher(allBufferSize, () => ofAll.delete(attached))
    ofAll.add(attached)
    return attached.watcher
  }

  return {
    notify(change) {
      const eventId = change.kind === 'Event' ? change.event.id : change.eventId
      for (const attached of ofEvent.get(eventId) ?? []) attached.push(change)
      for (const attached of ofAll) attached.push(change)
    },
    watch(target) {
      if (closedBecause !== undefined) return endedWatcher(new WatchEndedError('GOING_AWAY', closedBecause))
      return target === 'all' ? attachToAll() : attach(target.eventId)
    },
    watchers: () => ofAll.size + [...ofEvent.values()].reduce((sum, group) => sum + group.size, 0),
    close(reason) {
      closedBecause = reason
      const error = new WatchEndedError('GOING_AWAY', reason)
      for (const group of [ofAll, ...ofEvent.values()]) for (const attached of group) attached.end(error)
    },
  }
}

function endedWatcher(error: WatchEndedError): Watcher {
  const attached = createWatcher(0, () => {})
  attached.end(error)
  return attached.watcher
}

/**
 * A bounded buffer between who notifies and who reads. When it is full, changes that a later one of the same event
 * makes superfluous go first, so the last state of each event stays. If all that wait are of different events,
 * nothing may be dropped in silence: the watcher ends, and its reader learns that it was too slow.
 */
function createWatcher(bufferSize: number, detach: () => void): Attached {
  let buffer: Change[] = []
  let reader: PromiseWithResolvers<IteratorResult<Change, undefined>> | undefined
  let ended = false
  let error: WatchEndedError | undefined

  function end(reason?: WatchEndedError): void {
    if (ended) return
    ended = true
    error = reason
    detach()
    if (!reason) buffer = []
    const waiting = reader
    reader = undefined
    if (!waiting) return
    if (reason) waiting.reject(takeError())
    else waiting.resolve({ done: true, value: undefined })
  }

  /** An error is told once; after it, the watcher is simply at its end. */
  function takeError(): WatchEndedError | undefined {
    const taken = error
    error = undefined
    return taken
  }

  const watcher: Watcher = {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      const change = buffer.shift()
      if (change) return Promise.resolve({ done: false, value: change })
      if (error) return Promise.reject(takeError())
      if (ended) return Promise.resolve({ done: true, value: undefined })
      reader ??= Promise.withResolvers()
      return reader.promise
    },
    return() {
      error = undefined
      buffer = []
      end()
      return Promise.resolve({ done: true, value: undefined })
    },
  }

  return {
    watcher,
    end,
    push(change) {
      if (ended) return
      if (reader) {
        const waiting = reader
        reader = undefined
        waiting.resolve({ done: false, value: change })
        return
      }
      buffer.push(change)
      if (buffer.length <= bufferSize) return
      buffer = merge(buffer)
      if (buffer.length > bufferSize) {
        buffer = []
        end(new WatchEndedError('TOO_SLOW', `More than ${bufferSize} changes were waiting to be read.`))
      }
    },
  }
}

/** The last change of each kind of each event, in the order in which those came. */
function merge(changes: readonly Change[]): Change[] {
  const latest = new Map<string, Change>()
  for (const change of changes) {
    const key = change.kind === 'Event' ? `Event ${change.event.id}` : `Logs ${change.eventId}`
    latest.delete(key)
    latest.set(key, change)
  }
  return [...latest.values()]
}
