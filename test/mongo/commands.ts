// What the test server answers to each command. One that is missing here is refused as unknown, as is any field that a
// command is given and that is not handled.
import { Long, calculateObjectSize } from 'bson'
import type { Document } from 'bson'
import type { Collection, Engine } from './engine.ts'
import { CommandError } from './engine.ts'
import {
  allow,
  checkAggregate,
  checkBatch,
  checkCommon,
  checkDelete,
  checkFilter,
  checkFind,
  checkIndex,
  checkInserted,
  checkListCollections,
  checkName,
  checkUpdate,
  checkUpdateOf,
  checkValidator,
} from './strict.ts'

interface Cursor {
  readonly namespace: string
  rest: Document[]
}

type Command = (database: string, command: Document) => Document

/** Commands that change data: what a server that is not the primary refuses, and what retryable writes repeat. */
export const writes = new Set([
  'insert',
  'update',
  'delete',
  'findAndModify',
  'create',
  'createIndexes',
  'collMod',
  'drop',
  'dropDatabase',
])

export function createCommands(engine: Engine): (command: Document) => Document {
  const cursors = new Map<string, Cursor>()
  let lastCursor = 0

  function open(namespace: string, documents: Document[], batchSize: number | undefined, single = false): Document {
    const size = single ? documents.length : fitting(documents, batchSize ?? 101)
    const id = documents.length === size ? 0 : ++lastCursor
    if (id) cursors.set(String(id), { namespace, rest: documents.slice(size) })
    return { cursor: { id: Long.fromNumber(id), ns: namespace, firstBatch: documents.slice(0, size) }, ok: 1 }
  }

  /** Applies one statement after the other, until the first that fails if they are ordered. */
  function each(statements: Document[], ordered: boolean, apply: (statement: Document, index: number) => number) {
    let n = 0
    const writeErrors: Document[] = []
    for (const [index, statement] of statements.entries()) {
      try {
        n += apply(statement, index)
      } catch (error) {
        const { code, message, details } = asCommandError(error)
        writeErrors.push({ index, code, errmsg: message, ...details })
        if (ordered) break
      }
    }
    return { n, ...(writeErrors.length > 0 && { writeErrors }), ok: 1 }
  }

  function updateAll(collection: Collection, statement: Document): { n: number; modified: number; upserted?: unknown } {
    allow(statement, 'q', 'u', 'multi', 'upsert', 'hint')
    checkUpdate(statement)
    const { q, u, multi, upsert, hint } = statement
    const found = collection.find({ filter: q, limit: multi ? 0 : 1, hint })
    let modified = 0
    for (const projected of found) {
      const old = collection.documents.get(idKey(projected)) ?? projected
      checkUpdateOf(old, u)
      const next = collection.updated(old, u)
      if (JSON.stringify(next) === JSON.stringify(old)) continue
      collection.replace(old, next)
      modified++
    }
    if (found.length > 0 || !upsert) return { n: found.length, modified }
    const { $setOnInsert: fresh, ...rest } = Array.isArray(u) ? {} : u
    const equal = Object.fromEntries(
      Object.entries(q).filter(([, value]) => typeof value !== 'object' || value instanceof Date),
    )
    const base = { ...equal, ...fresh }
    const made = Object.keys(rest).length > 0 ? collection.updated(base, rest) : base
    collection.insert(made)
    return { n: 1, modified: 0, upserted: made['_id'] }
  }

  const commands: Record<string, Command> = {
    ping: (_database, command) => {
      allow(command, 'ping')
      return { ok: 1 }
    },
    endSessions: (_database, command) => {
      allow(command, 'endSessions')
      return { ok: 1 }
    },
    killCursors: (_database, command) => {
      allow(command, 'killCursors', 'cursors')
      for (const id of command['cursors']) cursors.delete(String(id))
      return { cursorsKilled: command['cursors'], ok: 1 }
    },
    listCollections: (database, command) => {
      allow(command, 'listCollections', 'filter', 'nameOnly', 'cursor', 'authorizedCollections')
      checkListCollections(command)
      const all = [...engine.collections(database)].map(([name, { validator }]) => ({
        name,
        type: 'collection',
        options: validator ? { validator } : {},
      }))
      const wanted = command['filter']?.name
      return open(
        `${database}.$cmd.listCollections`,
        wanted ? all.filter((it) => it.name === wanted) : all,
        undefined,
        true,
      )
    },
    create: (database, command) => {
      allow(command, 'create', 'validator')
      checkName(command['create'])
      checkValidator(command['validator'])
      if (engine.collections(database).has(command['create'])) {
        throw new CommandError(48, 'NamespaceExists', `Collection ${database}.${command['create']} already exists.`)
      }
      engine.collection(database, command['create']).validator = command['validator']
      return { ok: 1 }
    },
    collMod: (database, command) => {
      allow(command, 'collMod', 'validator')
      checkValidator(command['validator'])
      const collection = engine.collections(database).get(command['collMod'])
      if (!collection) throw new CommandError(26, 'NamespaceNotFound', `ns does not exist: ${command['collMod']}`)
      if ('validator' in command) collection.validator = command['validator']
      return { ok: 1 }
    },
    createIndexes: (database, command) => {
      allow(command, 'createIndexes', 'indexes', 'commitQuorum')
      checkName(command['createIndexes'])
      checkBatch(command['indexes'])
      const collection = engine.collection(database, command['createIndexes'])
      const before = collection.indexes.size
      for (const spec of command['indexes']) {
        checkIndex(spec, collection.indexes.values())
        collection.createIndex(spec)
      }
      return { numIndexesBefore: before, numIndexesAfter: collection.indexes.size, ok: 1 }
    },
    listIndexes: (database, command) => {
      allow(command, 'listIndexes', 'cursor')
      const collection = engine.collections(database).get(command['listIndexes'])
      if (!collection) throw new CommandError(26, 'NamespaceNotFound', `ns does not exist: ${command['listIndexes']}`)
      const all = [...collection.indexes.values()].map(({ name, key, unique, sparse, partial }) => ({
        v: 2,
        key,
        name,
        ...(unique && { unique }),
        ...(sparse && { sparse }),
        ...(partial && { partialFilterExpression: partial }),
      }))
      return open(collection.name, all, undefined, true)
    },
    dropDatabase: (database, command) => {
      allow(command, 'dropDatabase')
      engine.drop(database)
      return { dropped: database, ok: 1 }
    },
    insert: (database, command) => {
      allow(command, 'insert', 'documents', 'ordered')
      checkName(command['insert'])
      checkBatch(command['documents'])
      const collection = engine.collection(database, command['insert'])
      return each(command['documents'], command['ordered'] ?? true, (document) => {
        checkInserted(document)
        collection.insert(document)
        return 1
      })
    },
    update: (database, command) => {
      allow(command, 'update', 'updates', 'ordered')
      checkName(command['update'])
      checkBatch(command['updates'])
      const collection = engine.collection(database, command['update'])
      const upserted: Document[] = []
      let nModified = 0
      const answer = each(command['updates'], command['ordered'] ?? true, (statement, index) => {
        const { n, modified, upserted: id } = updateAll(collection, statement)
        nModified += modified
        if (id !== undefined) upserted.push({ index, _id: id })
        return n
      })
      return { ...answer, nModified, ...(upserted.length > 0 && { upserted }) }
    },
    delete: (database, command) => {
      allow(command, 'delete', 'deletes', 'ordered')
      checkName(command['delete'])
      checkBatch(command['deletes'])
      const collection = engine.collection(database, command['delete'])
      return each(command['deletes'], command['ordered'] ?? true, (statement) => {
        allow(statement, 'q', 'limit')
        checkDelete(statement)
        checkFilter(statement['q'])
        const found = collection.find({ filter: statement['q'], limit: statement['limit'] })
        for (const document of found) collection.remove(collection.documents.get(idKey(document)) ?? document)
        return found.length
      })
    },
    find: (database, command) => {
      allow(command, 'find', 'filter', 'sort', 'projection', 'skip', 'limit', 'hint', 'batchSize', 'singleBatch')
      checkName(command['find'])
      checkFind(command)
      const collection = engine.collection(database, command['find'])
      return open(collection.name, collection.find(command), command['batchSize'], command['singleBatch'])
    },
    aggregate: (database, command) => {
      allow(command, 'aggregate', 'pipeline', 'cursor', 'hint')
      checkName(command['aggregate'])
      checkAggregate(command)
      const collection = engine.collection(database, command['aggregate'])
      return open(
        collection.name,
        collection.aggregate(command['pipeline'], command['hint']),
        command['cursor']?.batchSize,
      )
    },
    getMore: (_database, command) => {
      allow(command, 'getMore', 'collection', 'batchSize')
      const id = String(command['getMore'])
      const cursor = cursors.get(id)
      if (!cursor) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`)
      const nextBatch = cursor.rest.splice(0, fitting(cursor.rest, command['batchSize'] ?? Infinity))
      const done = cursor.rest.length === 0
      if (done) cursors.delete(id)
      return { cursor: { id: Long.fromString(done ? '0' : id), ns: cursor.namespace, nextBatch }, ok: 1 }
    },
  }

  return (command) => {
    const [name = ''] = Object.keys(command)
    const run = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!run) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`)
    checkCommon(command)
    return run(String(command['$db']), command)
  }
}

/** How many of the first documents go into one answer: at least one, and no more than 16 MB or `most`. */
function fitting(documents: readonly Document[], most: number): number {
  let bytes = 0
  const end = documents.findIndex((document, index) => {
    bytes += calculateObjectSize(document)
    return index >= most || (index > 0 && bytes > 16_777_216)
  })
  return end === -1 ? documents.length : end
}

export function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error
  return new CommandError(2, 'BadValue', error instanceof Error ? error.message : String(error))
}

function idKey(document: Document): string {
  return `${typeof document['_id']} ${JSON.stringify(document['_id'])}`
}
