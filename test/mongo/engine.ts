// The data of the test server: collections with indexes, validators and the query semantics of mingo. What it does not
// know it refuses with the error a MongoDB server would give, and never pretends.
import { calculateObjectSize, deserialize, serialize } from 'bson'
import type { Document } from 'bson'
import { aggregate, find, updateOne } from 'mingo'
import { validateDocument } from './json-schema.ts'

/** An error as a MongoDB server answers it. */
export class CommandError extends Error {
  readonly code: number
  readonly codeName: string
  readonly details: Document

  constructor(code: number, codeName: string, message: string, details: Document = {}) {
    super(message)
    this.code = code
    this.codeName = codeName
    this.details = details
  }
}

export interface Index {
  readonly name: string
  readonly key: Document
  readonly unique: boolean
  readonly sparse: boolean
  readonly partial: Document | undefined
  /** Documents by the value of the index's first field, to find equal ones quickly. */
  readonly entries: Map<string, Set<Document>>
}

export class Collection {
  readonly name: string
  readonly documents = new Map<string, Document>()
  readonly indexes = new Map<string, Index>()
  validator: Document | undefined
  /** Filters that no index could have served. */
  readonly scans: Document[] = []

  constructor(name: string) {
    this.name = name
    this.indexes.set('_id_', makeIndex({ name: '_id_', key: { _id: 1 } }))
  }

  createIndex(spec: Document): boolean {
    const index = makeIndex(spec)
    const known = this.indexes.get(index.name)
    if (known) {
      const same = JSON.stringify([known.key, known.unique, known.sparse, known.partial ?? null])
      if (same !== JSON.stringify([index.key, index.unique, index.sparse, index.partial ?? null])) {
        throw new CommandError(
          86,
          'IndexKeySpecsConflict',
          `An index named ${index.name} exists with another key or options`,
        )
      }
      return false
    }
    for (const document of this.documents.values()) {
      this.refuseDuplicate(document, index)
      addTo(index, document)
    }
    this.indexes.set(index.name, index)
    return true
  }

  insert(document: Document): void {
    this.validate(document)
    for (const index of this.indexes.values()) this.refuseDuplicate(document, index)
    this.add(document)
  }

  replace(old: Document, next: Document): void {
    if (keyOf(old['_id']) !== keyOf(next['_id'])) {
      throw new CommandError(
        66,
        'ImmutableField',
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      )
    }
    this.validate(next)
    this.remove(old)
    try {
      for (const index of this.indexes.values()) this.refuseDuplicate(next, index)
    } catch (error) {
      this.add(old)
      throw error
    }
    this.add(next)
  }

  remove(document: Document): void {
    this.documents.delete(keyOf(document['_id']))
    for (const index of this.indexes.values()) index.entries.get(firstKey(index, document))?.delete(document)
  }

  /** What matches, sorted and projected: as a server answers `find`. */
  find({ filter = {}, sort, projection, skip = 0, limit = 0, hint }: Document): Document[] {
    const cursor = find<Document, Document>(this.candidates(filter, sort, hint), filter, projection)
    if (sort) cursor.sort(sort)
    if (skip) cursor.skip(skip)
    if (limit) cursor.limit(Math.abs(limit))
    return cursor.all()
  }

  aggregate(pipeline: Document[], hint?: unknown): Document[] {
    const first = pipeline[0]?.['$match']
    return aggregate(this.candidates(first ?? {}, undefined, hint), pipeline)
  }

  /** One document after an update: a replacement, operators, or a pipeline. The stored one is left alone. */
  updated(old: Document, update: Document | Document[]): Document {
    const isReplacement = !Array.isArray(update) && !Object.keys(update)[0]?.startsWith('$')
    if (isReplacement) return { _id: old['_id'], ...update }
    const copies = [clone(old)]
    updateOne(copies, {}, update as Parameters<typeof updateOne>[2])
    return copies[0] ?? old
  }

  private validate(document: Document): void {
    if (calculateObjectSize(document) > 16_777_216) {
      throw new CommandError(10_334, 'BSONObjectTooLarge', 'BSONObj size is invalid: it must be at most 16793600')
    }
    const schema = this.validator?.['$jsonSchema']
    const reason = schema && validateDocument(schema, document)
    if (reason)
      throw new CommandError(121, 'DocumentValidationFailure', 'Document failed validation', { errInfo: { reason } })
  }

  private add(document: Document): void {
    this.documents.set(keyOf(document['_id']), document)
    for (const index of this.indexes.values()) addTo(index, document)
  }

