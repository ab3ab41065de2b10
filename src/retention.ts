import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from './ports.ts'
import type { Pruned } from './pruning.ts'
import type { RetentionDays } from './retention-days.ts'
import { finalStatuses } from './retention-days.ts'

const dayMs = 86_400_000
/** Events that are looked at in one go: what waits behind that waits a few milliseconds. */
const batch = 100
/** The least pause between two goes, in milliseconds, and how many times as long as the go before it. */
const pauses = { least: 20, factor: 4 } as const
/** Pause after all was looked at, and after the store failed, in milliseconds. */
const restMs = { done: 600_000, failed: 30_000 } as const

/** Deletes what ended long enough ago. */
export interface Retention {
  start(): void
  /** How many events and logs without an event were deleted since the start. */
  deleted(): { readonly events: number; readonly orphans: number }
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>
}

interface Needs {
  readonly store: Pick<Store, 'now' | 'deleteFinished' | 'deleteOrphanLogs'>
  /** Empty: nothing is ever deleted. */
  readonly days: RetentionDays
  readonly log: Logger
}

export function createRetention({ store, days, log }: Needs): Retention {
  const stopping = new AbortController()
  const deleted = { events: 0, orphans: 0 }
  let running: Promise<void> | undefined

  /** Takes at most a fifth of the time, so that others hardly notice. */
  async function inGoes(prune: (after: string) => Promise<Pruned>, count: (deleted: number) => void): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined && !stopping.signal.aborted;) {
      const began = performance.now()
      const { deleted: some, next }: Pruned = await prune(after)
      count(some)
      after = next
      await pause(Math.max(pauses.least, pauses.factor * (performance.now() - began)))
    }
  }

  async function pass(): Promise<void> {
    const before = deleted.events + deleted.orphans
    for (const status of finalStatuses) {
      const kept = days[status]
      if (kept === undefined) continue
      const end = store.now() - kept * dayMs
      await inGoes(
        (after) => store.deleteFinished(status, end, after, batch),
        (some) => (deleted.events += some),
      )
    }
    await inGoes(
      (after) => store.deleteOrphanLogs(after, batch),
      (some) => (deleted.orphans += some),
    )
    const some = deleted.events + deleted.orphans - before
    if (some > 0) log.info({ deleted: some }, 'Old events were deleted')
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await pass()
        await pause(restMs.done)
      } catch (error) {
        log.warn({ err: error }, 'Old events could not be deleted now')
        await pause(restMs.failed)
      }
    }
  }

  async function pause(ms: number): Promise<void> {
    await setTimeout(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
  }

  return {
    start() {
      if (Object.keys(days).length > 0) running ??= loop()
    },
    deleted: () => ({ ...deleted }),
    async stop() {
      stopping.abort()
      await running
    },
  }
}
