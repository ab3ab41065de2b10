import type { Failure } from './event.ts'

export type ErrorCode = 'INVALID_INPUT' | 'INVALID_CODE' | 'NOT_FOUND' | 'CONFLICT' | 'OVERLOADED'

/** One thing that is wrong with what a caller sent. */
export interface Issue {
  /** Where it stands in the arguments, e.g. `input.limits.timeoutMs`. */
  readonly path: string
  /** What would have been right there, e.g. `a whole number from 1 to 300000`. */
  readonly expected: string
  /** What came instead, shortened. */
  readonly received: string
}

/** A mistake of the caller, which only the caller can mend. Its message is meant to be read by that caller. */
export abstract class UserError extends Error {
  abstract readonly code: ErrorCode
  readonly path: string
  readonly expected: string
  readonly received: string

  constructor(issue: Issue, message = `${issue.path}: expected ${issue.expected}, got ${issue.received}`) {
    super(message)
    this.path = issue.path
    this.expected = issue.expected
    this.received = issue.received
  }
}

export class InvalidInputError extends UserError {
  override readonly name = 'InvalidInputError'
  readonly code = 'INVALID_INPUT'
  readonly issues: readonly Issue[]

  constructor(first: Issue, ...others: readonly Issue[]) {
    super(first)
    this.issues = [first, ...others]
  }
}

export class NotFoundError extends UserError {
  override readonly name = 'NotFoundError'
  readonly code = 'NOT_FOUND'
}

export class ConflictError extends UserError {
  override readonly name = 'ConflictError'
  readonly code = 'CONFLICT'
}

/** Code that cannot run: it does not parse, imports something, or has no default export. Nothing of it was kept. */
export class InvalidCodeError extends UserError {
  override readonly name = 'InvalidCodeError'
  readonly code = 'INVALID_CODE'
  readonly line: number | null
  readonly column: number | null
  readonly codeFrame: string | null

  constructor(path: string, failure: Failure) {
    super({ path, expected: 'code that can run', received: failure.message }, failure.message)
    this.line = failure.line
    this.column = failure.column
    this.codeFrame = failure.codeFrame
  }
}

/** The server has as much unfinished work as it takes. Nothing was kept. */
export class OverloadedError extends UserError {
  override readonly name = 'OverloadedError'
  readonly code = 'OVERLOADED'
  /** When to try again, in milliseconds from now. */
  readonly retryAfterMs: number

  constructor(issue: Issue, retryAfterMs: number) {
    super(issue, `The server has as much unfinished work as it takes; try again in ${retryAfterMs} ms`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Something the server depends on is away. The same request may succeed later. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
}

/** Why a watcher got no further: it was too slow, or the hub closed. Subscribing again continues from the store. */
export class WatchEndedError extends Error {
  override readonly name = 'WatchEndedError'
  readonly code: 'TOO_SLOW' | 'GOING_AWAY'

  constructor(code: 'TOO_SLOW' | 'GOING_AWAY', message: string) {
    super(message)
    this.code = code
  }
}

/** The server cannot start as it was told to. The message is one line for the operator. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
