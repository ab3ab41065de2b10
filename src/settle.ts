import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { UnavailableError } from './errors.ts'
import type { Event, Outcome } from './event.ts'
import { finalFailure, noUsage } from './event.ts'
import type { LogWriter } from './log-writer.ts'
import type { Hub, Queue, Store } from './ports.ts'
import { owned, settleEvent } from './transitions.ts'

/** Pause between two tries to write down an outcome, in milliseconds: the first and the longest. */
const pauses = { first: 50, longest: 2_000 }

interface Needs {
  readonly store: Store
  readonly queue: Queue
  readonly hub: Hub
  readonly log: Logger
  /** The runner that holds the event. */
  readonly owner: string
  /** Aborted when there is no time left to wait for the store. */
  readonly hurry: AbortSignal
}

/**
 * Writes down what came of a run of `event`, however long the store is away: nothing else could repeat it. What the
 * store cannot take at all ends the event as an error that says so, since to run it again would only come to the same.
 * Rejects when neither can be written.
 */
export async function settle(needs: Needs, event: Event, outcome: Event, logs: LogWriter): Promise<void> {
  const { store, queue, hub, log, owner, hurry } = needs
  const eventId = event.id
  let next = outcome
  let isRefused = false
  for (let pause = pauses.first; ; pause = Math.min(2 * pause, pauses.longest)) {
    try {
      // In this order, so that nobody sees the end of an event without its last lines.
      if (!isRefused) await logs.flush()
      const kept = await store.updateEvent(next)
      const stored = kept ? next : await store.getEvent(eventId)
      if (stored?.rev !== next.rev || stored.status !== next.status) {
        log.info({ eventId }, 'An outcome came too late: the event was taken over or canceled meanwhile')
        return
      }
      hub.notify({ kind: 'Event', event: stored })
      if (stored.status === 'Pending') queue.push(stored)
      return
    } catch (error) {
      if (error instanceof UnavailableError) {
        if (hurry.aborted) throw error
        log.warn({ err: error, eventId }, `An outcome could not be written, trying again in ${pause} ms`)
        await setTimeout(pause, undefined, { signal: hurry }).catch(() => undefined)
      } else {
        if (isRefused) throw error
        log.error({ err: error, eventId }, 'An outcome cannot be written, the event ends with an error')
        isRefused = true
        next = owned(settleEvent(event, owner, cannotBeKept, store.now(), 0))
      }
    }
  }
}

/** A fault of ours, but nothing that another attempt could mend. */
const cannotBeKept: Outcome = {
  kind: 'Failure',
  failure: finalFailure('BAD_RESULT', 'BadResult', 'The outcome could not be kept.'),
  usage: noUsage,
}
