import type { Attempt, Event } from '../event.ts'
import type { Json } from '../json.ts'
import type { DueEvent, LogLine, ProgramVersion } from '../ports.ts'
import type { Program, Version } from '../program.ts'

/**
 * The documents as they are kept, for people with Compass or mongosh to read. Described in docs/mongodb.md, which must
 * stay true to this.
 */
export interface EventDocument {
  _id: string
  type: string
  status: Event['status']
  workflow: string | null
  execution: string | null
  version: string | null
  input: Json
  /** Instead of `input`, what BSON cannot carry faithfully, as JSON text. */
  inputJson?: string
  data: Json
  dataJson?: string
  error: Event['error']
  attempts: readonly AttemptDocument[]
  attemptsUsed: number
  /** Missing instead of null, so that the sparse unique index leaves such events out. */
  idempotencyKey?: string
  requestHash: string | null
  limits: Event['limits']
  rerunOf: string | null
  runAt: Date | null
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
  /** When this revision was written. */
  changedAt: Date
  rev: number
  owner: string | null
  leaseUntil: Date | null
  crashes: number
  recentWrites: readonly string[]
}

type AttemptDocument = Omit<Attempt, 'startedAt' | 'finishedAt'> & { startedAt: Date; finishedAt: Date | null }

export interface LogDocument extends Omit<LogLine, 'at'> {
  _id: string
  at: Date
}

export interface ProgramDocument {
  _id: string
  name: string
  description: string | null
  version: string
  limits: Program['limits']
  createdAt: Date
  updatedAt: Date
  /** As well as `deletedAt`, because an index can be of the documents that have a value but not of those that lack it. */
  deleted: boolean
  deletedAt: Date | null
  rev: number
  /** Every version it has had, each with the `rev` at which the program last took it. */
  history: readonly { version: string; rev: number }[]
  recentWrites: readonly string[]
}

export interface VersionDocument extends Omit<Version, 'hash' | 'createdAt'> {
  _id: string
  createdAt: Date
}

/** As it is when it is new. */
export function eventDocument(event: Event, changedAt: number): EventDocument {
  const { id, input, data, idempotencyKey, attempts, runAt, createdAt, startedAt, finishedAt, leaseUntil, ...same } =
    event
  return {
    _id: id,
    ...same,
    ...jsonFields('input', input),
    ...jsonFields('data', data),
    attempts: attempts.map((it) => ({ ...it, startedAt: new Date(it.startedAt), finishedAt: date(it.finishedAt) })),
    ...(idempotencyKey !== null && { idempotencyKey }),
    runAt: date(runAt),
    createdAt: new Date(createdAt),
    startedAt: date(startedAt),
    finishedAt: date(finishedAt),
    leaseUntil: date(leaseUntil),
    changedAt: new Date(changedAt),
    recentWrites: [],
  }
}

export function toEvent(document: EventDocument): Event {
  const { _id: id, inputJson, dataJson, changedAt: _changedAt, recentWrites: _recentWrites, ...same } = document
  return {
    ...same,
    id,
    input: inputJson === undefined ? same.input : parse(inputJson),
    data: dataJson === undefined ? same.data : parse(dataJson),
    attempts: same.attempts.map((it) => ({
      ...it,
      startedAt: it.startedAt.getTime(),
      finishedAt: time(it.finishedAt),
    })),
    idempotencyKey: same.idempotencyKey ?? null,
    runAt: time(same.runAt),
    createdAt: same.createdAt.getTime(),
    startedAt: time(same.startedAt),
    finishedAt: time(same.finishedAt),
    leaseUntil: time(same.leaseUntil),
  }
}

/** The fields that `toDueEvent` is made of. */
export const dueFields = { status: 1, runAt: 1, workflow: 1, execution: 1, version: 1 } as const

