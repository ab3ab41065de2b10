/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How an attempt ended. New values may be added. */
export type AttemptOutcome =
  /** What the code returned is not JSON, or too large. */
  | 'BAD_RESULT'
  /** The event was canceled. */
  | 'CANCELED'
  /** The server stopped or died. It does not count against `maxAttempts`. */
  | 'INTERRUPTED'
  /** The code is gone. */
  | 'NOT_FOUND'
  /** The code used more memory than `memoryMb`. */
  | 'OUT_OF_MEMORY'
  /** The server died, or lost hold of the event, too often while it was to run it. */
  | 'QUARANTINED'
  /** The code made its process die. */
  | 'SANDBOX_CRASH'
  /** The code returned a result. */
  | 'SUCCESS'
  /** The code did not parse. */
  | 'SYNTAX_ERROR'
  /** The code ran longer than `timeoutMs`. */
  | 'TIMEOUT'
  /** The code threw or rejected. */
  | 'USER_ERROR';

/** The language that code is written in. */
export type CodeLanguage =
  /** Standard JavaScript. */
  | 'JAVASCRIPT'
  /** TypeScript whose types can simply be left out: no enums, namespaces or parameter properties. */
  | 'TYPESCRIPT';

/** What happened, and what to run. */
export type CreateEventInput = {
  /** Name or id of the function to run. */
  execution?: string | null | undefined;
  /** At most one event is ever kept under a key; the same request again answers with that event. */
  idempotencyKey?: string | null | undefined;
  /** Any JSON of at most 1 MB. Default null. */
  input?: unknown;
  /** What the run may use. */
  limits?: LimitsInput | null | undefined;
  /** Not to be run before then, and up to a second later even where there is room. A time in the past means at once. */
  runAt?: string | null | undefined;
  /** What happened, e.g. `order.placed`: letters, digits and `. _ - : /`, at most 128. */
  type: string;
  /** Wait up to this long for the event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
  /** Name or id of the workflow to run. With neither this nor `execution` the event is a plain record. */
  workflow?: string | null | undefined;
};

/** Kinds of mistakes a caller can make. */
export type ErrorCode =
  /** The present state does not allow it. */
  | 'CONFLICT'
  /** The code cannot run: it does not parse, imports something, or has no default export. */
  | 'INVALID_CODE'
  /** A value is missing, malformed or beyond a limit. */
  | 'INVALID_INPUT'
  /** Something that was named does not exist. */
  | 'NOT_FOUND'
  /** There is as much unfinished work as the server takes. */
  | 'OVERLOADED';

/** Narrows a list of events; every field that is set must match. */
export type EventFilter = {
  /** Events that run this function, by name or id. */
  execution?: string | null | undefined;
  /** The event with this key. */
  idempotencyKey?: string | null | undefined;
  /** Events in any of these states. */
  status?: Array<EventStatus> | null | undefined;
  /** Events of exactly this type. */
  type?: string | null | undefined;
  /** Events that run this workflow, by name or id. */
  workflow?: string | null | undefined;
};

/** Where an event stands. New values may be added. */
export type EventStatus =
  /** It was ended on request. Final. */
  | 'CANCELED'
  /** Its last attempt failed, `error` tells why. Final. */
  | 'ERROR'
  /** It waits to be run: for a free runner, for its time, or for its next attempt. */
  | 'PENDING'
  /** Its code is running. */
  | 'PROCESSING'
  /** Its code returned a result, which is in `data`; or it had nothing to run. Final. */
  | 'SUCCESS';

