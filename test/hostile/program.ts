// What a hostile program is: code, and every ending that is right for it.
import type { CodeLanguage, FailureCode } from '../../src/gen/graphql.ts'
import type { Json } from '../../src/json.ts'

/** A text that must be equal, or a pattern that must be found. */
export type Wording = string | RegExp

/** How a program may end. What is left out may be anything. */
export type Ending =
  | { readonly status: 'SUCCESS'; readonly data?: Json }
  | {
      readonly status: 'ERROR'
      readonly code: FailureCode
      readonly name?: Wording
      readonly message?: Wording
      readonly line?: number | null
      readonly stack?: Wording
    }
  /** Not accepted at all: an `InvalidCodeError`, or another error of the union where `type` names it. */
  | { readonly status: 'REFUSED'; readonly type?: string; readonly message?: Wording; readonly line?: number | null }

type Failing = Extract<Ending, { status: 'ERROR' }>

export interface Program {
  readonly kind: string
  readonly name: string
  readonly code: string
  readonly language: CodeLanguage
  readonly input: Json
  readonly timeoutMs: number
  /** Uses so much memory that nothing else is run beside it. */
  readonly isHeavy: boolean
  /** One that is more than one of these depends on the speed of the machine, or on what V8 does first. */
  readonly ends: readonly Ending[]
  /** Every line that must have been logged, in order. */
  readonly log: readonly Wording[] | undefined
}

/** A program as it is written down: either the body of the default export or a whole source. */
export interface Entry {
  readonly name: string
  readonly body?: string
  readonly code?: string
  readonly language?: CodeLanguage
  readonly input?: Json
  /** Counts only for a program that may time out. */
  readonly timeoutMs?: number
  readonly isHeavy?: boolean
  readonly ends: Ending | readonly Ending[]
  readonly log?: readonly Wording[]
}

/** Names must be unique within their kind. */
export function programs(kind: string, defaults: Partial<Entry>, entries: readonly Entry[]): readonly Program[] {
  return entries.map((entry) => {
    const it = { ...defaults, ...entry }
    const ends = 'status' in it.ends ? [it.ends] : it.ends
    const mayTimeOut = ends.some((ending) => ending.status === 'ERROR' && ending.code === 'TIMEOUT')
    return {
      kind,
      name: it.name,
      code: it.code ?? `export default async ({ event, input, attempt, fetch, console }) => {\n${it.body ?? ''}\n}`,
      language: it.language ?? 'JAVASCRIPT',
      input: it.input ?? null,
      // What must not time out is given time, also on a machine that is slow and busy.
      timeoutMs: mayTimeOut ? (it.timeoutMs ?? 1000) : 60_000,
      isHeavy: it.isHeavy ?? false,
      ends,
      log: it.log,
    }
  })
}

export const timeout: Failing = { status: 'ERROR', code: 'TIMEOUT' }
/** Where the code was is told if V8 knew it in time. */
export const timeoutAt = (line: number): readonly Ending[] => [
  { ...timeout, line },
  { ...timeout, line: null },
]
export const outOfMemory: Failing = { status: 'ERROR', code: 'OUT_OF_MEMORY' }
export const succeeds: Ending = { status: 'SUCCESS' }
/** Runs out of memory, or of time on a machine that is too slow to fill it. */
export const exhausts: readonly Ending[] = [outOfMemory, timeout]

export const returns = (data: Json): Ending => ({ status: 'SUCCESS', data })

export function throws(
  name: Wording,
  message?: Wording,
  more: { line?: number | null; stack?: Wording } = {},
): Failing {
  return { status: 'ERROR', code: 'USER_ERROR', name, ...(message === undefined ? {} : { message }), ...more }
}

export function badResult(message?: Wording): Failing {
  return { status: 'ERROR', code: 'BAD_RESULT', ...(message === undefined ? {} : { message }) }
}

export function refused(message?: Wording, line?: number | null): Extract<Ending, { status: 'REFUSED' }> {
  return {
    status: 'REFUSED',
    type: 'InvalidCodeError',
    ...(message === undefined ? {} : { message }),
    ...(line === undefined ? {} : { line }),
  }
}

export const overflows = throws('RangeError', 'Maximum call stack size exceeded')

/** What is wrong with how a program ended, or undefined if it ended in one of its ways. */
export function mismatch(program: Program, found: Found): string | undefined {
  const expected = program.ends.map(show).join(' or ')
  if (!program.ends.some((ending) => fits(ending, found))) return `expected ${expected}, got ${show(found)}`
  if (program.log === undefined) return undefined
  const same =
    program.log.length === found.log.length && program.log.every((line, at) => reads(line, found.log[at] ?? null))
  return same ? undefined : `expected the log ${show(program.log)}, got ${show(found.log)}`
}

/** How a program did end, as the API tells it. */
export interface Found {
  readonly status: string
  readonly type: string
  readonly data: unknown
  readonly code: string | null
  readonly name: string | null
  readonly message: string | null
  readonly stack: string | null
  readonly line: number | null
  readonly log: readonly string[]
}

function fits(ending: Ending, found: Found): boolean {
  if (ending.status !== found.status) return false
  if (ending.status === 'SUCCESS') {
    return ending.data === undefined || JSON.stringify(ending.data) === JSON.stringify(found.data)
  }
  if (ending.status === 'ERROR' && (ending.code !== found.code || !reads(ending.name, found.name))) return false
  if (ending.status === 'ERROR' && !reads(ending.stack, found.stack)) return false
  if (ending.status === 'REFUSED' && ending.type !== undefined && ending.type !== found.type) return false
  return reads(ending.message, found.message) && (ending.line === undefined || ending.line === found.line)
}

function reads(wording: Wording | undefined, text: string | null): boolean {
  if (wording === undefined) return true
  return typeof wording === 'string' ? wording === text : wording.test(text ?? '')
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof RegExp) return String(item)
    if (item === null || (Array.isArray(item) && item.length === 0)) return undefined
    return typeof item === 'string' && item.length > 300 ? `${item.slice(0, 300)}…` : item
  })
  return text.length > 900 ? `${text.slice(0, 900)}…` : text
}
