import { isDeepStrictEqual } from 'node:util'
import type { Db, IndexDescription } from 'mongodb'

const text = { bsonType: 'string' }
const textOrNull = { bsonType: ['string', 'null'] }
const number = { bsonType: 'number' }
const date = { bsonType: 'date' }
const dateOrNull = { bsonType: ['date', 'null'] }
const object = { bsonType: 'object' }
const languages = { enum: ['JavaScript', 'TypeScript'] }
const statuses = { enum: ['Pending', 'Processing', 'Success', 'Error', 'Canceled'] }

const limits = { bsonType: 'object', properties: { timeoutMs: number, memoryMb: number, maxAttempts: number } }
const attempt = record({ number, startedAt: date, finishedAt: dateOrNull, outcome: textOrNull })
const program = record({
  _id: text,
  name: text,
  description: textOrNull,
  version: text,
  limits,
  createdAt: date,
  updatedAt: date,
  deleted: { bsonType: 'bool' },
  deletedAt: dateOrNull,
  rev: number,
  history: { bsonType: 'array', items: record({ version: text, rev: number }) },
  recentWrites: { bsonType: 'array', items: text },
})

interface CollectionSchema {
  /** What a document must look like, as `$jsonSchema`. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly indexes: readonly IndexDescription[]
}

/** Indexes that queries ask for by name. */
export const hints = {
  due: { name: 'due', key: { runAt: 1 } },
  leased: { name: 'leased', key: { leaseUntil: 1 } },
} as const

const programIndexes: readonly IndexDescription[] = [
  { name: 'name', key: { name: 1 }, unique: true, partialFilterExpression: { deleted: false } },
  { name: 'living', key: { deleted: 1, _id: -1 } },
]

/**
 * Every collection with its validator and its indexes; docs/mongodb.md lists them for operators. The indexes for lists
 * end in `_id` because every list runs from the newest to the oldest, and ids rise with time. The partial ones hold
 * only what waits or runs, so they stay small however many events have ended.
 */
export const collections: Readonly<
  Record<'events' | 'logs' | 'workflows' | 'functions' | 'versions', CollectionSchema>
> = {
  events: {
    schema: record(
      {
        _id: text,
        type: text,
        status: statuses,
        workflow: textOrNull,
        execution: textOrNull,
        version: textOrNull,
        error: { bsonType: ['object', 'null'] },
        attempts: { bsonType: 'array', items: attempt },
        attemptsUsed: number,
        requestHash: textOrNull,
        limits,
        rerunOf: textOrNull,
        runAt: dateOrNull,
        createdAt: date,
        startedAt: dateOrNull,
        finishedAt: dateOrNull,
        changedAt: date,
        rev: { bsonType: 'number', minimum: 1 },
        owner: textOrNull,
        leaseUntil: dateOrNull,
        crashes: number,
        recentWrites: { bsonType: 'array', items: text },
      },
      { idempotencyKey: text, inputJson: text, dataJson: text },
      ['input', 'data'],
    ),
    indexes: [
      { name: 'idempotencyKey', key: { idempotencyKey: 1 }, unique: true, sparse: true },
      { ...hints.due, partialFilterExpression: { status: 'Pending' } },
      { ...hints.leased, partialFilterExpression: { status: 'Processing' } },
      { name: 'status', key: { status: 1, _id: -1 } },
      { name: 'type', key: { type: 1, _id: -1 } },
      { name: 'workflow', key: { workflow: 1, _id: -1 } },
      { name: 'execution', key: { execution: 1, _id: -1 } },
      { name: 'changedAt', key: { changedAt: -1 } },
    ],
  },
  logs: {
    schema: record({
      _id: text,
      eventId: text,
      attempt: number,
      seq: number,
      at: date,
      level: { enum: ['debug', 'info', 'warn', 'error'] },
      message: text,
    }),
    indexes: [{ name: 'line', key: { eventId: 1, attempt: 1, seq: 1 }, unique: true }],
  },
  workflows: { schema: program, indexes: programIndexes },
  functions: { schema: program, indexes: programIndexes },
  versions: {
    schema: record({ _id: text, language: languages, code: text, script: text, createdAt: date }),
    indexes: [],
  },
}

/**
 * What brings the documents of each version, from 1 on, to the next. Add to the end; never change what is released.
 * Collections, validators and indexes need nothing here.
 */
const migrations: readonly ((db: Db) => Promise<void>)[] = []

export const schemaVersion = 1 + migrations.length

function metaOf(db: Db) {
  return db.collection<{ _id: string; version?: number; checkedAt?: Date }>('workcell')
}

/** The version that a database was brought to; zero: none of ours yet. */
export async function readSchemaVersion(db: Db): Promise<number> {
  return (await metaOf(db).findOne({ _id: 'schema' }))?.version ?? 0
}

/** A real write, confirmed like any other, that changes nothing anybody reads. */
export async function checkWrites(db: Db, now: number): Promise<void> {
  await metaOf(db).updateOne({ _id: 'schema' }, { $set: { checkedAt: new Date(now) } }, { upsert: true })
}

/**
 * Brings a database from an earlier version, or from none, to the present one. Safe to repeat and to run in several
 * processes at once. Whatever the version, it mends indexes and validators that somebody dropped: they would be missed
 * only under load.
 */
export async function migrate(db: Db, found: number): Promise<void> {
  for (const migration of migrations.slice(Math.max(0, found - 1))) await migration(db)
  await ensureCollections(db)
  await metaOf(db).updateOne({ _id: 'schema' }, { $max: { version: schemaVersion } }, { upsert: true })
}

/** Changing a validator takes the role dbAdmin, making a collection does not: only what differs is changed. */
async function ensureCollections(db: Db): Promise<void> {
  const there = new Map<string, unknown>()
  for (const it of await db.listCollections({}, { nameOnly: false }).toArray())
    there.set(it.name, it.options?.['validator'])
  for (const [name, { schema, indexes }] of Object.entries(collections)) {
    const validator = { $jsonSchema: schema }
    if (!there.has(name)) await db.createCollection(name, { validator }).catch(unlessThere)
    else if (!isDeepStrictEqual(there.get(name), validator)) await db.command({ collMod: name, validator })
    if (indexes.length > 0) await db.collection(name).createIndexes([...indexes])
  }
}

/** Another process may have made the collection since it was looked for. 48: NamespaceExists. */
function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 48)) throw error
}

function record(
  required: Readonly<Record<string, unknown>>,
  optional: Readonly<Record<string, unknown>> = {},
  ofAnyType: readonly string[] = [],
) {
  return { ...object, required: [...Object.keys(required), ...ofAnyType], properties: { ...required, ...optional } }
}
