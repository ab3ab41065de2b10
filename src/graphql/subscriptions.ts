import { z } from 'zod'
import { NotFoundError } from '../errors.ts'
import { show } from '../inputs.ts'
import type { StreamItem } from '../live.ts'
import { builder } from './builder.ts'
import { EventFilterInput, eventId, EventType, readFilter } from './event.ts'
import { LogLineType } from './log.ts'

type StatusItem = Extract<StreamItem, { readonly kind: 'Status' }>
type LogItem = Extract<StreamItem, { readonly kind: 'Log' }>

const EventStatusChange = builder.objectRef<StatusItem>('EventStatusChange').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), event: t.expose('event', { type: EventType }) }),
})

const EventLogLine = builder.objectRef<LogItem>('EventLogLine').implement({
  fields: (t) => ({ cursor: t.exposeString('cursor'), line: t.expose('line', { type: LogLineType }) }),
})

const EventStreamItem = builder.unionType('EventStreamItem', {
  types: [EventStatusChange, EventLogLine],
  resolveType: ({ kind }) => (kind === 'Status' ? EventStatusChange : EventLogLine),
})

const revError = 'a revision that this event had'
const rev = z.int({ error: revError }).min(0, { error: revError }).nullish()

builder.subscriptionFields((t) => ({
  eventStatus: t.field({
    type: EventType,
    args: {
      id: t.arg.id({ required: true, validate: eventId }),
      afterRev: t.arg.int({ validate: rev }),
    },
    subscribe: (_root, { id, afterRev }, { api }) => api.live.eventStatus(id, afterRev ?? undefined),
    resolve: (event) => event,
  }),
  eventStream: t.field({
    type: EventStreamItem,
    args: { id: t.arg.id({ required: true, validate: eventId }), after: t.arg.string() },
    subscribe: (_root, { id, after }, { api }) => api.live.eventStream(id, after ?? undefined),
    resolve: (item) => item,
  }),
  eventChanges: t.field({
    type: EventType,
    args: { filter: t.arg({ type: EventFilterInput }) },
    subscribe: async (_root, { filter }, context) => {
      const narrowed = await readFilter(filter ?? {}, context)
      if (narrowed) return context.api.live.eventChanges(narrowed)
      const path = filter?.workflow == null ? 'filter.execution' : 'filter.workflow'
      const received = show(filter?.workflow ?? filter?.execution)
      throw new NotFoundError({ path, expected: 'the name or id of something saved', received })
    },
    resolve: (event) => event,
  }),
}))
