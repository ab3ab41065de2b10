import { randomUUID } from 'node:crypto'
import type { Collection, Filter } from 'mongodb'
import { MongoBulkWriteError } from 'mongodb'
import { UnavailableError } from '../errors.ts'
import type { Event } from '../event.ts'
import type { EventFilter, ForeignChanges, Store } from '../ports.ts'
import type { Program, ProgramKind, Version } from '../program.ts'
import { createCalls } from './mongo-calls.ts'
import type { MongoOptions } from './mongo-connection.ts'
import { connectMongo } from './mongo-connection.ts'
import type { EventDocument, LogDocument, ProgramDocument, VersionDocument } from './mongo-documents.ts'
import {
  eventDocument,
  logDocument,
  programDocument,
  rememberedWrites,
  toDueEvent,
  toEvent,
  toLogLine,
  toProgram,
  toVersion,
  versionDocument,
} from './mongo-documents.ts'
import { GoneError, duplicateKey, isDuplicate } from './mongo-errors.ts'
import { createRecords } from './mongo-records.ts'
import { hints } from './mongo-schema.ts'

export interface MongoStore extends Store, ForeignChanges {}

/** Fields that an event has only where they are needed. */
const jsonTexts = ['inputJson', 'dataJson'] as const
/** What a program's document holds besides what lists show; it can be long. */
const withoutHistory = { projection: { history: 0 } }

/**
 * Keeps everything in a MongoDB database, which several processes may share. Every write changes one document at a
 * time and is confirmed by the majority; one whose answer was lost is looked for before it is written again. Throws a
 * `StartError` for what an operator can mend.
 */