export function toDueEvent(document: Pick<EventDocument, '_id' | keyof typeof dueFields>): DueEvent {
  const { _id: id, status, runAt, workflow, execution, version } = document
  return { id, status, runAt: time(runAt), workflow, execution, version }
}

export function logDocument(line: LogLine): LogDocument {
  return { _id: `${line.eventId}/${line.attempt}/${line.seq}`, ...line, at: new Date(line.at) }
}

export function toLogLine({ _id, at, ...same }: LogDocument): LogLine {
  return { ...same, at: at.getTime() }
}

/** As it is when it is new. */
export function programDocument(program: Program, history: ProgramDocument['history']): ProgramDocument {
  const { id, kind: _kind, createdAt, updatedAt, deletedAt, ...same } = program
  return {
    _id: id,
    ...same,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    deleted: deletedAt !== null,
    deletedAt: date(deletedAt),
    history,
    recentWrites: [],
  }
}

export function toProgram(document: Omit<ProgramDocument, 'history'>): Program {
  const { _id: id, name, description, version, limits, rev } = document
  return {
    id,
    kind: id.startsWith('wfl_') ? 'workflow' : 'function',
    name,
    description,
    version,
    limits,
    createdAt: document.createdAt.getTime(),
    updatedAt: document.updatedAt.getTime(),
    rev,
    deletedAt: time(document.deletedAt),
  }
}

/** Which versions a program has had, ordered by their hashes. */
export function toProgramVersions({
  _id,
  history,
}: Pick<ProgramDocument, '_id' | 'history'>): readonly ProgramVersion[] {
  return history
    .map(({ version, rev }) => ({ program: _id, hash: version, saved: rev }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
}

export function versionDocument({ hash, createdAt, ...same }: Version): VersionDocument {
  return { _id: hash, ...same, createdAt: new Date(createdAt) }
}

export function toVersion({ _id: hash, createdAt, ...same }: VersionDocument): Version {
  return { hash, ...same, createdAt: createdAt.getTime() }
}

export function optional<Document, T>(map: (document: Document) => T, document: Document | null): T | undefined {
  return document === null ? undefined : map(document)
}

function jsonFields<Name extends 'input' | 'data'>(name: Name, value: Json) {
  const kept = isPlain(value) ? { [name]: value } : { [name]: null, [`${name}Json`]: JSON.stringify(value) }
  return kept as { [Key in Name]: Json } & { [Key in `${Name}Json`]?: string }
}

/** Servers take documents nested 100 deep, and these stand a level or two down in theirs. */
const maxDepth = 90
/**
 * BSON writes the position of each item of an array as a text: a megabyte of short numbers becomes twelve, which takes
 * eight times as long to write as its JSON. Nobody reads so much in a shell.
 */
const maxValues = 10_000

/**
 * Whether BSON gives back exactly what it was given. It does not where a key means something to a server or to the
 * driver (`$ref` makes a reference, `_bsontype` a type of its own, a dot a path), where a text is no valid Unicode, and
 * where the nesting is too deep. Nor is it of use where there are too many values.
 */
function isPlain(whole: Json): boolean {
  let values = 0

  function check(value: Json, depth: number): boolean {
    if (++values > maxValues || depth > maxDepth) return false
    if (typeof value === 'string') return value.isWellFormed()
    if (value === null || typeof value !== 'object') return !Object.is(value, -0)
    if (Array.isArray(value)) return value.every((item) => check(item, depth + 1))
    return Object.entries(value).every(([key, item]) => isPlainKey(key) && check(item, depth + 1))
  }

  return check(whole, 0)
}

function isPlainKey(key: string): boolean {
  return !/^\$|[.\0]/.test(key) && key.isWellFormed() && !['', '_bsontype', '__proto__', 'toBSON'].includes(key)
}

function parse(text: string): Json {
  return JSON.parse(text)
}

function date(value: number | null): Date | null {
  return value === null ? null : new Date(value)
}

function time(value: Date | null): number | null {
  return value && value.getTime()
}