/** Which function to run, and with what input. */
export type ExecuteFunctionInput = {
  /** Name or id of a saved function. */
  function: string;
  /** At most one event is ever kept under a key; the same request again answers with that event. */
  idempotencyKey?: string | null | undefined;
  /** Any JSON of at most 1 MB. Default null. */
  input?: unknown;
  /** What the run may use. */
  limits?: LimitsInput | null | undefined;
  /** Not to be run before then, and up to a second later even where there is room. A time in the past means at once. */
  runAt?: string | null | undefined;
  /** Wait up to this long for the event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
};

/** What to run, and with what input. Exactly one of `workflow` and `code` is needed. */
export type ExecuteWorkflowInput = {
  /** Source of an ES module whose default export is the workflow, at most 1 MB. */
  code?: string | null | undefined;
  /** Run on this event instead of a new one; refused while it is processing. Its former result is cleared. */
  eventId?: string | number | null | undefined;
  /** At most one event is ever kept under a key; the same request again answers with that event. Not with `eventId`. */
  idempotencyKey?: string | null | undefined;
  /** Any JSON of at most 1 MB. Default null, or with `eventId` what the event holds. */
  input?: unknown;
  /** The language of `code`. */
  language?: CodeLanguage | null | undefined;
  /** What the run may use. */
  limits?: LimitsInput | null | undefined;
  /** Not to be run before then, and up to a second later even where there is room. A time in the past means at once. */
  runAt?: string | null | undefined;
  /** Wait up to this long for the event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
  /** Name or id of a saved workflow. */
  workflow?: string | null | undefined;
};

/** Kinds of failures of an attempt. New values may be added. */
export type FailureCode =
  /** What the code returned is not JSON, or too large. */
  | 'BAD_RESULT'
  /** The code is gone. */
  | 'NOT_FOUND'
  /** The code used more memory than `memoryMb`. */
  | 'OUT_OF_MEMORY'
  /** The server died, or lost hold of the event, too often while it was to run it. Rerun the event once its code is mended. */
  | 'QUARANTINED'
  /** The code made its process die. */
  | 'SANDBOX_CRASH'
  /** The code did not parse. */
  | 'SYNTAX_ERROR'
  /** The code ran longer than `timeoutMs`. */
  | 'TIMEOUT'
  /** The code threw or rejected. */
  | 'USER_ERROR';

/** Overrides of what a run may use, within the server's maxima. */
export type LimitsInput = {
  /** How many attempts may be used up. Default 1. */
  maxAttempts?: number | null | undefined;
  /** Heap of the isolate, in megabytes, at least 8. Default 128. */
  memoryMb?: number | null | undefined;
  /** Wall-clock time of one attempt, in milliseconds. Default 5000. */
  timeoutMs?: number | null | undefined;
};

/** How important a line of a log is. */
export type LogLevel =
  /** `console.debug` and `console.trace`, which adds the place it was called from. */
  | 'DEBUG'
  /** `console.error`, and `console.assert` of what is not so. */
  | 'ERROR'
  /** `console.log`, `console.info` and all others: `dir`, `table`, `count`, `timeLog`, `timeEnd`, `group`. */
  | 'INFO'
  /** `console.warn`, and what a call of `console` that cannot be right is told. */
  | 'WARN';

/** Which event to run again. */
export type RerunEventInput = {
  /** The event's id; it must be final and have run something. */
  id: string | number;
  /** Which source to run. */
  version?: RerunVersion | null | undefined;
  /** Wait up to this long for the new event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
};

/** Which source a rerun runs. */
export type RerunVersion =
  /** The one its workflow or function has now. */
  | 'LATEST'
  /** The one the event ran. */
  | 'PINNED';

/** Name, code and settings of a function. What is left out of an existing one stays as it is, but for the language. */
export type SaveFunctionInput = {
  /** Source of an ES module whose default export is the function, at most 1 MB. */
  code: string;
  /** What it is for, at most 1000 characters. */
  description?: string | null | undefined;
  /** The language of `code`. */
  language?: CodeLanguage | null | undefined;
  /** Limits for its events, within the server's maxima. */
  limits?: LimitsInput | null | undefined;
  /** Letters, digits and `. _ - /`, beginning with a letter or digit, at most 100. */
  name: string;
};

/** Name, code and settings of a workflow. What is left out of an existing one stays as it is, but for the language. */
export type SaveWorkflowInput = {
  /** Source of an ES module whose default export is the workflow, at most 1 MB. */
  code: string;
  /** What it is for, at most 1000 characters. */
  description?: string | null | undefined;
  /** The language of `code`. */
  language?: CodeLanguage | null | undefined;
  /** Limits for its events, within the server's maxima. */
  limits?: LimitsInput | null | undefined;
  /** Letters, digits and `. _ - /`, beginning with a letter or digit, at most 100. */
  name: string;
};

export type FindPrimesMutationVariables = Exact<{
  input: ExecuteWorkflowInput;
}>;


export type FindPrimesMutation = { executeWorkflow:
    | { message: string }
    | { event: { id: string } }
    | { message: string }
    | { message: string }
    | { message: string }
    | { message: string }
   };

export type FollowPrimesSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type FollowPrimesSubscription = { eventStream:
    | { line: { at: string, message: string } }
    | { event: { status: EventStatus, data: unknown, error: { message: string } | null } }
   };

export type SaveOrderTotalMutationVariables = Exact<{
  input: SaveWorkflowInput;
}>;


export type SaveOrderTotalMutation = { saveWorkflow:
    | { message: string }
    | { message: string }
    | { message: string }
    | { workflow: { id: string, name: string } }
   };

export type CreateOrderMutationVariables = Exact<{
  input: CreateEventInput;
}>;


export type CreateOrderMutation = { createEvent:
    | { message: string }
    | { event: { id: string } }
    | { message: string }
    | { message: string }
    | { message: string }
   };

export type WatchOrderSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type WatchOrderSubscription = { eventStatus: { rev: number, status: EventStatus, data: unknown, error: { name: string, message: string, codeFrame: string | null } | null, logs: { nodes: Array<{ level: LogLevel, message: string }> } } };

export type RunCodeMutationVariables = Exact<{ [key: string]: never; }>;


export type RunCodeMutation = { executeWorkflow:
    | { code: ErrorCode, message: string }
    | { event: { id: string, status: EventStatus, data: unknown, error: { code: FailureCode, message: string, codeFrame: string | null } | null, logs: { nodes: Array<{ level: LogLevel, message: string }> } } }
    | { code: ErrorCode, message: string, codeFrame: string | null }
    | { code: ErrorCode, message: string }
    | { code: ErrorCode, message: string }
    | { code: ErrorCode, message: string }
   };

export type SaveCountdownMutationVariables = Exact<{ [key: string]: never; }>;


export type SaveCountdownMutation = { saveWorkflow:
    | { code: ErrorCode, message: string }
    | { code: ErrorCode, message: string, codeFrame: string | null }
    | { code: ErrorCode, message: string }
    | { workflow: { id: string, name: string, updatedAt: string, version: { hash: string } } }
   };

export type StartCountdownMutationVariables = Exact<{ [key: string]: never; }>;


export type StartCountdownMutation = { createEvent:
    | { code: ErrorCode, message: string }
    | { event: { id: string, status: EventStatus, createdAt: string } }
    | { code: ErrorCode, message: string }
    | { code: ErrorCode, message: string }
    | { code: ErrorCode, message: string }
   };

export type WatchCountdownsSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type WatchCountdownsSubscription = { eventChanges: { id: string, rev: number, status: EventStatus, data: unknown, error: { code: FailureCode, message: string } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null }> } };

export type LookBackQueryVariables = Exact<{ [key: string]: never; }>;


export type LookBackQuery = { events: { nodes: Array<{ id: string, type: string, status: EventStatus, input: unknown, data: unknown, createdAt: string, finishedAt: string | null, workflow: { name: string } | null, error: { code: FailureCode, message: string, stack: string | null, codeFrame: string | null } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, receipt: { queueMs: number, wallMs: number, cpuMs: number } | null }>, logs: { nodes: Array<{ at: string, attempt: number, level: LogLevel, message: string }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type EventFieldsFragment = { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null };

export type CreateEventMutationVariables = Exact<{
  input: CreateEventInput;
}>;


export type CreateEventMutation = { createEvent:
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'CreateEventPayload', event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'OverloadedError', message: string, code: ErrorCode, path: string, expected: string, received: string }
   };

export type ExecuteWorkflowMutationVariables = Exact<{
  input: ExecuteWorkflowInput;
}>;


export type ExecuteWorkflowMutation = { executeWorkflow:
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'ExecuteWorkflowPayload', event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } }
    | { __typename: 'InvalidCodeError', message: string, code: ErrorCode, path: string, expected: string, received: string, line: number | null, column: number | null, codeFrame: string | null }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'OverloadedError', message: string, code: ErrorCode, path: string, expected: string, received: string }
   };