export async function openMongoStore(options: MongoOptions): Promise<MongoStore> {
  const { db, clock, whyNot, close } = await connectMongo(options)
  const { read, write, long, close: finishCalls } = createCalls(whyNot)
  const events = db.collection<EventDocument>('events')
  const logs = db.collection<LogDocument>('logs')
  const versions = db.collection<VersionDocument>('versions')
  const programs = {
    workflow: db.collection<ProgramDocument>('workflows'),
    function: db.collection<ProgramDocument>('functions'),
  }
  const ofId = (id: string) => (id.startsWith('wfl_') ? programs.workflow : programs.function)
  let closing: Promise<void> | undefined

  async function createEvents(made: readonly Event[]): Promise<readonly Event[]> {
    const taken = await insertNew(
      events,
      made.map((event) => ({ ...eventDocument(event, clock.now()), recentWrites: [] })),
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
  async function updateEvent(next: Event, writeId: string, mayBeKept: boolean): Promise<boolean> {
    const { _id, ...document } = eventDocument(next, clock.now())
    const $unset = Object.fromEntries(
      jsonTexts.filter((name) => !(name in document)).map((name) => [name, '' as const]),
    )
    const { matchedCount } = await events.updateOne(
      { _id, rev: next.rev - 1 },
      { $set: document, $unset, ...remember(writeId) },
    )
    if (matchedCount === 1) return true
    if (!mayBeKept) return false
    return wasKept(await events.findOne({ _id }, { projection: { rev: 1, recentWrites: 1 } }), next, writeId)
  }

  /** In the order of an index, which is asked for by name because the planner cannot know how small it is. */
  function findDue(filter: Filter<EventDocument>, { name, key }: (typeof hints)['due' | 'leased'], limit: number) {
    const found = events.find(filter, { projection: { status: 1, runAt: 1 }, hint: name })
    return found.sort(key).limit(limit).toArray()
  }

  async function saveProgram(next: Program, version: Version, writeId: string, mayBeKept: boolean): Promise<boolean> {
    await insertNew(versions, [versionDocument(version)])
    const collection = programs[next.kind]
    const found = await collection.findOne({ _id: next.id })
    // A new program has an id that nobody else has.
    if (mayBeKept && found && (next.rev === 1 || wasKept(found, next, writeId))) return true
    if ((found?.rev ?? 0) !== next.rev - 1) return false
    const others = (found?.history ?? []).filter((it) => it.version !== version.hash)
    const { _id, ...document } = programDocument(next, [...others, { version: version.hash, rev: next.rev }])
    try {
      if (next.rev === 1) return (await insertNew(collection, [{ _id, ...document, recentWrites: [] }])).size === 0
      const update = { $set: document, ...remember(writeId) }
      return (await collection.updateOne({ _id, rev: next.rev - 1 }, update)).matchedCount === 1
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  /** The versions of a program from the one saved last on, after the one with that hash. */
  async function listVersions(id: string, after: string | undefined, limit: number): Promise<readonly Version[]> {
    const program = await ofId(id).findOne({ _id: id }, { projection: { history: 1 } })
    const history = (program?.history ?? []).toSorted((a, b) => b.rev - a.rev)
    const from = after === undefined ? 0 : history.findIndex((it) => it.version === after) + 1
    const hashes = history.slice(from, from + limit).map((it) => it.version)
    const found = await versions.find({ _id: { $in: hashes } }).toArray()
    const byHash = new Map(found.map((it) => [it._id, toVersion(it)]))
    return hashes.map((hash) => byHash.get(hash)).filter((it) => it !== undefined)
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
    updateEvent(next) {
      const writeId = randomUUID()
      return write((mayBeKept) => updateEvent(next, writeId, mayBeKept))
    },
    renewLeases: (owner, ids, until) =>
      write(async () => {
        const mine: Filter<EventDocument> = { _id: { $in: [...ids] }, status: 'Processing', owner }
        // Not set: a renewal that arrives late must not shorten what a later one made longer.
        const { matchedCount } = await events.updateMany(mine, { $max: { leaseUntil: new Date(until) } })
        if (matchedCount === ids.length) return ids
        return (await events.find(mine, { projection: { _id: 1 } }).toArray()).map((it) => it._id)
      }),
    listDue: (now, limit) =>
      read(async () => {
        const until = { $lte: new Date(now) }
        const lost = await findDue({ status: 'Processing', leaseUntil: until }, hints.leased, limit)
        // To MongoDB a limit of zero is none.
        const left = limit - lost.length
        const due = left > 0 ? await findDue({ status: 'Pending', runAt: until }, hints.due, left) : []
        return [...lost, ...due].map(toDueEvent)
      }),

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

    saveVersion: (version) => write(async () => void (await insertNew(versions, [versionDocument(version)]))),
    getVersion: (hash) => read(async () => optional(toVersion, await versions.findOne({ _id: hash }))),
    listVersions: (id, { after, limit }) => read(() => listVersions(id, after, limit)),
    saveProgram(next, version) {
      const writeId = randomUUID()
      return write((mayBeKept) => saveProgram(next, version, writeId, mayBeKept))
    },
    getProgram: (id) => read(async () => optional(toProgram, await ofId(id).findOne({ _id: id }, withoutHistory))),
    findProgram: (kind, name) =>
      read(async () => optional(toProgram, await programs[kind].findOne({ name, deleted: false }, withoutHistory))),
    listPrograms: (kind: ProgramKind, { after, limit }) =>
      read(async () => {
        const older = after === undefined ? {} : { _id: { $lt: after } }
        const found = programs[kind].find({ deleted: false, ...older }, withoutHistory).sort({ _id: -1 })
        return (await found.limit(limit).toArray()).map(toProgram)
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

    ...createRecords({ db, programs, long, insertNew, now: () => clock.now() }),

    // A real write, confirmed like any other, that changes nothing anybody reads.
    check: () =>
      read(async () => {
        const meta = db.collection<{ _id: string; checkedAt?: Date }>('workcell')
        await meta.updateOne({ _id: 'schema' }, { $set: { checkedAt: new Date(clock.now()) } })
      }),
    close: () => (closing ??= finishCalls().then(close)),
  }
}

/** Makes a document know a write of itself later. */
function remember(writeId: string) {
  return { $push: { recentWrites: { $each: [writeId], $slice: -rememberedWrites } } }
}

/** Whether a write that made `next` is part of what is found, whatever came after it. */
function wasKept(
  found: Pick<EventDocument, 'rev' | 'recentWrites'> | null,
  next: { readonly rev: number },
  writeId: string,
): boolean {
  if (found?.recentWrites.includes(writeId)) return true
  if (!found || found.rev - next.rev < rememberedWrites) return false
  throw new UnavailableError(
    'MongoDB did not answer in time. It may or may not have been kept: look before repeating it.',
  )
}

/**
 * Inserts what is not there yet. Resolves to the positions of those whose id or unique field is taken; a call that is
 * repeated finds its own documents among them.
 */
export async function insertNew<T extends { _id: string }>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<ReadonlySet<number>> {
  if (documents.length === 0) return new Set()
  try {
    await collection.insertMany(documents as Parameters<typeof collection.insertMany>[0], { ordered: false })
    return new Set()
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || !isDuplicate(error)) throw error
    const errors = [error.writeErrors].flat()
    if (errors.length === 0 || errors.some((it) => it.code !== duplicateKey)) throw error
    return new Set(errors.map((it) => it.index))
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

function optional<Document, T>(map: (document: Document) => T, document: Document | null): T | undefined {
  return document === null ? undefined : map(document)
}
