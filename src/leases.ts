import type { Logger } from 'pino'
import type { Store } from './ports.ts'

/** How long a claim holds without a heartbeat, in milliseconds: the longest an event waits for a runner that died. */
export const leaseMs = 15_000
/** Three heartbeats fit into a lease, so that one may be lost. */
const heartbeatMs = 5_000
/** A run whose lease could not be renewed for so long is stopped, before another runner may take its event. */
const fenceMs = 12_000

/** The claims of one runner: renews their leases, and stops a run before its lease may be over. */
export interface Leases {
  start(): void
  stop(): void
  /**
   * Holds an event whose claim was asked for at `since`, by `performance.now()`, until it is let go of with the
   * controller returned here, which is aborted once the claim may not hold any more.
   */
  hold(eventId: string, since: number): AbortController
  letGo(eventId: string, stop: AbortController): void
  has(eventId: string): boolean
  stopRuns(): void
}

interface Held {
  readonly stop: AbortController
  /** When the lease was last asked for, by this process's own clock, which nobody sets. */
  since: number
  fence: NodeJS.Timeout
}

interface Needs {
  readonly store: Store
  readonly log: Logger
  /** The runner of this process. */
  readonly owner: string
}

export function createLeases({ store, log, owner }: Needs): Leases {
  const held = new Map<string, Held>()
  let heartbeat: NodeJS.Timeout | undefined

  async function beat(): Promise<void> {
    const began = performance.now()
    // Only what runs: a claim whose answer was lost may have been kept, and must not be held by a runner that does
    // not know of it.
    const asked = [...held]
    if (asked.length === 0) return
    try {
      const ids = asked.map(([id]) => id)
      const renewed = new Set(await store.renewLeases(owner, ids, store.now() + leaseMs))
      for (const [id, claim] of asked) {
        if (!renewed.has(id)) claim.stop.abort()
        else if (held.get(id) === claim && claim.since < began) {
          clearTimeout(claim.fence)
          claim.since = began
          claim.fence = fence(claim.stop, began)
        }
      }
    } catch (error) {
      log.error({ err: error }, 'The leases of running events could not be renewed')
    }
  }

  return {
    start() {
      heartbeat = setInterval(() => void beat(), heartbeatMs)
    },
    stop: () => clearInterval(heartbeat),
    hold(eventId, since) {
      const stop = new AbortController()
      held.set(eventId, { stop, since, fence: fence(stop, since) })
      return stop
    },
    letGo(eventId, stop) {
      const claim = held.get(eventId)
      // A retry may have begun already, with a claim of its own.
      if (claim?.stop !== stop) return
      clearTimeout(claim.fence)
      held.delete(eventId)
    },
    has: (eventId) => held.has(eventId),
    stopRuns() {
      for (const { stop } of held.values()) stop.abort()
    },
  }
}

/** Counts from the question, not from the answer, and does not wait for one: a store may be too slow to say no. */
function fence(stop: AbortController, since: number): NodeJS.Timeout {
  const left = since + fenceMs - performance.now()
  if (left <= 0) stop.abort()
  return setTimeout(() => stop.abort(), left)
}
