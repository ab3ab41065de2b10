import type { Json } from './json.ts'
import type { Limits } from './program.ts'

export type EventStatus = 'Pending' | 'Processing' | 'Success' | 'Error' | 'Canceled'

export type FailureCode =
  | 'USER_ERROR'
  | 'SYNTAX_ERROR'
  | 'TIMEOUT'
  | 'OUT_OF_MEMORY'
  | 'BAD_RESULT'
  | 'SANDBOX_CRASH'
  | 'QUARANTINED'
  | 'NOT_FOUND'

/** Why an attempt failed, in the user's terms: lines and columns are those of the source as written, from 1. */
export interface Failure {
  readonly code: FailureCode
  readonly name: string
  readonly message: string
  readonly stack: string | null
  readonly codeFrame: string | null
  readonly line: number | null
  readonly column: number | null
  /** False when another attempt cannot help, because the code itself is wrong or gone. */
  readonly retryable: boolean
}

/** What a run used, as measured by its executor. */
export interface Usage {
  /** From the run's beginning to its end, in milliseconds of wall clock. */
  readonly wallMs: number
  /** CPU time of the isolate, in milliseconds. */
  readonly cpuMs: number
  /** Heap of the isolate at the end of the run, in bytes. Zero when it was killed before it could tell. */
  readonly heapBytes: number
  readonly logLines: number
}

/** What an attempt cost. */
export interface Receipt extends Usage {
  /** From when the event was due until it was claimed, in milliseconds. */
  readonly queueMs: number
}

/** `Interrupted`: the server stopped or died; it does not use up an attempt. */
export type AttemptOutcome = 'Success' | 'Canceled' | 'Interrupted' | FailureCode

export interface Attempt {
  /** Rises by one with every claim, from 1. Also fences what an older claim may still write. */
  readonly number: number
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly outcome: AttemptOutcome | null
  readonly receipt: Receipt | null
}

/** Something that happened or was asked for, with everything that came of it. All times: ms since the epoch, UTC. */
export interface Event {
  readonly id: string
  readonly type: string
  readonly status: EventStatus
  /** Id of the workflow it runs; at most one of `workflow` and `execution` is set. */
  readonly workflow: string | null
  /** Id of the function it runs. */
  readonly execution: string | null
  /** Hash of the source it runs, fixed when it was asked to run. Null for a plain record. */
  readonly version: string | null
  readonly input: Json
  readonly data: Json
  readonly error: Failure | null
  readonly attempts: readonly Attempt[]
  /** Attempts used up since it was last asked to run. */
  readonly attemptsUsed: number
  readonly idempotencyKey: string | null
  /** Hash of the request that made it: tells a repeated request from another one under the same key. */
  readonly requestHash: string | null
  readonly limits: Limits
  /** The event that this one runs again. */
  readonly rerunOf: string | null
  /** Not to be run before then. Null for a plain record. */
  readonly runAt: number | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  /** Rises by one with every change of state. */
  readonly rev: number
  /** Random id of the runner that holds it, while `Processing`. */
  readonly owner: string | null
  /** Until when the owner's claim holds without a heartbeat. */
  readonly leaseUntil: number | null
  /** How often in a row a runner died or lost its lease while it held it: none of these attempts came to its end. */
  readonly crashes: number
}

/** What a run gave back. `Interrupted`: the run was stopped from outside and says nothing about the code. */
export type Outcome =
  | { readonly kind: 'Success'; readonly data: Json; readonly usage: Usage }
  | { readonly kind: 'Failure'; readonly failure: Failure; readonly usage: Usage }
  | { readonly kind: 'Interrupted' }

/** What an event is asked to run. Null: nothing, it is a record. */
export interface Assignment {
  readonly workflow: string | null
  readonly execution: string | null
  readonly version: string
  readonly limits: Limits
  readonly runAt: number
}

export interface NewEvent {
  readonly id: string
  readonly type: string
  readonly input: Json
  readonly assignment: Assignment | null
  /** Limits shown for an event with nothing to run. */
  readonly limits: Limits
  readonly idempotencyKey: string | null
  readonly requestHash: string | null
  readonly rerunOf: string | null
}

/** Of a run that never began, or of which nobody knows what it used. */
export const noUsage: Usage = { wallMs: 0, cpuMs: 0, heapBytes: 0, logLines: 0 }

/** A failure that points at no place in the code and that no other attempt can mend. */
export function finalFailure(code: FailureCode, name: string, message: string): Failure {
  return { code, name, message, stack: null, codeFrame: null, line: null, column: null, retryable: false }
}

export function isFinal(event: Event): boolean {
  return event.status === 'Success' || event.status === 'Error' || event.status === 'Canceled'
}

/** Number of the attempt that is running. Zero before the first. */
export function attemptNumber(event: Event): number {
  return event.attempts.at(-1)?.number ?? 0
}

/**
 * Number of the oldest attempt that a claim leaves the event to remember: the log of those before it has no use any
 * more. Undefined: it remembers them all, or this is no claim.
 */
export function oldestAfterClaim({ status, attempts }: Event): number | undefined {
  const oldest = attempts[0]?.number ?? 1
  return status === 'Processing' && oldest > 1 ? oldest : undefined
}
