import type { Logger } from 'pino'
import { UnavailableError } from './errors.ts'
import type { DueEvent, Hub, Queue, Store } from './ports.ts'
import { dueAgain, recoverEvent, releaseEvent } from './transitions.ts'

/** How long a lost wake-up or a lost runner may go unnoticed, in milliseconds. */
const sweepMs = 850
/** Events looked at in one sweep: several times what a process can run until the next. */
const sweepLimit = 5_000
/** How many times as many are looked at of a longer backlog, further on each time. */
const stretches = 2
/** A server whose sweep has not succeeded for so long cannot be said to work, in milliseconds. */
const staleMs = 10_000

interface Needs {
  readonly store: Store
  readonly queue: Queue
  readonly hub: Hub
  readonly log: Logger
  /** The runner of this process. */
  readonly owner: string
  /** Whether this process is running that event; what it runs is its own to settle, however late its lease. */
  readonly isRunning: (eventId: string) => boolean
  /** Whether this process has run that event to its end, and could not write down what came of it. */
  readonly hasRun: (eventId: string) => boolean
}

/** The loop that finds events whose wake-up or runner was lost. Any number of processes may sweep one store. */
export function createSweep({ store, queue, hub, log, owner, isRunning, hasRun }: Needs) {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  /** How far into a long backlog the last sweep looked. */
  let reached = 0
  /** Events whose change was asked for without an answer. */
  const unanswered = new Set<string>()
  /** Events that cannot be recovered for a reason of their own, each of which is told of once. */
  const broken = new Set<string>()
  let lastSuccess: number | undefined
  let lastError = 'The first sweep has not ended yet.'

  async function sweep(): Promise<void> {
    for (const id of unanswered) await tell(id)
    const now = store.now()
    const longest = await store.listDue(now, sweepLimit)
    await wake(longest, now)
    if (longest.length < sweepLimit) {
      reached = 0
      return
    }
    // Behind those that have waited longest, which may all be of one workflow that gets no further, others wait.
    for (let stretch = 0; stretch < stretches && !stopped; stretch++) {
      reached += sweepLimit
      const further = await store.listDue(now, sweepLimit, reached)
      await wake(further, now)
      if (further.length < sweepLimit) reached = 0
    }
  }

  async function wake(found: readonly DueEvent[], now: number): Promise<void> {
    for (const due of found) {
      if (stopped || isRunning(due.id)) continue
      if (due.status === 'Pending') queue.push(due)
      else await tryToRecover(due.id, now)
    }
  }

  /** One event that nobody can read must not keep all others from being found. */
  async function tryToRecover(id: string, now: number): Promise<void> {
    try {
      await recover(id, now)
      broken.delete(id)
    } catch (error) {
      if (error instanceof UnavailableError) throw error
      if (!broken.has(id)) log.error({ err: error, eventId: id }, 'An event whose runner was lost cannot be recovered')
      broken.add(id)
    }
  }

  async function recover(id: string, now: number): Promise<void> {
    const found = await store.getEvent(id)
    // Since it was listed, it may have been taken anew.
    if (!found || (found.leaseUntil ?? 0) > now) return
    // What this runner holds and has not run, it never began: the answer to its claim was lost. Nobody is to blame.
    const unbegun = hasRun(id) ? undefined : releaseEvent(found, owner, dueAgain(found, now), now)
    const next = unbegun ?? recoverEvent(found, now)
    if (!next) return
    unanswered.add(id)
    const kept = await store.updateEvent(next, now)
    unanswered.delete(id)
    if (!kept) return
    log.warn({ eventId: id, crashes: next.crashes, status: next.status }, 'The runner of an event was lost')
    hub.notify({ kind: 'Event', event: next })
    if (next.status === 'Pending') queue.push(next)
  }

  /** It may stand at its end, which no later change would tell. */
  async function tell(id: string): Promise<void> {
    const event = await store.getEvent(id)
    unanswered.delete(id)
    if (event) hub.notify({ kind: 'Event', event })
  }

  async function loop(): Promise<void> {
    try {
      await sweep()
      lastSuccess = performance.now()
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error)
      log.error({ err: error }, 'The sweep failed and will be repeated')
    }
    if (!stopped) timer = setTimeout(() => void loop(), sweepMs * (0.9 + Math.random() / 5))
  }

  return {
    start: () => void loop(),
    stop() {
      stopped = true
      clearTimeout(timer)
    },
    /** Undefined when sweeps succeed, else why not, as a sentence. */
    trouble(): string | undefined {
      if (lastSuccess === undefined) return lastError
      return performance.now() - lastSuccess > staleMs
        ? `No sweep has succeeded for ${staleMs} ms: ${lastError}`
        : undefined
    },
  }
}
