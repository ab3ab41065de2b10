import { randomUUID } from 'node:crypto'
import type { Filter } from 'mongodb'
import type { Event } from '../event.ts'
import { oldestAfterClaim } from '../event.ts'
import type { EventFilter, ForeignChanges, Store } from '../ports.ts'
import { readBacklog } from './mongo-backlog.ts'
import { createCalls } from './mongo-calls.ts'
import type { MongoOptions } from './mongo-connection.ts'
import { connectMongo } from './mongo-connection.ts'
import type { EventDocument, LogDocument, ProgramDocument } from './mongo-documents.ts'
import { dueFields, eventDocument, logDocument, optional, toDueEvent, toEvent, toLogLine } from './mongo-documents.ts'
import { GoneError } from './mongo-errors.ts'
import { createProgramStore } from './mongo-programs.ts'
import { createPruning } from './mongo-pruning.ts'
import { createRecords } from './mongo-records.ts'
import { checkWrites, hints } from './mongo-schema.ts'
import { insertNew, remember, wasKept } from './mongo-writes.ts'

export interface MongoStore extends Store, ForeignChanges {}

/** Fields that an event has only where they are needed. */
const jsonTexts = ['inputJson', 'dataJson'] as const

/**
 * Keeps everything in a MongoDB database, which several processes may share. Every write changes one document at a
 * time and is confirmed by the majority; one whose answer was lost is looked for before it is written again. Throws a
 * `StartError` for what an operator can mend.
 */
