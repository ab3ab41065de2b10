import type { Collection, Filter } from 'mongodb'
import type { Backlog } from '../ports.ts'
import type { EventDocument } from './mongo-documents.ts'
import { hints } from './mongo-schema.ts'

const since = { $gte: new Date(0) }

/** What is not final yet, from the two indexes that hold nothing else. */
export async function readBacklog(events: Collection<EventDocument>, limit: number): Promise<Backlog> {
  const waiting: Filter<EventDocument> = { status: 'Pending', runAt: since }
  const held: Filter<EventDocument> = { status: 'Processing', leaseUntil: since }
  const [pending, first, running] = await Promise.all([
    events.countDocuments(waiting, { limit, hint: hints.due.name }),
    events
      .find(waiting, { projection: { runAt: 1 }, hint: hints.due.name })
      .sort(hints.due.key)
      .limit(1)
      .toArray(),
    events
      .find(held, { projection: { attempts: { $slice: -1 } }, hint: hints.leased.name })
      .limit(limit)
      .toArray(),
  ])
  const starts = running.map(({ attempts }) => attempts.at(-1)?.startedAt.getTime() ?? Infinity)
  const earliest = starts.reduce((least, start) => Math.min(least, start), Infinity)
  return {
    pending,
    processing: running.length,
    earliestRunAt: first[0]?.runAt?.getTime() ?? null,
    earliestStart: earliest === Infinity ? null : earliest,
  }
}