  private refuseDuplicate(document: Document, index: Index): void {
    if (!(index.unique || index.name === '_id_') || !covers(index, document)) return
    const fields = Object.keys(index.key)
    for (const other of index.entries.get(firstKey(index, document)) ?? []) {
      if (!covers(index, other) || fields.some((field) => keyOf(other[field]) !== keyOf(document[field]))) continue
      const keyValue = Object.fromEntries(fields.map((field) => [field, document[field]]))
      throw new CommandError(
        11_000,
        'DuplicateKey',
        `E11000 duplicate key error collection: ${this.name} index: ${index.name} dup key: ${JSON.stringify(keyValue)}`,
        { keyPattern: index.key, keyValue },
      )
    }
  }

  /** The documents to look at. Notes the filter when only a look at every document could answer it. */
  candidates(filter: Document, sort: Document | undefined, hint: unknown): Document[] {
    const all = () => [...this.documents.values()]
    const usable = [...this.indexes.values()].filter((index) => implied(index.partial, filter))
    if (hint !== undefined) {
      const hinted = this.indexes.get(String(hint))
      if (!hinted || !usable.includes(hinted)) {
        throw new CommandError(
          2,
          'BadValue',
          'error processing query: hint provided does not correspond to an existing index',
        )
      }
    }
    for (const index of usable) {
      const [field = ''] = Object.keys(index.key)
      const wanted = equalValues(filter[field])
      if (wanted && !(index.sparse && wanted.includes(null))) {
        return [...new Set(wanted.map(keyOf))].flatMap((key) => [...(index.entries.get(key) ?? [])])
      }
    }
    const { $or: branches, ...rest } = filter
    if (Array.isArray(branches) && Object.keys(rest).length === 0) {
      return [...new Set(branches.flatMap((branch) => this.candidates(branch, undefined, undefined)))]
    }
    const serves = usable.some((index) => {
      const [field = ''] = Object.keys(index.key)
      return field in filter || (!index.sparse && sort && Object.keys(sort)[0] === field)
    })
    if (!serves) this.scans.push(filter)
    return all()
  }
}

export class Engine {
  private readonly databases = new Map<string, Map<string, Collection>>()

  collections(database: string): Map<string, Collection> {
    const known = this.databases.get(database) ?? new Map<string, Collection>()
    this.databases.set(database, known)
    return known
  }

  /** The collection of that name, made when missing, as a server does at the first write. */
  collection(database: string, name: string): Collection {
    const collections = this.collections(database)
    const known = collections.get(name) ?? new Collection(`${database}.${name}`)
    collections.set(name, known)
    return known
  }

  drop(database: string): void {
    this.databases.delete(database)
  }

  scans(database = 'test'): readonly Document[] {
    return [...this.collections(database).values()].flatMap((collection) => collection.scans)
  }
}

function makeIndex(spec: Document): Index {
  return {
    name: String(spec['name']),
    key: spec['key'],
    unique: Boolean(spec['unique']),
    sparse: Boolean(spec['sparse']),
    partial: spec['partialFilterExpression'],
    entries: new Map(),
  }
}

function addTo(index: Index, document: Document): void {
  const key = firstKey(index, document)
  const entries = index.entries.get(key) ?? new Set()
  index.entries.set(key, entries)
  entries.add(document)
}

function firstKey(index: Index, document: Document): string {
  return keyOf(document[Object.keys(index.key)[0] ?? ''])
}

/** Whether an index holds a document at all. */
function covers(index: Index, document: Document): boolean {
  if (index.sparse && Object.keys(index.key).every((field) => document[field] === undefined)) return false
  return !index.partial || find([document], index.partial).all().length > 0
}

/** Whether whatever matches the filter is in a partial index: it names the same values. */
function implied(partial: Document | undefined, filter: Document): boolean {
  return Object.entries(partial ?? {}).every(
    ([field, value]) => field in filter && keyOf(filter[field]) === keyOf(value),
  )
}

/** The values that a condition asks a field to equal, if that is what it asks. */
function equalValues(condition: unknown): unknown[] | undefined {
  if (condition === undefined) return undefined
  if (condition === null || typeof condition !== 'object' || condition instanceof Date) return [condition]
  const operators = Object.entries(condition)
  const equal = operators.find(([operator]) => operator === '$in' || operator === '$eq')
  if (!equal) return undefined
  return equal[0] === '$in' ? equal[1] : [equal[1]]
}

function keyOf(value: unknown): string {
  return value === undefined ? 'null' : `${typeof value} ${JSON.stringify(value)}`.replace(/^object null$/, 'null')
}

export function clone(document: Document): Document {
  return deserialize(serialize(document))
}
