import { ConflictError, InvalidCodeError, InvalidInputError, NotFoundError, OverloadedError } from '../errors.ts'
import type { Event } from '../event.ts'
import { builder } from './builder.ts'
import { CodeLanguageEnum } from './code-version.ts'
import { clientSignal } from './context.ts'
import { EventType } from './event.ts'
import { LimitsInput } from './run-limits.ts'

const errors = { types: [InvalidInputError, NotFoundError, ConflictError] }
const runErrors = { types: [...errors.types, OverloadedError] }
const codeErrors = { types: [InvalidInputError, InvalidCodeError, NotFoundError, ConflictError, OverloadedError] }

const RerunVersionEnum = builder.enumType('RerunVersion', {
  values: { PINNED: { value: 'Pinned' }, LATEST: { value: 'Latest' } } as const,
})

const CreateEventInput = builder.inputType('CreateEventInput', {
  fields: (t) => ({
    type: t.string({ required: true }),
    input: t.field({ type: 'JSON' }),
    workflow: t.string(),
    execution: t.string(),
    idempotencyKey: t.string(),
    runAt: t.field({ type: 'DateTime' }),
    limits: t.field({ type: LimitsInput }),
    waitMs: t.int(),
  }),
})

const ExecuteWorkflowInput = builder.inputType('ExecuteWorkflowInput', {
  fields: (t) => ({
    workflow: t.string(),
    code: t.string(),
    language: t.field({ type: CodeLanguageEnum, defaultValue: 'TypeScript' }),
    input: t.field({ type: 'JSON' }),
    eventId: t.id(),
    idempotencyKey: t.string(),
    runAt: t.field({ type: 'DateTime' }),
    limits: t.field({ type: LimitsInput }),
    waitMs: t.int(),
  }),
})

const ExecuteFunctionInput = builder.inputType('ExecuteFunctionInput', {
  fields: (t) => ({
    function: t.string({ required: true }),
    input: t.field({ type: 'JSON' }),
    idempotencyKey: t.string(),
    runAt: t.field({ type: 'DateTime' }),
    limits: t.field({ type: LimitsInput }),
    waitMs: t.int(),
  }),
})

const CancelEventInput = builder.inputType('CancelEventInput', {
  fields: (t) => ({ id: t.id({ required: true }) }),
})

const RerunEventInput = builder.inputType('RerunEventInput', {
  fields: (t) => ({
    id: t.id({ required: true }),
    version: t.field({ type: RerunVersionEnum, defaultValue: 'Pinned' }),
    waitMs: t.int(),
  }),
})

function createPayload(name: string) {
  return builder.objectRef<Event>(name).implement({
    fields: (t) => ({ event: t.field({ type: EventType, resolve: (event) => event }) }),
  })
}

const CreateEventPayload = createPayload('CreateEventPayload')
const ExecuteWorkflowPayload = createPayload('ExecuteWorkflowPayload')
const ExecuteFunctionPayload = createPayload('ExecuteFunctionPayload')
const CancelEventPayload = createPayload('CancelEventPayload')
const RerunEventPayload = createPayload('RerunEventPayload')

builder.mutationFields((t) => ({
  createEvent: t.field({
    type: CreateEventPayload,
    errors: runErrors,
    args: { input: t.arg({ type: CreateEventInput, required: true }) },
    resolve: (_root, { input }, context) => context.api.commands.createEvent(input, clientSignal(context)),
  }),
  executeWorkflow: t.field({
    type: ExecuteWorkflowPayload,
    errors: codeErrors,
    args: { input: t.arg({ type: ExecuteWorkflowInput, required: true }) },
    resolve: (_root, { input }, context) => context.api.commands.executeWorkflow(input, clientSignal(context)),
  }),
  executeFunction: t.field({
    type: ExecuteFunctionPayload,
    errors: runErrors,
    args: { input: t.arg({ type: ExecuteFunctionInput, required: true }) },
    resolve: (_root, { input }, context) => context.api.commands.executeFunction(input, clientSignal(context)),
  }),
  cancelEvent: t.field({
    type: CancelEventPayload,
    errors,
    args: { input: t.arg({ type: CancelEventInput, required: true }) },
    resolve: (_root, { input }, { api }) => api.commands.cancelEvent(input),
  }),
  rerunEvent: t.field({
    type: RerunEventPayload,
    errors: runErrors,
    args: { input: t.arg({ type: RerunEventInput, required: true }) },
    resolve: (_root, { input }, context) => context.api.commands.rerunEvent(input, clientSignal(context)),
  }),
}))
