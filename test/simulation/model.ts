import type { Event } from '../../src/event.ts'
import { isFinal, oldestAfterClaim } from '../../src/event.ts'
import type { ChangedEvent, DueEvent, EventFilter, LogLine, LogPosition } from '../../src/ports.ts'
import type { Program, Version } from '../../src/program.ts'

/** Told of every write in the moment in which it lands, by whoever checks. */
export interface Observer {
  created(event: Event): void
  updated(before: Event, next: Event): void
  renewed(event: Event): void
}

/** The store as its port describes it, in memory and at once. `createStorePort` puts time and faults before it. */
export type Model = ReturnType<typeof createModel>

export function createModel(observer: Observer) {
  const events = new Map<string, Event>()
  const byKey = new Map<string, Event['id']>()
  /** What a sweep looks at; the others are many and final. */
  const open = new Set<string>()
  const logs = new Map<string, Map<string, LogLine>>()
  const versions = new Map<string, Version>()
  const programs = new Map<string, Program>()
  const changes: ChangedEvent[] = []

  function keep(event: Event, at: number): void {
    events.set(event.id, event)
    if (isFinal(event)) open.delete(event.id)
    else open.add(event.id)
    changes.push({ id: event.id, rev: event.rev, at })
  }

  function createEvent(event: Event, at: number): Event {
    const there = events.get(event.id) ?? events.get(byKey.get(event.idempotencyKey ?? '') ?? '')
    if (there) return there
    if (event.idempotencyKey !== null) byKey.set(event.idempotencyKey, event.id)
    keep(event, at)
    observer.created(event)
    return event
  }

  return {
    events,
    open,
    programs,
    versions,
    createEvents: (made: readonly Event[], at: number) => made.map((event) => createEvent(event, at)),
    getEvents: (ids: readonly string[]) => ids.flatMap((id) => events.get(id) ?? []),
    listEvents(filter: EventFilter, limit: number): readonly Event[] {
      const { idempotencyKey, ...rest } = filter
      if (idempotencyKey === undefined || Object.keys(rest).length > 0) throw new Error('Not modelled')
      const id = byKey.get(idempotencyKey)
      const found = id === undefined ? undefined : events.get(id)
      return found ? [found].slice(0, limit) : []
    },
    updateEvent(next: Event, expiredBy: number | undefined, at: number): boolean {
      const before = events.get(next.id)
      if (!before) return false
      if (before.rev !== next.rev - 1) return false
      if (expiredBy !== undefined && (before.leaseUntil ?? Infinity) > expiredBy) return false
      keep(next, at)
      const oldest = oldestAfterClaim(next) ?? 0
      const lines = logs.get(next.id)
      for (const [key, { attempt }] of lines ?? []) if (attempt < oldest) lines?.delete(key)
      observer.updated(before, next)
      return true
    },
    renewLeases(owner: string, ids: readonly string[], until: number): readonly string[] {
      return ids.filter((id) => {
        const event = events.get(id)
        if (event?.status !== 'Processing' || event.owner !== owner) return false
        const renewed = { ...event, leaseUntil: Math.max(event.leaseUntil ?? 0, until) }
        events.set(id, renewed)
        observer.renewed(renewed)
        return true
      })
    },
    backlog() {
      const processing = [...open].filter((id) => events.get(id)?.status === 'Processing').length
      return { pending: open.size - processing, processing, earliestRunAt: null, earliestStart: null }
    },
    listDue(now: number, limit: number, skip = 0): readonly DueEvent[] {
      const found = [...open].flatMap((id) => events.get(id) ?? [])
      const lost = found
        .filter((event) => event.status === 'Processing' && (event.leaseUntil ?? Infinity) <= now)
        .sort((a, b) => (a.leaseUntil ?? 0) - (b.leaseUntil ?? 0))
      const due = found
        .filter((event) => event.status === 'Pending' && (event.runAt ?? Infinity) <= now)
        .sort((a, b) => (a.runAt ?? 0) - (b.runAt ?? 0))
      return [...lost, ...due].slice(skip, skip + limit)
    },
    appendLogs(lines: readonly LogLine[]): void {
      for (const line of lines) {
        const ofEvent = logs.get(line.eventId) ?? new Map<string, LogLine>()
        logs.set(line.eventId, ofEvent)
        const key = `${line.attempt} ${line.seq}`
        if (!ofEvent.has(key)) ofEvent.set(key, line)
      }
    },
    linesOf: (id: string, attempt: number) =>
      [...(logs.get(id)?.values() ?? [])].filter((line) => line.attempt === attempt).length,
    readLogs(eventId: string, after: LogPosition | undefined, limit: number): readonly LogLine[] {
      const { attempt, seq } = after ?? { attempt: 0, seq: 0 }
      return [...(logs.get(eventId)?.values() ?? [])]
        .filter((line) => line.attempt > attempt || (line.attempt === attempt && line.seq > seq))
        .sort((a, b) => a.attempt - b.attempt || a.seq - b.seq)
        .slice(0, limit)
    },
    revisions: (ids: readonly string[]) =>
      ids.flatMap((id) => events.get(id) ?? []).map(({ id, rev, status }) => ({ id, rev, status })),
    changedSince: (time: number, limit: number) =>
      changes
        .filter(({ id, rev, at }) => at >= time && events.get(id)?.rev === rev)
        .sort((a, b) => a.at - b.at)
        .slice(0, limit),
  }
}
