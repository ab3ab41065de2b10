import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { UnavailableError } from './errors.ts'
import type { Event, Outcome } from './event.ts'
import { attemptNumber } from './event.ts'
import { createGate } from './gate.ts'
import { createLogWriter } from './log-writer.ts'
import type { Executor, Hub, Queue, Store } from './ports.ts'
import { settle } from './settle.ts'
import { createSweep } from './sweep.ts'
import { claimEvent, mustRunAlone, owned, releaseEvent, settleEvent } from './transitions.ts'
import type { Versions } from './versions.ts'
import { versionIsGone } from './versions.ts'

/** How long a claim holds without a heartbeat, in milliseconds: the longest an event waits for a runner that died. */
const leaseMs = 15_000
/** Three heartbeats fit into a lease, so that one may be lost. */
const heartbeatMs = 5_000
/** A runner that could not renew for so long stops its runs, before another may take them. */
const fenceMs = 12_000
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
  const runs = new Map<string, AbortController>()
  const settling = new Set<Promise<void>>()
  const gate = createGate()
  const sweep = createSweep({ store, queue, hub, log, owner, isRunning: (id) => runs.has(id) })
  let closing = false
  let heartbeat: NodeJS.Timeout | undefined
  /** Times of this process's own clock, which nobody sets. */
  let lastRenewal = performance.now()
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
      const leave = await gate.enter(mustRunAlone(found))
      try {
        const claimed = closing ? undefined : claimEvent(found, owner, store.now() + leaseMs, store.now())
        if (claimed && (await store.updateEvent(claimed))) await runClaimed(claimed)
      } finally {
        leave()
      }
    } catch (error) {
      log.error({ err: error, eventId: id }, 'An event could not be run now; the sweep will find it again')
      if (error instanceof UnavailableError && !closing) await setTimeout(awayMs)
    }
  }

  /** An event that is only claimed when it can run is not blamed for a server that dies before it could. */
  async function untilCodeCanRun(): Promise<void> {
    while (!closing && executor.trouble() !== undefined) await setTimeout(lookAgainMs)
  }

  async function runClaimed(event: Event): Promise<void> {
    const stop = new AbortController()
    runs.set(event.id, stop)
    const watcher = hub.watch({ eventId: event.id })
    void stopWhenTaken(event, watcher, stop)
    hub.notify({ kind: 'Event', event })
    const logs = createLogWriter(store, hub, event.id)
    const next = await runOnce(event, stop.signal, logs.write)
    void watcher.return()
    const settled = settle({ store, queue, hub, log, owner, hurry: hurry.signal }, event, next, logs)
      .catch((error: unknown) => log.error({ err: error, eventId: event.id }, 'An outcome could not be written'))
      .finally(() => {
        // A retry may have begun already, with a claim of its own.
        if (runs.get(event.id) === stop) runs.delete(event.id)
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
      outcome = version
        ? await executor.run(jobOf(event, version), { log: write, signal })
        : versionIsGone(event.version)
    } catch (error) {
      log.error({ err: error, eventId: event.id }, 'No code can be run now, the event is given back')
      return owned(releaseEvent(event, owner, store.now() + troubleMs, store.now()))
    }
    return owned(settleEvent(event, owner, outcome, store.now(), Math.random()))
  }

  async function beat(): Promise<void> {
    const began = performance.now()
    try {
      // Only what runs: a claim whose answer was lost may have been kept, and must not be held by a runner that does
      // not know of it.
      const held = [...runs]
      const ids = held.map(([id]) => id)
      const renewed = new Set(held.length > 0 ? await store.renewLeases(owner, ids, store.now() + leaseMs) : [])
      for (const [id, stop] of held) if (!renewed.has(id)) stop.abort()
      // The lease runs from before the question, not from the answer.
      lastRenewal = began
    } catch (error) {
      log.error({ err: error }, 'The leases of running events could not be renewed')
      if (performance.now() - lastRenewal >= fenceMs - heartbeatMs) stopAll()
    }
  }

  function stopAll(): void {
    for (const stop of runs.values()) stop.abort()
  }

  return {
    start() {
      heartbeat = setInterval(() => void beat(), heartbeatMs)
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
        stopAll()
        hurry.abort()
      }, graceMs)
      await drained
      await Promise.all(settling)
      clearTimeout(late)
      clearInterval(heartbeat)
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
