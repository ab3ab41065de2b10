import { z } from 'zod'
import type { Event } from '../event.ts'
import { isFinal } from '../event.ts'
import { isId } from '../id.ts'
import { wellFormed } from '../inputs.ts'
import type { EventFilter } from '../ports.ts'
import type { ProgramKind } from '../program.ts'
import { idPrefix } from '../program.ts'
import { AttemptType, ExecutionErrorType } from './attempt.ts'
import { builder } from './builder.ts'
import { CodeVersionType } from './code-version.ts'
import { idPageArgs, pageArgs, pageCost, readPage } from './connection.ts'
import type { Context } from './context.ts'
import { formatLogCursor, LogConnection, parseLogCursor } from './log.ts'
import { FunctionType, WorkflowType } from './program.ts'
import { LimitsType } from './run-limits.ts'

const EventStatusEnum = builder.enumType('EventStatus', {
  values: {
    PENDING: { value: 'Pending' },
    PROCESSING: { value: 'Processing' },
    SUCCESS: { value: 'Success' },
    ERROR: { value: 'Error' },
    CANCELED: { value: 'Canceled' },
  } as const,
})

/** Most attempts that an event remembers. */
const maxAttempts = 100
const standardLogs = 100

export const EventType = builder.objectRef<Event>('Event')

EventType.implement({
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.exposeID('id'),
    type: t.exposeString('type'),
    status: t.expose('status', { type: EventStatusEnum }),
    isFinal: t.boolean({ resolve: isFinal }),
    rev: t.exposeInt('rev'),
    workflow: t.field({
      type: WorkflowType,
      nullable: true,
      resolve: ({ workflow }, _args, { api }) => (workflow === null ? null : api.loadProgram(workflow)),
    }),
    execution: t.field({
      type: FunctionType,
      nullable: true,
      resolve: ({ execution }, _args, { api }) => (execution === null ? null : api.loadProgram(execution)),
    }),
    version: t.field({
      type: CodeVersionType,
      nullable: true,
      resolve: ({ version }, _args, { api }) => (version === null ? null : api.loadVersion(version)),
    }),
    input: t.expose('input', { type: 'JSON', nullable: true }),
    data: t.expose('data', { type: 'JSON', nullable: true }),
    error: t.expose('error', { type: ExecutionErrorType, nullable: true }),
    attempts: t.field({
      type: [AttemptType],
      // Most events have one; the limit would otherwise forbid to list them.
      complexity: { field: 1, multiplier: 2 },
      resolve: ({ attempts }) => attempts.slice(-maxAttempts),
    }),
    logs: t.field({
      type: LogConnection,
      args: pageArgs((text) => parseLogCursor(text) !== undefined),
      // Each is a look-up of its own.
      complexity: (args) => ({ ...pageCost(args, standardLogs), field: 10 }),
      resolve: ({ id }, args, { api }) =>
        readPage(
          args,
          ({ after, limit }) => api.store.readLogs(id, after === undefined ? undefined : parseLogCursor(after), limit),
          formatLogCursor,
          standardLogs,
        ),
    }),
    idempotencyKey: t.exposeString('idempotencyKey', { nullable: true }),
    limits: t.expose('limits', { type: LimitsType }),
    rerunOf: t.field({
      type: EventType,
      nullable: true,
      resolve: ({ rerunOf }, _args, { api }) => (rerunOf === null ? null : api.loadEvent(rerunOf)),
    }),
    runAt: t.expose('runAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
})

const EventConnection = builder.connectionObject({ type: EventType, name: 'EventConnection' }, { name: 'EventEdge' })

export const EventFilterInput = builder.inputType('EventFilter', {
  fields: (t) => ({
    status: t.field({ type: [EventStatusEnum] }),
    type: t.string(),
    workflow: t.string(),
    execution: t.string(),
    idempotencyKey: t.string({ validate: wellFormed('a text').nullish() }),
  }),
})

export const eventId = z.string().refine((id) => isId('evt', id), { error: 'an id that begins with evt_' })

builder.queryFields((t) => ({
  event: t.field({
    type: EventType,
    nullable: true,
    args: { id: t.arg.id({ required: true, validate: eventId }) },
    resolve: (_root, { id }, { api }) => api.loadEvent(id),
  }),
  events: t.field({
    type: EventConnection,
    args: { filter: t.arg({ type: EventFilterInput }), ...idPageArgs('evt') },
    complexity: (args) => pageCost(args),
    resolve: async (_root, { filter, ...args }, context) => {
      const narrowed = await readFilter(filter ?? {}, context)
      return readPage(
        args,
        async (page) => (narrowed ? context.api.store.listEvents(narrowed, page) : []),
        ({ id }) => id,
      )
    },
  }),
}))

type FilterInput = typeof EventFilterInput.$inferInput

/** The filter with ids in the place of names. Undefined: it names a program that is not there, so nothing matches. */
export async function readFilter(filter: FilterInput, context: Context): Promise<EventFilter | undefined> {
  const [workflow, execution] = await Promise.all([
    programId('workflow', filter.workflow, context),
    programId('function', filter.execution, context),
  ])
  if (workflow === null || execution === null) return undefined
  return {
    statuses: filter.status ?? undefined,
    type: filter.type ?? undefined,
    workflow,
    execution,
    idempotencyKey: filter.idempotencyKey ?? undefined,
  }
}

/** Undefined where nothing was asked for, null where nothing has that name. */
async function programId(kind: ProgramKind, nameOrId: string | null | undefined, { api }: Context) {
  if (nameOrId == null) return undefined
  if (isId(idPrefix[kind], nameOrId)) return nameOrId
  return (await api.store.findProgram(kind, nameOrId))?.id ?? null
}
