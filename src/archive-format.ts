import { z } from 'zod'
import type { Json } from './json.ts'
import type { RecordKind, StoreRecord } from './ports.ts'
import { versionHash } from './program.ts'

/**
 * An archive is what a store keeps, as lines of JSON in UTF-8: a header with the version of the format, a line for each
 * record, kind by kind in the order below and within a kind in the order of its keys, and a last line that says how
 * many of each there were. It says nothing of when or where it was written, so that equal stores give equal files.
 */
const formatVersion = 1

export const recordKinds = ['version', 'program', 'programVersion', 'event', 'log'] as const

export type Counts = Readonly<Record<RecordKind, number>>

export interface ArchiveEnd {
  readonly kind: 'end'
  readonly counts: Counts
}

/** A file that cannot be written as, or read as, an archive. The message is one line for the operator. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

export const headerLine = `${JSON.stringify({ workcell: formatVersion })}\n`

/**
 * The line of one record. The claim of an event that is processing is written as one that ran out: the process that
 * holds it does not come along, and the sweep of the store it is carried to takes it over.
 */
export function recordLine({ kind, value }: StoreRecord): string {
  const carried = kind === 'event' && value.status === 'Processing' ? { ...value, leaseUntil: 0 } : value
  return `${JSON.stringify({ kind, value: inOrder(carried) })}\n`
}

export function endLine(counts: Counts): string {
  return `${JSON.stringify({ kind: 'end', counts: Object.fromEntries(recordKinds.map((kind) => [kind, counts[kind]])) })}\n`
}

/** Stores give the fields of a record in orders of their own; what users sent keeps the order it has. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([key, it]) => [key, key === 'input' || key === 'data' ? it : inOrder(it)]))
}

const text = z.string({ error: 'a text' })
const textOrNull = z.string({ error: 'a text or null' }).nullable()
const whole = natural('a whole number from 0')
const wholeOrNull = natural('a whole number from 0 or null').nullable()
const number = z.number({ error: 'a number' })
// Whatever JSON.parse gave is JSON, and must not be copied: a key like `__proto__` would not survive it.
const json = z.custom<Json>((value) => value !== undefined, { error: 'a JSON value' })
const limits = { timeoutMs: whole, memoryMb: whole, maxAttempts: whole }
const language = oneOf('JavaScript', 'TypeScript')
const failureCode = [
  ...(['USER_ERROR', 'SYNTAX_ERROR', 'TIMEOUT', 'OUT_OF_MEMORY', 'BAD_RESULT'] as const),
  ...(['SANDBOX_CRASH', 'QUARANTINED', 'NOT_FOUND'] as const),
] as const

const version = fields({ hash: text, language, code: text, script: text, createdAt: whole }).refine(
  (it) => it.hash === versionHash(it.language, it.code),
  { error: 'the hash of this language and code', path: ['hash'] },
)

const program = fields({
  id: text,
  kind: oneOf('workflow', 'function'),
  name: text,
  description: textOrNull,
  version: text,
  limits: fields({
    timeoutMs: whole.exactOptional(),
    memoryMb: whole.exactOptional(),
    maxAttempts: whole.exactOptional(),
  }),
  createdAt: whole,
  updatedAt: whole,
  rev: whole,
  deletedAt: wholeOrNull,
})

const failure = fields({
  code: oneOf(...failureCode),
  name: text,
  message: text,
  stack: textOrNull,
  codeFrame: textOrNull,
  line: number.nullable(),
  column: number.nullable(),
  retryable: z.boolean({ error: 'true or false' }),
})

const attempt = fields({
  number: whole,
  startedAt: whole,
  finishedAt: wholeOrNull,
  outcome: oneOf('Success', 'Canceled', 'Interrupted', ...failureCode).nullable(),
  receipt: fields({ wallMs: number, cpuMs: number, heapBytes: number, logLines: number, queueMs: number }).nullable(),
})

const event = fields({
  id: text,
  type: text,
  status: oneOf('Pending', 'Processing', 'Success', 'Error', 'Canceled'),
  workflow: textOrNull,
  execution: textOrNull,
  version: textOrNull,
  input: json,
  data: json,
  error: failure.nullable(),
  attempts: z.array(attempt, { error: 'a list of attempts' }),
  attemptsUsed: whole,
  idempotencyKey: textOrNull,
  requestHash: textOrNull,
  limits: fields(limits),
  rerunOf: textOrNull,
  runAt: wholeOrNull,
  createdAt: whole,
  startedAt: wholeOrNull,
  finishedAt: wholeOrNull,
  rev: whole,
  owner: textOrNull,
  leaseUntil: wholeOrNull,
  crashes: whole,
})

const level = oneOf('debug', 'info', 'warn', 'error')
const log = fields({ eventId: text, attempt: whole, seq: whole, at: whole, level, message: text })
const counts = fields({ version: whole, program: whole, programVersion: whole, event: whole, log: whole })

const line = z.discriminatedUnion(
  'kind',
  [
    fields({ kind: z.literal('version'), value: version }),
    fields({ kind: z.literal('program'), value: program }),
    fields({ kind: z.literal('programVersion'), value: fields({ program: text, hash: text, saved: whole }) }),
    fields({ kind: z.literal('event'), value: event }),
    fields({ kind: z.literal('log'), value: log }),
    fields({ kind: z.literal('end'), counts }),
  ],
  { error: `one of ${[...recordKinds, 'end'].join(', ')}` },
)

/** Reads the first line of a file. Throws an `ArchiveError` if no archive of this format begins with it. */
export function checkHeader(header: string): void {
  const found = z.object({ workcell: z.int() }).safeParse(parsed(header)?.value)
  if (!found.success) {
    throw new ArchiveError(`line 1: expected the header of an export, ${headerLine.trim()}, got ${show(header)}`)
  }
  if (found.data.workcell !== formatVersion) {
    throw new ArchiveError(`line 1: expected an export of format ${formatVersion}, got format ${found.data.workcell}`)
  }
}

/** Reads a line after the first. Throws an `ArchiveError` that names the line, what was expected and what came. */
export function parseLine(written: string, lineNumber: number): StoreRecord | ArchiveEnd {
  const value = parsed(written)
  if (!value) throw new ArchiveError(`line ${lineNumber}: expected a record as JSON, got ${show(written)}`)
  const result = line.safeParse(value.value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path ?? []
  const where = [`line ${lineNumber}`, ...(path.length > 0 ? [path.join('.')] : [])].join(', ')
  throw new ArchiveError(`${where}: expected ${issue?.message}, got ${show(at(value.value, path))}`)
}

function parsed(written: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(written) }
  } catch {
    return undefined
  }
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    const isParent = typeof value === 'object' && value !== null
    return isParent ? Object.entries(value).find(([name]) => name === String(key))?.[1] : undefined
  }, root)
}

function show(value: unknown): string {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value)
  return shown.length > 80 ? `${shown.slice(0, 80)}...` : shown
}

function natural(error: string) {
  return z.int({ error }).min(0, { error })
}

function oneOf<const Words extends readonly string[]>(...words: Words) {
  return z.enum(words, { error: `one of ${words.join(', ')}` })
}

/** No field may be missing or unknown: what is not understood would be lost in silence. */
function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: `an object of ${Object.keys(shape).join(', ')} and nothing else` })
}
