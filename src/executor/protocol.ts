import type { Caps } from '../caps.ts'
import { clipNote, sandboxLimits, stackLength } from './limits.ts'
import type { Language } from '../program.ts'
import type { LogLevel } from '../ports.ts'

// What crosses the pipe between the server and a child. A child ran code of strangers before, so nothing it sends is
// believed: shape, length and id of every field are checked, and what does not fit counts as a crash.

/** Server to runner child: run this. `event` and `input` are JSON texts. */
export interface RunMessage {
  readonly type: 'run'
  readonly id: number
  readonly file: string
  readonly script: string
  readonly event: string
  readonly input: string
  readonly attempt: number
  readonly timeoutMs: number
  readonly memoryMb: number
}

/** Server to checker child: look at this, run nothing. */
export interface CheckMessage {
  readonly type: 'check'
  readonly id: number
  readonly language: Language
  readonly code: string
}

/** Where in the source, both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** How a run ended, as the child saw it. */
export type Verdict =
  | { readonly kind: 'success'; readonly json: string }
  | { readonly kind: 'badResult'; readonly message: string }
  | {
      readonly kind: 'error'
      readonly name: string
      readonly message: string
      readonly stack: string
      readonly retryable: boolean
    }
  | ({ readonly kind: 'syntax'; readonly message: string } & Partial<Position>)
  | { readonly kind: 'timeout'; readonly stack: string }
  | { readonly kind: 'memory' }

export interface ChildUsage {
  readonly wallMs: number
  readonly cpuMs: number
  readonly heapBytes: number
}

/** Level, milliseconds since the epoch, text. */
export type SentLine = readonly [LogLevel, number, string]

export type ChildMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'started'; readonly id: number }
  /** For the first time the code waits, for a timer or an answer. */
  | { readonly type: 'waits'; readonly id: number }
  | { readonly type: 'logs'; readonly id: number; readonly lines: readonly SentLine[]; readonly dropped: number }
  | { readonly type: 'done'; readonly id: number; readonly verdict: Verdict; readonly usage: ChildUsage }
  | { readonly type: 'checked'; readonly id: number; readonly result: CheckResult }
  | CallMessage
  | { readonly type: 'cancel'; readonly id: number; readonly callId: number }

/** Code asks the server for something. `callId` rises within a run, from 1. */
export interface CallMessage {
  readonly type: 'call'
  readonly id: number
  readonly callId: number
  readonly op: 'fetch'
  readonly json: string
}

/** Server to runner child: what came of a call. */
export interface ReplyMessage {
  readonly type: 'reply'
  readonly id: number
  readonly callId: number
  readonly json: string
}

/** `isSpent`: the child must not be used again, whatever it said. */
export type CheckResult =
  | { readonly kind: 'ready'; readonly script: string }
  | ({ readonly kind: 'failure'; readonly message: string; readonly isSpent: boolean } & Partial<Position>)

/** A message of a child, or undefined if it is none that a sound child sends. */
export function readChildMessage(value: unknown, caps: Caps): ChildMessage | undefined {
  if (!isRecord(value)) return undefined
  const { type, id } = value
  if (type === 'ready') return { type }
  if (!isCount(id)) return undefined
  if (type === 'started' || type === 'waits') return { type, id }
  if (type === 'logs') {
    const { lines, dropped } = value
    const isLine = (line: unknown): line is SentLine => isSentLine(line, caps.logLineLength)
    return isList(lines, isLine, caps.logLines) && isCount(dropped) ? { type, id, lines, dropped } : undefined
  }
  if (type === 'done') {
    const verdict = readVerdict(value['verdict'], caps)
    const usage = readUsage(value['usage'])
    return verdict && usage ? { type, id, verdict, usage } : undefined
  }
  if (type === 'checked') {
    const result = readCheckResult(value['result'], caps)
    return result ? { type, id, result } : undefined
  }
  const { callId, op, json } = value
  if (!isCount(callId)) return undefined
  if (type === 'call') {
    return op === 'fetch' && isText(json, caps.callBytes) ? { type, id, callId, op, json } : undefined
  }
  return type === 'cancel' ? { type, id, callId } : undefined
}

function readVerdict(value: unknown, caps: Caps): Verdict | undefined {
  if (!isRecord(value)) return undefined
  const { kind, message } = value
  switch (kind) {
    case 'success': {
      const { json } = value
      return isText(json, caps.resultBytes) ? { kind, json } : undefined
    }
    case 'badResult':
      return isText(message, 2 * sandboxLimits.pathLength) ? { kind, message } : undefined
    case 'error': {
      const { name, stack, retryable } = value
      const fits = isMessage(message) && isText(name, sandboxLimits.nameLength + clipNote) && isStack(stack)
      return fits && typeof retryable === 'boolean' ? { kind, name, message, stack, retryable } : undefined
    }
    case 'syntax':
      return isMessage(message) && hasPosition(value) ? { kind, message, ...position(value) } : undefined
    case 'timeout':
      return isStack(value['stack']) ? { kind, stack: value['stack'] } : undefined
    case 'memory':
      return { kind }
    default:
      return undefined
  }
}

function readUsage(value: unknown): ChildUsage | undefined {
  if (!isRecord(value)) return undefined
  const { wallMs, cpuMs, heapBytes } = value
  return isAmount(wallMs) && isAmount(cpuMs) && isAmount(heapBytes) ? { wallMs, cpuMs, heapBytes } : undefined
}

function readCheckResult(value: unknown, caps: Caps): CheckResult | undefined {
  if (!isRecord(value)) return undefined
  const { kind, script, message, isSpent } = value
  // Stripping puts spaces in the place of types, which can only make a text of wide characters longer.
  if (kind === 'ready') return isText(script, 4 * caps.sourceBytes) ? { kind, script } : undefined
  if (kind !== 'failure' || !isMessage(message) || typeof isSpent !== 'boolean' || !hasPosition(value)) return undefined
  return { kind, message, isSpent, ...position(value) }
}

type Located = Record<string, unknown> & Partial<Position>

function hasPosition(value: Record<string, unknown>): value is Located {
  const { line, column } = value
  return (line === undefined || isCount(line)) && (column === undefined || isCount(column))
}

function position({ line, column }: Located): Partial<Position> {
  return line !== undefined && column !== undefined ? { line, column } : {}
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T, length: number): value is readonly T[] {
  return Array.isArray(value) && value.length <= length && value.every(isItem)
}

function isSentLine(value: unknown, length: number): value is SentLine {
  if (!Array.isArray(value) || value.length !== 3) return false
  const [level, at, text] = value
  return isLevel(level) && isCount(at) && isText(text, length + clipNote)
}

function isLevel(value: unknown): value is LogLevel {
  return value === 'debug' || value === 'info' || value === 'warn' || value === 'error'
}

function isText(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length <= length
}

function isMessage(value: unknown): value is string {
  return isText(value, sandboxLimits.messageLength + clipNote)
}

function isStack(value: unknown): value is string {
  return isText(value, stackLength)
}

/** A whole number from 0 that is safe to calculate with. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

// What the server sends is trusted; these only tell the messages apart.

export function isRunMessage(value: unknown): value is RunMessage {
  return isRecord(value) && value['type'] === 'run'
}

export function isCheckMessage(value: unknown): value is CheckMessage {
  return isRecord(value) && value['type'] === 'check'
}

export function isReplyMessage(value: unknown): value is ReplyMessage {
  return isRecord(value) && value['type'] === 'reply'
}