export async function openMongoStore(options: MongoOptions): Promise<MongoStore> {
  const { db, clock, whyNot, close } = await connectMongo(options)
  const calls = createCalls(whyNot)
  const { read, write } = calls
  const events = db.collection<EventDocument>('events')
  const logs = db.collection<LogDocument>('logs')
  const programs = {
    workflow: db.collection<ProgramDocument>('workflows'),
    function: db.collection<ProgramDocument>('functions'),
  }
  let closing: Promise<void> | undefined

  async function createEvents(made: readonly Event[]): Promise<readonly Event[]> {
    const taken = await insertNew(
      events,
      made.map((event) => eventDocument(event, clock.now())),
    )
    return Promise.all(made.map((event, index) => (taken.has(index) ? thereInsteadOf(event) : event)))
  }

  /** The event that has the id already, after a repeated call, or else the key. */
  async function thereInsteadOf(event: Event): Promise<Event> {
    const found =
      (await events.findOne({ _id: event.id })) ??
      (event.idempotencyKey === null ? null : await events.findOne({ idempotencyKey: event.idempotencyKey }))
    if (found) return toEvent(found)
    throw new GoneError('the event that was in the way is gone')
  }

  /**
   * Not matched says that another writer was first, except after a try whose answer was lost: then it may have been
   * that try, and others may have built on it since.
   */
  async function updateEvent(
    next: Event,
    expiredBy: number | undefined,
    writeId: string,
    mayBeKept: boolean,
  ): Promise<boolean> {
    const { _id, recentWrites: _none, ...document } = eventDocument(next, clock.now())
    const $unset = Object.fromEntries(
      jsonTexts.filter((name) => !(name in document)).map((name) => [name, '' as const]),
    )
    const { matchedCount } = await events.updateOne(
      {
        _id,
        rev: next.rev - 1,
        ...(expiredBy !== undefined && { leaseUntil: { $lte: new Date(expiredBy) } }),
      },
      { $set: document, $unset, ...remember(writeId) },
    )
    if (matchedCount === 1) return true
    if (!mayBeKept) return false
    return wasKept(await events.findOne({ _id }, { projection: { rev: 1, recentWrites: 1 } }), next, writeId)
  }

  /** What cannot be deleted now must not make a claim that was kept look as if it was not: the next one deletes it. */
  async function deleteForgotten(claim: Event): Promise<void> {
    const oldest = oldestAfterClaim(claim)
    if (oldest === undefined) return
    await write(() => logs.deleteMany({ eventId: claim.id, attempt: { $lt: oldest } })).catch(() => undefined)
  }

  /** In the order of an index, which is asked for by name because the planner cannot know how small it is. */
  function findDue(
    filter: Filter<EventDocument>,
    { name, key }: (typeof hints)['due' | 'leased'],
    limit: number,
    skip = 0,
  ) {
    const found = events.find(filter, { projection: dueFields, hint: name })
    return found.sort(key).skip(skip).limit(limit).toArray()
  }

  return {
    now: () => clock.now(),
    createEvents: (made) => write(() => createEvents(made)),
    getEvent: (id) => read(async () => optional(toEvent, await events.findOne({ _id: id }))),
    getEvents: (ids) => read(async () => (await events.find({ _id: { $in: [...ids] } }).toArray()).map(toEvent)),
    listEvents: (filter, { after, limit }) =>
      read(async () =>
        (await events.find(eventQuery(filter, after)).sort({ _id: -1 }).limit(limit).toArray()).map(toEvent),
      ),
    async updateEvent(next, expiredBy) {
      const writeId = randomUUID()
      const kept = await write((mayBeKept) => updateEvent(next, expiredBy, writeId, mayBeKept))
      if (kept) await deleteForgotten(next)
      return kept
    },
    renewLeases: (owner, ids, until) =>
      write(async () => {
        const mine: Filter<EventDocument> = { _id: { $in: [...ids] }, status: 'Processing', owner }
        // Not set: a renewal that arrives late must not shorten what a later one made longer.
        const { matchedCount } = await events.updateMany(mine, { $max: { leaseUntil: new Date(until) } })
        if (matchedCount === ids.length) return ids
        return (await events.find(mine, { projection: { _id: 1 } }).toArray()).map((it) => it._id)
      }),
    listDue: (now, limit, skip) =>
      read(async () => {
        const until = { $lte: new Date(now) }
        const lost = await findDue({ status: 'Processing', leaseUntil: until }, hints.leased, limit)
        // To MongoDB a limit of zero is none.
        const left = limit - lost.length
        const due = left > 0 ? await findDue({ status: 'Pending', runAt: until }, hints.due, left, skip) : []
        return [...lost, ...due].map(toDueEvent)
      }),

    backlog: (limit) => read(() => readBacklog(events, limit)),

    appendLogs: (lines) => write(async () => void (await insertNew(logs, lines.map(logDocument)))),
    readLogs: (eventId, after, limit) =>
      read(async () => {
        // The event in each of the two, so that both are stretches of the index.
        const later = after && [
          { eventId, attempt: { $gt: after.attempt } },
          { eventId, attempt: after.attempt, seq: { $gt: after.seq } },
        ]
        const found = logs.find(later ? { $or: later } : { eventId }).sort({ attempt: 1, seq: 1 })
        return (await found.limit(limit).toArray()).map(toLogLine)
      }),

    revisions: (ids) =>
      read(async () => {
        const found = events.find({ _id: { $in: [...ids] } }, { projection: { rev: 1, status: 1 } })
        return (await found.toArray()).map(({ _id: id, rev, status }) => ({ id, rev, status }))
      }),
    changedSince: (time, limit) =>
      read(async () => {
        const found = events
          .find({ changedAt: { $gte: new Date(time) } }, { projection: { rev: 1, changedAt: 1 } })
          .sort({ changedAt: 1 })
        return (await found.limit(limit).toArray()).map(({ _id: id, rev, changedAt }) => ({
          id,
          rev,
          at: changedAt.getTime(),
        }))
      }),

    ...createProgramStore(db, programs, calls),
    ...createPruning({ events, logs, write }),
    ...createRecords({ db, programs, long: calls.long, now: () => clock.now() }),

    check: () =>
      read(async () => {
        await checkWrites(db, clock.now())
      }),
    close: () => (closing ??= calls.close().then(close)),
  }
}

function eventQuery({ statuses, ...equal }: EventFilter, after: string | undefined): Filter<EventDocument> {
  const given = Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined))
  return {
    ...given,
    ...(statuses && { status: { $in: [...new Set(statuses)] } }),
    ...(after !== undefined && { _id: { $lt: after } }),
  }
}