export type ExecuteFunctionMutationVariables = Exact<{
  input: ExecuteFunctionInput;
}>;


export type ExecuteFunctionMutation = { executeFunction:
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'ExecuteFunctionPayload', event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'OverloadedError', message: string, code: ErrorCode, path: string, expected: string, received: string }
   };

export type CancelEventMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelEventMutation = { cancelEvent:
    | { __typename: 'CancelEventPayload', event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } }
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string, expected: string, received: string }
   };

export type RerunEventMutationVariables = Exact<{
  input: RerunEventInput;
}>;


export type RerunEventMutation = { rerunEvent:
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'OverloadedError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'RerunEventPayload', event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } }
   };

export type SaveWorkflowMutationVariables = Exact<{
  input: SaveWorkflowInput;
}>;


export type SaveWorkflowMutation = { saveWorkflow:
    | { __typename: 'ConflictError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'InvalidCodeError', message: string, code: ErrorCode, path: string, expected: string, received: string, line: number | null, column: number | null, codeFrame: string | null }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string, expected: string, received: string }
    | { __typename: 'SaveWorkflowPayload', workflow: { id: string, name: string, description: string | null, version: { hash: string }, limits: { timeoutMs: number | null, memoryMb: number | null, maxAttempts: number | null } } }
   };

export type SaveFunctionMutationVariables = Exact<{
  input: SaveFunctionInput;
}>;


export type SaveFunctionMutation = { saveFunction:
    | { __typename: 'ConflictError', message: string }
    | { __typename: 'InvalidCodeError', message: string }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'SaveFunctionPayload', function: { id: string, name: string } }
   };

