import type { Collection } from 'mongodb'
import { idBound } from '../id.ts'
import type { Store } from '../ports.ts'
import type { Calls } from './mongo-calls.ts'
import type { EventDocument, LogDocument } from './mongo-documents.ts'

interface Needs {
  readonly events: Collection<EventDocument>
  readonly logs: Collection<LogDocument>
  readonly write: Calls['write']
}

/** Lines of log that are read to find the events they are of. */
const linesAtATime = 1_000

/** Deleting what is gone already changes nothing, so a call whose answer was lost is simply repeated. */
export function createPruning({ events, logs, write }: Needs): Pick<Store, 'deleteFinished' | 'deleteOrphanLogs'> {
  return {
    deleteFinished: (status, before, after, limit) =>
      write(async () => {
        // What was made later cannot have ended earlier.
        const found = await events
          .find({ status, _id: { $gt: after, $lt: idBound('evt', before) } }, { projection: { finishedAt: 1 } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray()
        const time = new Date(before)
        const ended = found.filter(({ finishedAt }) => finishedAt !== null && finishedAt < time).map((it) => it._id)
        const next = found.length < limit ? undefined : found.at(-1)?._id
        if (ended.length === 0) return { deleted: 0, next }
        // The logs go first: without their events nobody would find them.
        await logs.deleteMany({ eventId: { $in: ended } })
        const { deletedCount } = await events.deleteMany({ _id: { $in: ended }, status, finishedAt: { $lt: time } })
        return { deleted: deletedCount, next }
      }),

    deleteOrphanLogs: (after, limit) =>
      write(async () => {
        const lines = await logs
          .find({ eventId: { $gt: after } }, { projection: { _id: 0, eventId: 1 } })
          .sort({ eventId: 1, attempt: 1, seq: 1 })
          .limit(linesAtATime)
          .toArray()
        const ids = [...new Set(lines.map(({ eventId }) => eventId))].slice(0, limit)
        const next = ids.at(-1)
        if (next === undefined) return { deleted: 0, next }
        const there = await events.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray()
        const known = new Set(there.map((it) => it._id))
        const orphans = ids.filter((id) => !known.has(id))
        if (orphans.length > 0) await logs.deleteMany({ eventId: { $in: orphans } })
        return { deleted: orphans.length, next }
      }),
  }
}
