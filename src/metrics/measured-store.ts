import { UnavailableError } from '../errors.ts'
import type { Event } from '../event.ts'
import type { Store } from '../ports.ts'
import type { Metrics } from './prometheus.ts'

/** The same store, with what it does measured, and what becomes of events counted. */
export function measureStore(store: Store, metrics: Metrics): Store {
  function timed<Given extends readonly unknown[], T>(
    operation: string,
    call: (...given: Given) => Promise<T>,
  ): (...given: Given) => Promise<T> {
    const observer = metrics.storeSeconds.labels({ operation })
    return async (...given) => {
      const began = performance.now()
      try {
        return await call(...given)
      } catch (error) {
        metrics.storeErrors.inc({ operation, kind: error instanceof UnavailableError ? 'unavailable' : 'fault' })
        throw error
      } finally {
        observer.observe((performance.now() - began) / 1000)
      }
    }
  }

  const updateEvent = timed('updateEvent', store.updateEvent)
  const createEvents = timed('createEvents', store.createEvents)
  const listDue = timed('listDue', store.listDue)

  return {
    now: () => store.now(),
    async createEvents(...given) {
      const [events] = given
      const kept = await createEvents(...given)
      for (const [index, event] of kept.entries()) if (event.id === events[index]?.id) countChange(metrics, event)
      return kept
    },
    async updateEvent(...given) {
      const [next, expiredBy] = given
      const isKept = await updateEvent(...given)
      if (isKept) {
        countChange(metrics, next)
        if (expiredBy !== undefined) metrics.leaseExpiries.inc()
        if (next.status === 'Processing') observeWait(metrics, next)
        else if (isOutcome(next)) observeRun(metrics, next)
      } else if (isOutcome(next)) metrics.outcomesRejected.inc()
      return isKept
    },
    async listDue(...given) {
      const due = await listDue(...given)
      metrics.sweptAt = Date.now()
      return due
    },
    getEvent: timed('getEvent', store.getEvent),
    getEvents: timed('getEvents', store.getEvents),
    listEvents: timed('listEvents', store.listEvents),
    renewLeases: timed('renewLeases', store.renewLeases),
    backlog: timed('backlog', store.backlog),
    appendLogs: timed('appendLogs', store.appendLogs),
    readLogs: timed('readLogs', store.readLogs),
    saveVersion: timed('saveVersion', store.saveVersion),
    getVersion: timed('getVersion', store.getVersion),
    listVersions: timed('listVersions', store.listVersions),
    saveProgram: timed('saveProgram', store.saveProgram),
    getProgram: timed('getProgram', store.getProgram),
    findProgram: timed('findProgram', store.findProgram),
    listPrograms: timed('listPrograms', store.listPrograms),
    readRecords: timed('readRecords', store.readRecords),
    countRecords: timed('countRecords', store.countRecords),
    keepRecords: timed('keepRecords', store.keepRecords),
    deleteFinished: timed('deleteFinished', store.deleteFinished),
    deleteOrphanLogs: timed('deleteOrphanLogs', store.deleteOrphanLogs),
    check: timed('check', store.check),
    close: () => store.close(),
  }
}

function countChange(metrics: Metrics, { status, error }: Event): void {
  const code = status === 'Error' ? (error?.code ?? '') : ''
  metrics.events.inc({ status: status.toLowerCase(), code })
  if (code === 'QUARANTINED') metrics.quarantined.inc()
}

function observeWait(metrics: Metrics, { attempts, runAt }: Event): void {
  const startedAt = attempts.at(-1)?.startedAt
  if (startedAt !== undefined) metrics.queueSeconds.observe(Math.max(0, startedAt - (runAt ?? startedAt)) / 1000)
}

function observeRun(metrics: Metrics, { attempts }: Event): void {
  const last = attempts.at(-1)
  if (!last?.receipt) return
  metrics.runSeconds.observe({ outcome: last.outcome?.toLowerCase() ?? '' }, last.receipt.wallMs / 1000)
}

/** Whether this state is what a run gave back, and not what a client or a sweep made of the event. */
function isOutcome({ status, attempts, attemptsUsed }: Event): boolean {
  if (status === 'Canceled' || status === 'Processing' || attemptsUsed === 0) return false
  return attempts.at(-1)?.receipt != null
}