export type DeleteWorkflowMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteWorkflowMutation = { deleteWorkflow:
    | { __typename: 'DeleteWorkflowPayload', workflow: { id: string, deletedAt: string | null } }
    | { __typename: 'InvalidInputError', message: string, code: ErrorCode, path: string }
    | { __typename: 'NotFoundError', message: string, code: ErrorCode, path: string }
   };

export type GetEventQueryVariables = Exact<{
  id: string | number;
}>;


export type GetEventQuery = { event: { id: string, type: string, status: EventStatus, isFinal: boolean, rev: number, input: unknown, data: unknown, idempotencyKey: string | null, runAt: string | null, createdAt: string, startedAt: string | null, finishedAt: string | null, workflow: { id: string, name: string, deletedAt: string | null } | null, execution: { id: string, name: string } | null, version: { hash: string, code: string, language: CodeLanguage } | null, error: { code: FailureCode, name: string, message: string, stack: string | null, codeFrame: string | null, line: number | null, column: number | null, retryable: boolean } | null, attempts: Array<{ number: number, outcome: AttemptOutcome | null, startedAt: string, finishedAt: string | null, receipt: { queueMs: number, wallMs: number, cpuMs: number, heapBytes: number, logLines: number } | null }>, logs: { nodes: Array<{ seq: number, attempt: number, level: LogLevel, message: string }> }, limits: { timeoutMs: number, memoryMb: number, maxAttempts: number }, rerunOf: { id: string } | null } | null };

