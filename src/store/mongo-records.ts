import type { Collection, Db, Filter } from 'mongodb'
import type { ProgramVersion, RecordKind, Store, StoreRecord } from '../ports.ts'
import type { EventDocument, LogDocument, ProgramDocument, VersionDocument } from './mongo-documents.ts'
import {
  eventDocument,
  logDocument,
  programDocument,
  toEvent,
  toLogLine,
  toProgram,
  toProgramVersions,
  toVersion,
  versionDocument,
} from './mongo-documents.ts'
import type { ProgramCollections } from './mongo-programs.ts'
import { insertNew } from './mongo-writes.ts'

interface Needs {
  readonly db: Db
  readonly programs: ProgramCollections
  readonly long: <T>(attempt: () => Promise<T>) => Promise<T>
  readonly now: () => number
}

/** The part of the store that moves house. */
export function createRecords({
  db,
  programs,
  long,
  now,
}: Needs): Pick<Store, 'readRecords' | 'countRecords' | 'keepRecords'> {
  const events = db.collection<EventDocument>('events')
  const logs = db.collection<LogDocument>('logs')
  const versions = db.collection<VersionDocument>('versions')
  /** In the order of their ids: `fun_` comes before `wfl_`. */
  const bothKinds = [programs.function, programs.workflow]

  async function readPrograms(from: Filter<ProgramDocument>, limit: number): Promise<readonly ProgramDocument[]> {
    const found: ProgramDocument[] = []
    for (const collection of bothKinds) {
      if (found.length === limit) break
      found.push(
        ...(await collection
          .find(from)
          .sort({ _id: 1 })
          .limit(limit - found.length)
          .toArray()),
      )
    }
    return found
  }

  async function readProgramVersions(after: StoreRecord | undefined, limit: number): Promise<readonly StoreRecord[]> {
    const last = after?.kind === 'programVersion' ? after.value : undefined
    const found: StoreRecord[] = []
    let from: Filter<ProgramDocument> = last ? { _id: { $gte: last.program } } : {}
    // A program may have nothing to give: its versions were read before, or it has none yet.
    while (found.length < limit) {
      const page = await readPrograms(from, limit)
      for (const value of page.flatMap(toProgramVersions)) {
        const isLater = !last || value.program > last.program || value.hash > last.hash
        if (isLater) found.push({ kind: 'programVersion', value })
      }
      const end = page.at(-1)
      if (!end || page.length < limit) break
      from = { _id: { $gt: end._id } }
    }
    return found.slice(0, limit)
  }

  async function readRecords(
    kind: RecordKind,
    after: StoreRecord | undefined,
    limit: number,
  ): Promise<readonly StoreRecord[]> {
    switch (kind) {
      case 'version': {
        const from = after?.kind === 'version' ? { _id: { $gt: after.value.hash } } : {}
        const found = await versions.find(from).sort({ _id: 1 }).limit(limit).toArray()
        return found.map((it) => ({ kind, value: toVersion(it) }))
      }
      case 'program': {
        const from = after?.kind === 'program' ? { _id: { $gt: after.value.id } } : {}
        return (await readPrograms(from, limit)).map((it) => ({ kind, value: toProgram(it) }))
      }
      case 'programVersion':
        return readProgramVersions(after, limit)
      case 'event': {
        const from = after?.kind === 'event' ? { _id: { $gt: after.value.id } } : {}
        const found = await events.find(from).sort({ _id: 1 }).limit(limit).toArray()
        return found.map((it) => ({ kind, value: toEvent(it) }))
      }
      case 'log': {
        const found = await logs
          .find(after?.kind === 'log' ? laterThan(after.value) : {})
          .sort({ eventId: 1, attempt: 1, seq: 1 })
          .limit(limit)
          .toArray()
        return found.map((it) => ({ kind, value: toLogLine(it) }))
      }
    }
  }

  async function countRecords(kind: RecordKind): Promise<number> {
    if (kind === 'version') return countIn(versions)
    if (kind === 'event') return countIn(events)
    if (kind === 'log') return countIn(logs)
    let count = 0
    for (const collection of bothKinds) {
      if (kind === 'program') count += await countIn(collection)
      else for await (const it of collection.find().sort({ _id: 1 })) count += toProgramVersions(it).length
    }
    return count
  }

  async function keepProgramVersion({ program, hash, saved }: ProgramVersion): Promise<number> {
    const collection = program.startsWith('wfl_') ? programs.workflow : programs.function
    const { modifiedCount } = await collection.updateOne(
      { _id: program, 'history.version': { $ne: hash } },
      { $push: { history: { version: hash, rev: saved } } },
    )
    return modifiedCount
  }

  return {
    readRecords: (kind, after, limit) => long(() => readRecords(kind, after, limit)),
    countRecords: (kind) => long(() => countRecords(kind)),
    keepRecords: (records) =>
      long(async () => {
        let kept = 0
        const keep = async <T extends { _id: string }>(to: Collection<T>, documents: readonly T[]) => {
          kept += documents.length - (await insertNew(to, documents)).size
        }
        await keep(versions, valuesOf(records, 'version').map(versionDocument))
        for (const it of valuesOf(records, 'program')) await keep(programs[it.kind], [programDocument(it, [])])
        for (const it of valuesOf(records, 'programVersion')) kept += await keepProgramVersion(it)
        await keep(
          events,
          valuesOf(records, 'event').map((it) => eventDocument(it, now())),
        )
        await keep(logs, valuesOf(records, 'log').map(logDocument))
        return kept
      }),
  }
}

/** By the ids, which are texts: exact, unlike the count in a collection's statistics, and no look at the documents. */
function countIn<T extends { _id: string }>(collection: Collection<T>): Promise<number> {
  return collection.countDocuments({ _id: { $gte: '' } } as Filter<T>)
}

type ValueOf<Kind extends RecordKind> = Extract<StoreRecord, { readonly kind: Kind }>['value']

function valuesOf<Kind extends RecordKind>(records: readonly StoreRecord[], kind: Kind): readonly ValueOf<Kind>[] {
  return records.filter((it) => it.kind === kind).map((it) => it.value as ValueOf<Kind>)
}

/** The three ranges behind a line, so that each is a stretch of the index. */
function laterThan({ eventId, attempt, seq }: { eventId: string; attempt: number; seq: number }): Filter<LogDocument> {
  return {
    eventId: { $gte: eventId },
    $or: [
      { eventId: { $gt: eventId } },
      { eventId, attempt: { $gt: attempt } },
      { eventId, attempt, seq: { $gt: seq } },
    ],
  }
}
