import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { UnavailableError } from './errors.ts'
import type { Event, Outcome } from './event.ts'
import { attemptNumber } from './event.ts'
import { createGate } from './gate.ts'
import { createLeases, leaseMs } from './leases.ts'
import { createLogWriter } from './log-writer.ts'
import type { Executor, Hub, Queue, Store } from './ports.ts'
import { settle } from './settle.ts'
import { createSweep } from './sweep.ts'
import { claimEvent, mustRunAlone, owned, releaseEvent, settleEvent } from './transitions.ts'
import type { Versions } from './versions.ts'
import { versionIsGone } from './versions.ts'

/** How often is looked whether code can be run again, in milliseconds. */
const lookAgainMs = 20
/** Pause of a runner whose store is away, in milliseconds: else it would try, and log, thousands of times a second. */
const awayMs = 200
/** Pause before an event is tried again when no code can be run, in milliseconds. */
const troubleMs = 1_000

/** Claims events, has them run, and settles them. */
export interface Runner {
  start(): void
  /** Undefined when this runner can claim and run work, else the reason why not, as a sentence. */
  trouble(): string | undefined
  /**
   * Takes no new work, waits up to `graceMs` for the runs under way, then gives back those that are left without
   * using up an attempt.
   */
  close(graceMs: number): Promise<void>
}

interface Needs {
  readonly store: Store
  readonly queue: Queue
  readonly executor: Executor
  readonly hub: Hub
  readonly versions: Versions
  readonly log: Logger
}

export function createRunner({ store, queue, executor, hub, versions, log }: Needs): Runner {
  // Random per start: a name that came again would make orphans of the last process look owned.
  const owner = randomUUID()
  const leases = createLeases({ store, log, owner })
  const settling = new Set<Promise<void>>()
  /** Events whose code ran here, and whose outcome could not be written. */
  const unwritten = new Set<string>()
  const gate = createGate()
  const sweep = createSweep({ store, queue, hub, log, owner, isRunning: leases.has, hasRun: (id) => unwritten.has(id) })
  let closing = false
  /** Aborted when a shutdown has no time left to wait for the store. */
  const hurry = new AbortController()

  /**
   * Runs one event if it is there to be claimed. Never rejects: what cannot be written now is found by the sweep.
   * Resolves once the code has ended; writing down the outcome goes on, so that it shares a transaction with the next
   * claim.
   */
  async function runEvent(id: string): Promise<void> {
    try {
      await untilCodeCanRun()
      const found = await store.getEvent(id)
      if (!found || closing) return
      const alone = mustRunAlone(found)
      const leave = await gate.enter(alone)
      try {
        // Outcomes that are still being written down would be blamed too, were the process to die of this event.
        if (alone) await Promise.all(settling)
        const since = performance.now()
        const claimed = closing ? undefined : claimEvent(found, owner, store.now() + leaseMs, store.now())
        if (claimed && (await keepClaim(claimed))) await runClaimed(claimed, since)
        if (alone) await Promise.all(settling)
      } finally {
        leave()
      }
    } catch (error) {
      log.error({ err: error, eventId: id }, 'An event could not be run now; the sweep will find it again')
      if (error instanceof UnavailableError && !closing) await setTimeout(awayMs)
    }
  }

  /** Whether this runner has the event now. A claim whose answer was lost may have been kept, and then nobody else runs it. */
  async function keepClaim(claimed: Event): Promise<boolean> {
    try {
      return await store.updateEvent(claimed)
    } catch (error) {
      const found = await store.getEvent(claimed.id)
      if (found?.rev === claimed.rev && found.owner === owner) return true
      throw error
    }
  }

  /** An event that is only claimed when it can run is not blamed for a server that dies before it could. */
  async function untilCodeCanRun(): Promise<void> {
    while (!closing && executor.trouble() !== undefined) await setTimeout(lookAgainMs)
  }

  async function runClaimed(event: Event, since: number): Promise<void> {
    unwritten.delete(event.id)
    const stop = leases.hold(event.id, since)
    // The answer to the claim came when there was no time left.
    if (hurry.signal.aborted) stop.abort()
    const watcher = hub.watch({ eventId: event.id })
    void stopWhenTaken(event, watcher, stop)
    hub.notify({ kind: 'Event', event })
    const logs = createLogWriter(store, hub, event.id)
    const next = await runOnce(event, stop.signal, logs.write)
    void watcher.return()
    const settled = settle({ store, queue, hub, log, owner, hurry: hurry.signal }, event, next, logs)
      .catch((error: unknown) => {
        unwritten.add(event.id)
        log.error({ err: error, eventId: event.id }, 'An outcome could not be written')
      })
      .finally(() => {
        leases.letGo(event.id, stop)
        settling.delete(settled)
      })
    settling.add(settled)
  }

  /** The event after one attempt. */
  async function runOnce(
    event: Event,
    signal: AbortSignal,
    write: Parameters<Executor['run']>[1]['log'],
  ): Promise<Event> {
    let outcome: Outcome
    try {
      const version = await versions.get(event.version)
      if (!version) outcome = versionIsGone(event.version)
      else if (signal.aborted) outcome = { kind: 'Interrupted' }
      else outcome = await executor.run(jobOf(event, version), { log: write, signal })
    } catch (error) {
      log.error({ err: error, eventId: event.id }, 'No code can be run now, the event is given back')
      return owned(releaseEvent(event, owner, store.now() + troubleMs, store.now()))
    }
    return owned(settleEvent(event, owner, outcome, store.now(), Math.random()))
  }

  return {
    start() {
      leases.start()
      queue.consume(runEvent)
      sweep.start()
    },
    trouble() {
      if (closing) return 'The server is shutting down.'
      return executor.trouble() ?? sweep.trouble()
    },
    async close(graceMs) {
      closing = true
      sweep.stop()
      const drained = queue.close()
      const late = globalThis.setTimeout(() => {
        hurry.abort()
        leases.stopRuns()
      }, graceMs)
      await drained
      await Promise.all(settling)
      clearTimeout(late)
      leases.stop()
    },
  }
}

/** Stops a run when its event moves on without it: canceled, or claimed by another after the lease ran out. */
async function stopWhenTaken(event: Event, watcher: ReturnType<Hub['watch']>, stop: AbortController): Promise<void> {
  try {
    for await (const change of watcher) {
      if (change.kind === 'Event' && change.event.rev > event.rev) stop.abort()
    }
  } catch {
    // The hub closed. A cancellation that follows still wins, since the outcome of this run is then refused.
  }
}

function jobOf(event: Event, version: Parameters<Executor['run']>[0]['version']): Parameters<Executor['run']>[0] {
  const { id, type, input, limits } = event
  return {
    eventId: id,
    attempt: attemptNumber(event),
    version,
    event: { id, type, createdAt: new Date(event.createdAt).toISOString() },
    input,
    timeoutMs: limits.timeoutMs,
    memoryMb: limits.memoryMb,
  }
}
