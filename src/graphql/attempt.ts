import type { Attempt, Failure, Receipt } from '../event.ts'
import { builder } from './builder.ts'

const failureCodes = [
  'USER_ERROR',
  'SYNTAX_ERROR',
  'TIMEOUT',
  'OUT_OF_MEMORY',
  'BAD_RESULT',
  'SANDBOX_CRASH',
  'QUARANTINED',
  'NOT_FOUND',
] as const

const FailureCodeEnum = builder.enumType('FailureCode', { values: failureCodes })

const AttemptOutcomeEnum = builder.enumType('AttemptOutcome', {
  values: {
    SUCCESS: { value: 'Success' },
    CANCELED: { value: 'Canceled' },
    INTERRUPTED: { value: 'Interrupted' },
    USER_ERROR: {},
    SYNTAX_ERROR: {},
    TIMEOUT: {},
    OUT_OF_MEMORY: {},
    BAD_RESULT: {},
    SANDBOX_CRASH: {},
    QUARANTINED: {},
    NOT_FOUND: {},
  } as const,
})

const ReceiptType = builder.objectRef<Receipt>('Receipt').implement({
  fields: (t) => ({
    queueMs: t.exposeFloat('queueMs'),
    wallMs: t.exposeFloat('wallMs'),
    cpuMs: t.exposeFloat('cpuMs'),
    heapBytes: t.exposeFloat('heapBytes'),
    logLines: t.exposeInt('logLines'),
  }),
})

export const AttemptType = builder.objectRef<Attempt>('Attempt').implement({
  fields: (t) => ({
    number: t.exposeInt('number'),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    outcome: t.expose('outcome', { type: AttemptOutcomeEnum, nullable: true }),
    receipt: t.expose('receipt', { type: ReceiptType, nullable: true }),
  }),
})

export const ExecutionErrorType = builder.objectRef<Failure>('ExecutionError').implement({
  fields: (t) => ({
    code: t.expose('code', { type: FailureCodeEnum }),
    name: t.exposeString('name'),
    message: t.exposeString('message'),
    stack: t.exposeString('stack', { nullable: true }),
    codeFrame: t.exposeString('codeFrame', { nullable: true }),
    line: t.exposeInt('line', { nullable: true }),
    column: t.exposeInt('column', { nullable: true }),
    retryable: t.exposeBoolean('retryable'),
  }),
})