export type ListEventsQueryVariables = Exact<{
  filter?: EventFilter | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ListEventsQuery = { events: { nodes: Array<{ id: string, type: string, status: EventStatus, attempts: Array<{ number: number, outcome: AttemptOutcome | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type WatchUnderLoadSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type WatchUnderLoadSubscription = { eventStatus: { id: string, rev: number, status: EventStatus, isFinal: boolean } };

export type StartManyMutationVariables = Exact<{
  input: CreateEventInput;
}>;


export type StartManyMutation = { createEvent:
    | { message: string }
    | { event: { id: string } }
    | { message: string }
    | { message: string }
    | { message: string }
   };

export type WatchUntilShutdownSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type WatchUntilShutdownSubscription = { eventStatus: { status: EventStatus, rev: number } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const EventFieldsFragmentDoc = new TypedDocumentString(`
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}
    `, {"fragmentName":"EventFields"}) as unknown as TypedDocumentString<EventFieldsFragment, unknown>;
export const FindPrimesDocument = new TypedDocumentString(`
    mutation FindPrimes($input: ExecuteWorkflowInput!) {
  executeWorkflow(input: $input) {
    ... on ExecuteWorkflowPayload {
      event {
        id
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<FindPrimesMutation, FindPrimesMutationVariables>;
export const FollowPrimesDocument = new TypedDocumentString(`
    subscription FollowPrimes($id: ID!) {
  eventStream(id: $id) {
    ... on EventStatusChange {
      event {
        status
        data
        error {
          message
        }
      }
    }
    ... on EventLogLine {
      line {
        at
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<FollowPrimesSubscription, FollowPrimesSubscriptionVariables>;
export const SaveOrderTotalDocument = new TypedDocumentString(`
    mutation SaveOrderTotal($input: SaveWorkflowInput!) {
  saveWorkflow(input: $input) {
    ... on SaveWorkflowPayload {
      workflow {
        id
        name
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SaveOrderTotalMutation, SaveOrderTotalMutationVariables>;
export const CreateOrderDocument = new TypedDocumentString(`
    mutation CreateOrder($input: CreateEventInput!) {
  createEvent(input: $input) {
    ... on CreateEventPayload {
      event {
        id
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateOrderMutation, CreateOrderMutationVariables>;
export const WatchOrderDocument = new TypedDocumentString(`
    subscription WatchOrder($id: ID!) {
  eventStatus(id: $id) {
    rev
    status
    data
    error {
      name
      message
      codeFrame
    }
    logs {
      nodes {
        level
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WatchOrderSubscription, WatchOrderSubscriptionVariables>;
export const RunCodeDocument = new TypedDocumentString(`
    mutation RunCode {
  executeWorkflow(
    input: {
      code: """
      export default async ({ input, console }) => {
        console.log('adding', input.numbers)
        return { sum: input.numbers.reduce((a, b) => a + b, 0) }
      }
      """
      language: JAVASCRIPT
      input: { numbers: [1, 2, 3] }
      waitMs: 10000
    }
  ) {
    ... on ExecuteWorkflowPayload {
      event {
        id
        status
        data
        error {
          code
          message
          codeFrame
        }
        logs {
          nodes {
            level
            message
          }
        }
      }
    }
    ... on UserError {
      code
      message
    }
    ... on InvalidCodeError {
      codeFrame
    }
  }
}
    `) as unknown as TypedDocumentString<RunCodeMutation, RunCodeMutationVariables>;
export const SaveCountdownDocument = new TypedDocumentString(`
    mutation SaveCountdown {
  saveWorkflow(
    input: {
      name: "countdown"
      description: "Counts down, one number a second, and sometimes loses count."
      code: """
      export default async ({ event, input, attempt, console }) => {
        for (let n = input.from; n > 0; n--) {
          console.log(n)
          await new Promise((resolve) => setTimeout(resolve, 1000))
          if (n === input.failAt && attempt === 1) throw new Error('lost count at ' + n)
        }
        return { event: event.id, attempt, liftoff: true }
      }
      """
      language: JAVASCRIPT
      limits: { timeoutMs: 60000, maxAttempts: 3 }
    }
  ) {
    ... on SaveWorkflowPayload {
      workflow {
        id
        name
        version {
          hash
        }
        updatedAt
      }
    }
    ... on UserError {
      code
      message
    }
    ... on InvalidCodeError {
      codeFrame
    }
  }
}
    `) as unknown as TypedDocumentString<SaveCountdownMutation, SaveCountdownMutationVariables>;
export const StartCountdownDocument = new TypedDocumentString(`
    mutation StartCountdown {
  createEvent(
    input: {
      type: "launch.planned"
      workflow: "countdown"
      input: { from: 10, failAt: 8 }
    }
  ) {
    ... on CreateEventPayload {
      event {
        id
        status
        createdAt
      }
    }
    ... on UserError {
      code
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StartCountdownMutation, StartCountdownMutationVariables>;
export const WatchCountdownsDocument = new TypedDocumentString(`
    subscription WatchCountdowns {
  eventChanges(filter: { workflow: "countdown" }) {
    id
    rev
    status
    data
    error {
      code
      message
    }
    attempts {
      number
      outcome
    }
  }
}
    `) as unknown as TypedDocumentString<WatchCountdownsSubscription, WatchCountdownsSubscriptionVariables>;
export const LookBackDocument = new TypedDocumentString(`
    query LookBack {
  events(first: 10) {
    nodes {
      id
      type
      status
      workflow {
        name
      }
      input
      data
      error {
        code
        message
        stack
        codeFrame
      }
      attempts {
        number
        outcome
        receipt {
          queueMs
          wallMs
          cpuMs
        }
      }
      logs(first: 20) {
        nodes {
          at
          attempt
          level
          message
        }
      }
      createdAt
      finishedAt
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<LookBackQuery, LookBackQueryVariables>;
export const CreateEventDocument = new TypedDocumentString(`
    mutation CreateEvent($input: CreateEventInput!) {
  createEvent(input: $input) {
    __typename
    ... on CreateEventPayload {
      event {
        ...EventFields
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<CreateEventMutation, CreateEventMutationVariables>;
export const ExecuteWorkflowDocument = new TypedDocumentString(`
    mutation ExecuteWorkflow($input: ExecuteWorkflowInput!) {
  executeWorkflow(input: $input) {
    __typename
    ... on ExecuteWorkflowPayload {
      event {
        ...EventFields
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
    ... on InvalidCodeError {
      line
      column
      codeFrame
    }
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<ExecuteWorkflowMutation, ExecuteWorkflowMutationVariables>;
export const ExecuteFunctionDocument = new TypedDocumentString(`
    mutation ExecuteFunction($input: ExecuteFunctionInput!) {
  executeFunction(input: $input) {
    __typename
    ... on ExecuteFunctionPayload {
      event {
        ...EventFields
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<ExecuteFunctionMutation, ExecuteFunctionMutationVariables>;
export const CancelEventDocument = new TypedDocumentString(`
    mutation CancelEvent($id: ID!) {
  cancelEvent(input: { id: $id }) {
    __typename
    ... on CancelEventPayload {
      event {
        ...EventFields
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<CancelEventMutation, CancelEventMutationVariables>;
export const RerunEventDocument = new TypedDocumentString(`
    mutation RerunEvent($input: RerunEventInput!) {
  rerunEvent(input: $input) {
    __typename
    ... on RerunEventPayload {
      event {
        ...EventFields
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<RerunEventMutation, RerunEventMutationVariables>;
export const SaveWorkflowDocument = new TypedDocumentString(`
    mutation SaveWorkflow($input: SaveWorkflowInput!) {
  saveWorkflow(input: $input) {
    __typename
    ... on SaveWorkflowPayload {
      workflow {
        id
        name
        description
        version {
          hash
        }
        limits {
          timeoutMs
          memoryMb
          maxAttempts
        }
      }
    }
    ... on UserError {
      message
      code
      path
      expected
      received
    }
    ... on InvalidCodeError {
      line
      column
      codeFrame
    }
  }
}
    `) as unknown as TypedDocumentString<SaveWorkflowMutation, SaveWorkflowMutationVariables>;
export const SaveFunctionDocument = new TypedDocumentString(`
    mutation SaveFunction($input: SaveFunctionInput!) {
  saveFunction(input: $input) {
    __typename
    ... on SaveFunctionPayload {
      function {
        id
        name
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<SaveFunctionMutation, SaveFunctionMutationVariables>;
export const DeleteWorkflowDocument = new TypedDocumentString(`
    mutation DeleteWorkflow($id: ID!) {
  deleteWorkflow(input: { id: $id }) {
    __typename
    ... on DeleteWorkflowPayload {
      workflow {
        id
        deletedAt
      }
    }
    ... on UserError {
      message
      code
      path
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteWorkflowMutation, DeleteWorkflowMutationVariables>;
export const GetEventDocument = new TypedDocumentString(`
    query GetEvent($id: ID!) {
  event(id: $id) {
    ...EventFields
  }
}
    fragment EventFields on Event {
  id
  type
  status
  isFinal
  rev
  input
  data
  workflow {
    id
    name
    deletedAt
  }
  execution {
    id
    name
  }
  version {
    hash
    code
    language
  }
  error {
    code
    name
    message
    stack
    codeFrame
    line
    column
    retryable
  }
  attempts {
    number
    outcome
    startedAt
    finishedAt
    receipt {
      queueMs
      wallMs
      cpuMs
      heapBytes
      logLines
    }
  }
  logs {
    nodes {
      seq
      attempt
      level
      message
    }
  }
  idempotencyKey
  limits {
    timeoutMs
    memoryMb
    maxAttempts
  }
  rerunOf {
    id
  }
  runAt
  createdAt
  startedAt
  finishedAt
}`) as unknown as TypedDocumentString<GetEventQuery, GetEventQueryVariables>;
export const ListEventsDocument = new TypedDocumentString(`
    query ListEvents($filter: EventFilter, $first: Int, $after: String) {
  events(filter: $filter, first: $first, after: $after) {
    nodes {
      id
      type
      status
      attempts {
        number
        outcome
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ListEventsQuery, ListEventsQueryVariables>;
export const WatchUnderLoadDocument = new TypedDocumentString(`
    subscription WatchUnderLoad($id: ID!) {
  eventStatus(id: $id) {
    id
    rev
    status
    isFinal
  }
}
    `) as unknown as TypedDocumentString<WatchUnderLoadSubscription, WatchUnderLoadSubscriptionVariables>;
export const StartManyDocument = new TypedDocumentString(`
    mutation StartMany($input: CreateEventInput!) {
  createEvent(input: $input) {
    ... on CreateEventPayload {
      event {
        id
      }
    }
    ... on UserError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StartManyMutation, StartManyMutationVariables>;
export const WatchUntilShutdownDocument = new TypedDocumentString(`
    subscription WatchUntilShutdown($id: ID!) {
  eventStatus(id: $id) {
    status
    rev
  }
}
    `) as unknown as TypedDocumentString<WatchUntilShutdownSubscription, WatchUntilShutdownSubscriptionVariables>;