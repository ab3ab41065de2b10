import { z } from 'zod'
import type { Caps } from './caps.ts'
import type { Issue } from './errors.ts'
import { InvalidInputError } from './errors.ts'
import { isId } from './id.ts'
import type { IdPrefix } from './id.ts'
import type { Json } from './json.ts'
import { isJson, jsonBytes, maxJsonDepth } from './json.ts'
import type { Limits } from './program.ts'

/** Longest time a mutation may wait for its event to become final, in milliseconds. */
export const maxWaitMs = 30_000

/**
 * The shapes of what callers send. The message of each rule says what was expected, as the end of the sentence
 * "expected ...": `parseInput` builds its issues from that.
 */
export function inputSchemas(maxima: Limits, caps: Pick<Caps, 'sourceBytes' | 'inputBytes'>) {
  const type = text('letters, digits and . _ - : /, at most 128 of them, like "order.placed"', /^[\w.:/-]{1,128}$/)
  const named = text('a name or an id', /^[^\0]{1,128}$/)
  const idempotencyKey = text('a text of 1 to 256 characters', /^[^\0]{1,256}$/).nullish()
  const waitMs = wholeNumber(0, maxWaitMs).nullish()
  const runAt = z.date({ error: 'a time' }).nullish()
  const limits = z
    .object({
      timeoutMs: wholeNumber(1, maxima.timeoutMs).nullish(),
      memoryMb: wholeNumber(8, maxima.memoryMb).nullish(),
      maxAttempts: wholeNumber(1, maxima.maxAttempts).nullish(),
    })
    .nullish()
  const language = z.enum(['JavaScript', 'TypeScript'], { error: 'JAVASCRIPT or TYPESCRIPT' }).nullish()
  const queued = { idempotencyKey, runAt, limits, waitMs }
  const saved = {
    name: text(
      'letters, digits and . _ - /, at most 100 of them, beginning with a letter or digit',
      /^[a-z0-9][\w./-]{0,99}$/i,
    ),
    code: sourceText(caps.sourceBytes),
    language,
    description: text('a text of at most 1000 characters', /^[^\0]{0,1000}$/s).nullish(),
    limits,
  }

  return {
    createEvent: z
      .object({
        type,
        input: payload(caps.inputBytes).nullish(),
        workflow: named.nullish(),
        execution: named.nullish(),
        ...queued,
      })
      .refine((it) => !(it.workflow && it.execution), {
        error: 'at most one of workflow and execution',
        path: ['execution'],
      }),
    executeWorkflow: z
      .object({
        workflow: named.nullish(),
        code: sourceText(caps.sourceBytes).nullish(),
        language,
        input: payload(caps.inputBytes).optional(),
        eventId: id('evt').nullish(),
        ...queued,
      })
      .refine((it) => isGiven(it.workflow) !== isGiven(it.code), {
        error: 'exactly one of workflow and code',
        path: ['workflow'],
      })
      .refine((it) => !(isGiven(it.eventId) && isGiven(it.idempotencyKey)), {
        error: 'no key together with eventId, since the event is already there',
        path: ['idempotencyKey'],
      }),
    executeFunction: z.object({ function: named, input: payload(caps.inputBytes).nullish(), ...queued }),
    cancelEvent: z.object({ id: id('evt') }),
    rerunEvent: z.object({
      id: id('evt'),
      version: z.enum(['Pinned', 'Latest'], { error: 'PINNED or LATEST' }).nullish(),
      waitMs,
    }),
    save: z.object(saved),
    deleteWorkflow: z.object({ id: id('wfl') }),
    deleteFunction: z.object({ id: id('fun') }),
  }
}

export type InputSchemas = ReturnType<typeof inputSchemas>
export type LimitsInput = z.output<InputSchemas['createEvent']>['limits']

/** Returns what the schema makes of `value`, or throws an `InvalidInputError` that lists everything wrong with it. */
export function parseInput<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [first, ...others] = parsed.error.issues.map((issue): Issue => {
    const path = issue.path.map(String)
    return { path: ['input', ...path].join('.'), expected: issue.message, received: received(value, path) }
  })
  throw new InvalidInputError(first ?? { path: 'input', expected: 'a valid input', received: show(value) }, ...others)
}

/** A value as it can be shown in an error: short, and never a reason for another error. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid time' : value.toISOString()
  if (typeof value === 'string' && !value.isWellFormed()) return showHalf(value)
  if (typeof value === 'string' && value.length > 60) return `a text of ${value.length} characters`
  if (typeof value === 'object') return Array.isArray(value) ? `a list of ${value.length}` : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function received(root: unknown, path: readonly string[]): string {
  let value: unknown = root
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null ? Object.entries(value).find(([k]) => k === key)?.[1] : undefined
  }
  const last = path.at(-1)
  // What is JSON can only be refused for its size.
  if (last === 'input' && isJson(value)) return `${jsonBytes(value)} bytes`
  if (last === 'code' && typeof value === 'string' && value.isWellFormed()) return `${Buffer.byteLength(value)} bytes`
  if (isExclusive(root, path)) return 'both'
  if (last === 'workflow' && value === undefined) return 'neither'
  return show(value)
}

/** Whether the path names one of two fields that were both given although they exclude each other. */
function isExclusive(root: unknown, path: readonly string[]): boolean {
  if (typeof root !== 'object' || root === null || path.length !== 1) return false
  const given = new Set(Object.entries(root).flatMap(([key, value]) => (isGiven(value) ? [key] : [])))
  const pairs = { workflow: 'code', execution: 'workflow', idempotencyKey: 'eventId' }
  return Object.entries(pairs).some(([a, b]) => path[0] === a && given.has(a) && given.has(b))
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}

function text(error: string, pattern: RegExp) {
  return wellFormed(error).regex(pattern, { error })
}

/**
 * UTF-8 has no half of a surrogate pair: a store would keep another character in its place, and two texts as one. JSON
 * needs no such rule, because there it is escaped.
 */
export function wellFormed(error: string) {
  return z.string({ error }).refine((value) => value.isWellFormed(), { error: 'valid Unicode', abort: true })
}

function showHalf(value: string): string {
  const index = value.search(/\p{Surrogate}/u)
  return `half a surrogate pair, \\u${value.charCodeAt(index).toString(16)}, as character ${index + 1}`
}

function wholeNumber(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`
  return z.int({ error }).min(min, { error }).max(max, { error })
}

function id(prefix: IdPrefix) {
  const error = `an id that begins with ${prefix}_`
  return z.string({ error }).refine((value) => isId(prefix, value), { error })
}

function sourceText(maxBytes: number) {
  const error = `code of 1 to ${maxBytes} bytes`
  return wellFormed(error).refine((code) => code.length > 0 && Buffer.byteLength(code) <= maxBytes, { error })
}

function payload(maxBytes: number) {
  const shape = `JSON nested at most ${maxJsonDepth} deep`
  const size = `JSON of at most ${maxBytes} bytes`
  return z
    .custom<Json>((value) => isJson(value), { error: shape, abort: true })
    .refine((value) => jsonBytes(value) <= maxBytes, { error: size })
}
