import { randomUUID } from 'node:crypto'
import type { Collection, Db } from 'mongodb'
import type { Store } from '../ports.ts'
import type { Program, ProgramKind, Version } from '../program.ts'
import type { Calls } from './mongo-calls.ts'
import type { ProgramDocument, VersionDocument } from './mongo-documents.ts'
import { optional, programDocument, toProgram, toVersion, versionDocument } from './mongo-documents.ts'
import { isDuplicate } from './mongo-errors.ts'
import { insertNew, remember, wasKept } from './mongo-writes.ts'

/** What a program's document holds besides what lists show; it can be long. */
const withoutHistory = { projection: { history: 0 } }

export type ProgramCollections = Readonly<Record<ProgramKind, Collection<ProgramDocument>>>

/** The part of the store that keeps workflows, functions and their versions. */
export function createProgramStore(
  db: Db,
  programs: ProgramCollections,
  { read, write }: Calls,
): Pick<
  Store,
  'saveVersion' | 'getVersion' | 'listVersions' | 'saveProgram' | 'getProgram' | 'findProgram' | 'listPrograms'
> {
  const versions = db.collection<VersionDocument>('versions')
  const ofId = (id: string) => (id.startsWith('wfl_') ? programs.workflow : programs.function)

  async function saveProgram(next: Program, version: Version, writeId: string, mayBeKept: boolean): Promise<boolean> {
    await insertNew(versions, [versionDocument(version)])
    const collection = programs[next.kind]
    const found = await collection.findOne({ _id: next.id })
    // A new program has an id that nobody else has.
    if (mayBeKept && found && (next.rev === 1 || wasKept(found, next, writeId))) return true
    if ((found?.rev ?? 0) !== next.rev - 1) return false
    const others = (found?.history ?? []).filter((it) => it.version !== version.hash)
    const made = programDocument(next, [...others, { version: version.hash, rev: next.rev }])
    const { _id, recentWrites: _none, ...document } = made
    try {
      if (next.rev === 1) return (await insertNew(collection, [made])).size === 0
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
  }
}
