/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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
  /** Not to be run before then. A time in the past means at once. */
  runAt?: string | null | undefined;
  /** What happened, e.g. `order.placed`: letters, digits and `. _ - : /`, at most 128. */
  type: string;
  /** Wait up to this long for the event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
  /** Name or id of the workflow to run. With neither this nor `execution` the event is a plain record. */
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
  /** Not to be run before then. A time in the past means at once. */
  runAt?: string | null | undefined;
  /** Wait up to this long for the event to become final, in milliseconds, at most 30000. Default 0. */
  waitMs?: number | null | undefined;
  /** Name or id of a saved workflow. */
  workflow?: string | null | undefined;
};

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
  /** `console.debug`. */
  | 'DEBUG'
  /** `console.error`. */
  | 'ERROR'
  /** `console.log` and `console.info`. */
  | 'INFO'
  /** `console.warn`. */
  | 'WARN';

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
   };

export type WatchOrderSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type WatchOrderSubscription = { eventStatus: { rev: number, status: EventStatus, data: unknown, error: { name: string, message: string, codeFrame: string | null } | null, logs: { nodes: Array<{ level: LogLevel, message: string }> } } };

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