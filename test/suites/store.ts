import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/event.ts'
import { newId } from '../../src/id.ts'
import type { LogLine, RecordKind, Store, StoreRecord } from '../../src/ports.ts'
import type { Program, Version } from '../../src/program.ts'
import { versionHash } from '../../src/program.ts'
import {
  cancelEvent,
  claimEvent,
  maxAttemptHistory,
  newEvent,
  recoverEvent,
  settleEvent,
} from '../../src/transitions.ts'

const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
const usage = { wallMs: 1.5, cpuMs: 1, heapBytes: 9, logLines: 0 }
const now = 1_800_000_000_000

export function pendingEvent(changes: Partial<Event> = {}): Event {
  const assignment = { workflow: 'wfl_1', execution: null, version: 'abc', limits, runAt: now }
  const origin = { idempotencyKey: null, requestHash: null, rerunOf: null }
  const event = newEvent({ id: newId('evt'), type: 'a', input: { deep: [1, 'ä'] }, assignment, limits, ...origin }, now)
  return { ...event, ...changes }
}

function claimed(event: Event, owner = 'me', leaseUntil = now + 15_000): Event {
  const next = claimEvent(event, owner, leaseUntil, now)
  if (!next) throw new Error('This event should have been there to claim')
  return next
}

function settled(event: Event, owner = 'me'): Event {
  const next = settleEvent(event, owner, { kind: 'Success', data: { ok: true }, usage }, now, 0)
  if (!next) throw new Error('This event should have been there to settle')
  return next
}

/** The event as it is when one more attempt makes it forget the first. */
export function fullHistory(event: Event): Event {
  const over = { startedAt: now, finishedAt: now, outcome: 'Interrupted' as const, receipt: null }
  return {
    ...event,
    attempts: Array.from({ length: maxAttemptHistory }, (_, index) => ({ number: index + 1, ...over })),
  }
}

function version(code: string): Version {
  return { hash: versionHash('TypeScript', code), language: 'TypeScript', code, script: `${code} `, createdAt: now }
}

function program(name: string, code: string, changes: Partial<Program> = {}): Program {
  const times = { createdAt: now, updatedAt: now, deletedAt: null }
  const id = newId('wfl')
  const made = { id, kind: 'workflow' as const, name, description: 'does it', version: version(code).hash, limits: {} }
  return { ...made, rev: 1, ...times, ...changes }
}

function line(eventId: string, attempt: number, seq: number): LogLine {
  return { eventId, attempt, seq, at: now + seq, level: 'info', message: `line ${attempt}/${seq}` }
}

/** What every store must do. */
export function storeSuite(name: string, open: () => Promise<Store> | Store): void {
  describe(`${name} as a store`, () => {
    let store: Store
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const create = async (event: Event) => {
      await store.createEvents([event])
      return event
    }
    const ids = (events: readonly { id: string }[]) => events.map((event) => event.id)

    test('gives back what it was given, to the letter', async () => {
      const whole = settled(claimed(pendingEvent({ idempotencyKey: 'k', requestHash: 'h', rerunOf: 'evt_0' })))
      const failed = { ...whole, id: newId('evt'), idempotencyKey: null, error: null, data: null, rev: 7 }
      expect(await store.createEvents([whole, failed])).toEqual([whole, failed])
      expect(await store.getEvent(whole.id)).toEqual(whole)
      expect(await store.getEvents([failed.id, 'evt_unknown', whole.id])).toHaveLength(2)
      expect(await store.getEvent('evt_unknown')).toBeUndefined()
    })

    test('creating the same event again changes nothing', async () => {
      const event = await create(pendingEvent())
      const taken = claimed(event)
      await store.updateEvent(taken)
      expect(await store.createEvents([event])).toEqual([taken])
      expect(await store.getEvent(event.id)).toEqual(taken)
    })

    test('100 concurrent creations under one key make one event', async () => {
      const made = await Promise.all(
        Array.from({ length: 100 }, () => store.createEvents([pendingEvent({ idempotencyKey: 'one' })])),
      )
      expect(new Set(made.flat().map((event) => event.id)).size).toBe(1)
      expect(await store.listEvents({ idempotencyKey: 'one' }, { limit: 10 })).toHaveLength(1)
    })

    test('of 100 concurrent claims of one event, one wins', async () => {
      const event = await create(pendingEvent())
      const claims = Array.from({ length: 100 }, (_, index) => claimed(event, `runner ${index}`))
      const won = await Promise.all(claims.map((claim) => store.updateEvent(claim)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.getEvent(event.id))?.owner).toBe(`runner ${won.indexOf(true)}`)
    })

    test('an outcome that comes too late is rejected', async () => {
      const event = await create(pendingEvent())
      const mine = claimed(event)
      await store.updateEvent(mine)
      const canceled = cancelEvent(mine, now)
      if (!canceled) throw new Error('This event should have been there to cancel')
      expect(await store.updateEvent(canceled)).toBe(true)
      expect(await store.updateEvent(settled(mine))).toBe(false)
      expect(await store.getEvent(event.id)).toEqual(canceled)
    })

    test('of two sweeps that find the same lost event, one takes it', async () => {
      const event = claimed(await create(pendingEvent()), 'dead', now)
      await store.updateEvent(event)
      const sweeps = [1, 2].map((later) => recoverEvent(event, now + later))
      const won = await Promise.all(sweeps.map((next) => (next ? store.updateEvent(next) : undefined)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await store.getEvent(event.id)).toEqual(sweeps[won.indexOf(true)])
    })

    test('an event whose lease was renewed after a sweep found it lost is not taken from its owner', async () => {
      const event = claimed(await create(pendingEvent()), 'slow', now)
      await store.updateEvent(event)
      const taken = recoverEvent(event, now)
      if (!taken) throw new Error('This event should have been there to take over')
      await store.renewLeases('slow', [event.id], now + 15_000)
      expect(await store.updateEvent(taken, now)).toBe(false)
      expect(await store.updateEvent(taken, now + 14_999)).toBe(false)
      expect(await store.getEvent(event.id)).toEqual({ ...event, leaseUntil: now + 15_000 })
      expect(await store.updateEvent(taken, now + 15_000)).toBe(true)
      expect(await store.updateEvent({ ...taken, rev: taken.rev + 1 }, now + 60_000)).toBe(false)
    })

    test('an event that is not there cannot be updated', async () => {
      expect(await store.updateEvent(claimed(pendingEvent()))).toBe(false)
    })

    test('lists newest first, in stretches without gap or repetition', async () => {
      const events = Array.from({ length: 25 }, () => pendingEvent())
      await store.createEvents(events)
      const seen: string[] = []
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = await store.listEvents({}, { after, limit: 10 })
        seen.push(...ids(page))
        if (page.length < 10) break
      }
      expect(seen).toEqual(ids(events).toReversed())
    })

    test('lists what matches every field of the filter', async () => {
      const a = await create(pendingEvent({ type: 'a', workflow: 'wfl_1' }))
      const b = await create(pendingEvent({ type: 'b', workflow: 'wfl_1', status: 'Error' }))
      const c = await create(pendingEvent({ type: 'a', workflow: null, execution: 'fun_1', status: 'Success' }))
      const list = async (filter: Parameters<Store['listEvents']>[0]) =>
        ids(await store.listEvents(filter, { limit: 10 }))
      expect(await list({ type: 'a' })).toEqual([c.id, a.id])
      expect(await list({ workflow: 'wfl_1' })).toEqual([b.id, a.id])
      expect(await list({ workflow: 'wfl_1', type: 'b' })).toEqual([b.id])
      expect(await list({ execution: 'fun_1' })).toEqual([c.id])
      expect(await list({ statuses: ['Success', 'Pending', 'Pending'] })).toEqual([c.id, a.id])
      expect(await list({ statuses: ['Error'], type: 'a' })).toEqual([])
      expect(await list({ statuses: [] })).toEqual([])
    })

    test('finds what is due: lost leases, then pending events, longest due first', async () => {
      const later = await create(pendingEvent({ runAt: now + 1 }))
      const second = await create(pendingEvent({ runAt: now }))
      const first = await create(pendingEvent({ runAt: now - 10 }))
      const held = await create(pendingEvent())
      await store.updateEvent(claimed(held, 'me', now + 1))
      const lost = await create(pendingEvent())
      await store.updateEvent(claimed(lost, 'dead', now))
      const done = await create(pendingEvent())
      await store.updateEvent(claimed(done))
      await store.updateEvent(settled(claimed(done)))
      const what = { workflow: 'wfl_1', execution: null, version: 'abc' }
      expect(await store.listDue(now, 10)).toEqual([
        { id: lost.id, status: 'Processing', runAt: now, ...what },
        { id: first.id, status: 'Pending', runAt: now - 10, ...what },
        { id: second.id, status: 'Pending', runAt: now, ...what },
      ])
      expect(ids(await store.listDue(now, 2))).toEqual([lost.id, first.id])
      expect(ids(await store.listDue(now, 2, 1))).toEqual([lost.id, second.id])
      expect(ids(await store.listDue(now + 1, 10))).toContain(later.id)
    })

    test('tells how much is not final yet, up to a limit', async () => {
      const nothing = { pending: 0, processing: 0, earliestRunAt: null, earliestStart: null }
      expect(await store.backlog(10)).toEqual(nothing)
      await store.createEvents([now + 5, now - 5, now].map((runAt) => pendingEvent({ runAt })))
      await store.createEvents([pendingEvent({ status: 'Success' })])
      const held = await create(pendingEvent({ runAt: now - 9 }))
      await store.updateEvent(claimed(held, 'me', 0))
      const all = { pending: 3, processing: 1, earliestRunAt: now - 5, earliestStart: now }
      expect(await store.backlog(10)).toEqual(all)
      expect(await store.backlog(2)).toEqual({ ...all, pending: 2 })
    })

    test('a heartbeat moves the leases of its owner and no others, and no revision', async () => {
      const mine = claimed(await create(pendingEvent()), 'me', now)
      const yours = claimed(await create(pendingEvent()), 'you', now)
      await store.updateEvent(mine)
      await store.updateEvent(yours)
      const all = [mine.id, yours.id, 'evt_unknown']
      expect(await store.renewLeases('me', [], now + 4000)).toEqual([])
      expect(await store.renewLeases('me', all, now + 5000)).toEqual([mine.id])
      expect(await store.getEvent(mine.id)).toEqual({ ...mine, leaseUntil: now + 5000 })
      expect(await store.getEvent(yours.id)).toEqual(yours)
      expect(await store.updateEvent(settled(mine))).toBe(true)
      expect(await store.renewLeases('me', all, now + 9000)).toEqual([])
    })

    test('keeps logs in order, once', async () => {
      const lines = [line('evt_1', 1, 1), line('evt_1', 1, 2), line('evt_1', 2, 1)]
      await store.appendLogs([lines[2], lines[0]].filter((it) => it !== undefined))
      await store.appendLogs(lines)
      await store.appendLogs([line('evt_2', 1, 1)])
      expect(await store.readLogs('evt_1', undefined, 10)).toEqual(lines)
      expect(await store.readLogs('evt_1', { attempt: 1, seq: 1 }, 1)).toEqual([lines[1]])
      expect(await store.readLogs('evt_1', { attempt: 1, seq: 2 }, 10)).toEqual([lines[2]])
      expect(await store.readLogs('evt_3', undefined, 10)).toEqual([])
    })

    test('a claim that makes an event forget its oldest attempts deletes their log, and no other', async () => {
      const event = await create(fullHistory(pendingEvent()))
      const other = await create(fullHistory(pendingEvent()))
      const lines = [1, 2, 3, 100].flatMap((attempt) => [line(event.id, attempt, 1), line(event.id, attempt, 2)])
      await store.appendLogs([...lines, line(other.id, 1, 1)])
      const claim = claimed(event)
      expect(await store.updateEvent({ ...claim, rev: claim.rev + 1 })).toBe(false)
      expect(await store.readLogs(event.id, undefined, 10)).toEqual(lines)
      expect(await store.updateEvent(claim)).toBe(true)
      expect(await store.readLogs(event.id, undefined, 10)).toEqual(lines.slice(2))
      expect(await store.readLogs(event.id, { attempt: 1, seq: 1 }, 1)).toEqual([line(event.id, 2, 1)])
      expect(await store.readLogs(other.id, undefined, 10)).toEqual([line(other.id, 1, 1)])

      // What came too late for an earlier claim goes with the next one.
      await store.appendLogs([line(event.id, 1, 3)])
      const released = settled(claim)
      expect(await store.updateEvent(released)).toBe(true)
      const next = claimed({ ...released, status: 'Pending' })
      expect(await store.updateEvent(next)).toBe(true)
      expect(await store.readLogs(event.id, undefined, 10)).toEqual(lines.slice(4))
    })

    test('a name belongs to one living program of its kind', async () => {
      const first = program('sum', 'a')
      const saves = [first, program('sum', 'b'), program('sum', 'c')].map((it) => store.saveProgram(it, version('a')))
      expect((await Promise.all(saves)).filter(Boolean)).toHaveLength(1)
      const found = await store.findProgram('workflow', 'sum')
      expect(await store.findProgram('function', 'sum')).toBeUndefined()
      const other = program('sum', 'a', { kind: 'function', id: newId('fun') })
      expect(await store.saveProgram(other, version('a'))).toBe(true)
      if (!found) throw new Error('One of the programs should be there')
      const deleted = { ...found, rev: 2, deletedAt: now }
      expect(await store.saveProgram(deleted, version('a'))).toBe(true)
      expect(await store.findProgram('workflow', 'sum')).toBeUndefined()
      expect(await store.getProgram(found.id)).toEqual(deleted)
      expect(await store.saveProgram(program('sum', 'd'), version('d'))).toBe(true)
    })

    test('of two changes of one program, one wins; a taken name is no name to change to', async () => {
      const it = program('one', 'a', { limits: { timeoutMs: 7 }, description: null })
      await store.saveProgram(it, version('a'))
      await store.saveProgram(program('two', 'a'), version('a'))
      const changes = ['x', 'y'].map((description) => ({ ...it, rev: 2, description }))
      expect(await Promise.all(changes.map((next) => store.saveProgram(next, version('a'))))).toEqual([true, false])
      expect(await store.getProgram(it.id)).toEqual(changes[0])
      expect(await store.saveProgram({ ...it, rev: 3, name: 'two' }, version('a'))).toBe(false)
    })

    test('lists living programs newest first', async () => {
      const programs = ['a', 'b', 'c', 'd'].map((it) => program(it, it))
      for (const it of programs) await store.saveProgram(it, version(it.name))
      const [a, b] = programs
      if (!a || !b) throw new Error('There should be programs')
      await store.saveProgram({ ...b, rev: 2, deletedAt: now }, version('b'))
      const first = await store.listPrograms('workflow', { limit: 2 })
      expect(first.map((it) => it.name)).toEqual(['d', 'c'])
      expect(await store.listPrograms('workflow', { after: first[1]?.id, limit: 2 })).toEqual([a])
      expect(await store.listPrograms('function', { limit: 2 })).toEqual([])
    })

    test('remembers the versions of a program, the one saved last first', async () => {
      const it = program('sum', 'a')
      const saves = ['a', 'b', 'a', 'c']
      for (const [index, code] of saves.entries()) {
        await store.saveProgram({ ...it, rev: index + 1, version: version(code).hash }, version(code))
      }
      const list = (after?: string) => store.listVersions(it.id, { after, limit: 2 })
      expect((await list()).map((v) => v.code)).toEqual(['c', 'a'])
      expect((await list(version('a').hash)).map((v) => v.code)).toEqual(['b'])
      expect(await store.getVersion(version('b').hash)).toEqual(version('b'))
      await store.saveVersion(version('inline'))
      await store.saveVersion(version('inline'))
      expect(await store.getVersion(version('inline').hash)).toEqual(version('inline'))
      expect(await store.getVersion('unknown')).toBeUndefined()
    })

    test('deletes what ended before a time, with its log and key, in stretches', async () => {
      const ended = (finishedAt: number, key: string) =>
        create(pendingEvent({ status: 'Success', finishedAt, idempotencyKey: key }))
      const old = [await ended(now - 2, 'a'), await ended(now - 1, 'b')]
      const later = await ended(now, 'c')
      const last = await ended(now - 1, 'd')
      const others = [
        await create(pendingEvent({ status: 'Error', finishedAt: now - 9 })),
        await create(pendingEvent()),
      ]
      await store.appendLogs([...old, later].flatMap(({ id }) => [line(id, 1, 1), line(id, 1, 2)]))

      const first = await store.deleteFinished('Success', now, '', 3)
      expect(first).toEqual({ deleted: 2, next: later.id })
      expect(await store.deleteFinished('Success', now, first.next ?? '', 3)).toEqual({ deleted: 1, next: undefined })
      expect(await store.deleteFinished('Success', now, '', 3)).toEqual({ deleted: 0, next: undefined })
      expect(await store.getEvents([...old, last].map(({ id }) => id))).toEqual([])
      expect(await store.readLogs(old[0]?.id ?? '', undefined, 10)).toEqual([])
      expect(await store.readLogs(later.id, undefined, 10)).toHaveLength(2)
      expect(await store.getEvents([later, ...others].map(({ id }) => id))).toHaveLength(3)
      const again = pendingEvent({ idempotencyKey: 'a' })
      expect(await store.createEvents([again])).toEqual([again])
    })

    test('what was made after a time is not even looked at for having ended before it', async () => {
      await create(pendingEvent({ status: 'Success', finishedAt: 5 }))
      expect(await store.deleteFinished('Success', 1000, '', 1)).toEqual({ deleted: 0, next: undefined })
    })

    test('deletes logs whose event is gone, and no others', async () => {
      const kept = await create(pendingEvent())
      const gone = [newId('evt'), newId('evt')].toSorted()
      await store.appendLogs([kept.id, ...gone].map((id) => line(id, 1, 1)))
      let deleted = 0
      for (let after: string | undefined = ''; after !== undefined;) {
        const pruned: Awaited<ReturnType<Store['deleteOrphanLogs']>> = await store.deleteOrphanLogs(after, 1)
        deleted += pruned.deleted
        after = pruned.next
      }
      expect(deleted).toBe(2)
      expect(await store.readLogs(kept.id, undefined, 10)).toHaveLength(1)
      for (const id of gone) expect(await store.readLogs(id, undefined, 10)).toEqual([])
    })

    test('can say whether it can be written to', async () => {
      await expect(store.check()).resolves.toBeUndefined()
    })

    const readAll = async (kind: RecordKind, limit: number) => {
      const seen: StoreRecord[] = []
      for (;;) {
        const records = await store.readRecords(kind, seen.at(-1), limit)
        if (records.length === 0) {
          expect(await store.countRecords(kind)).toBe(seen.length)
          return seen
        }
        expect(records.length).toBeLessThanOrEqual(limit)
        seen.push(...records)
      }
    }

    test('reads all it keeps of a kind in the order of the keys, in stretches without gap or repetition', async () => {
      const events = Array.from({ length: 7 }, () => pendingEvent())
      await store.createEvents(events.toReversed())
      const lines = [line('evt_1', 1, 2), line('evt_1', 1, 10), line('evt_1', 2, 1), line('evt_2', 1, 1)]
      await store.appendLogs(lines.toReversed())
      const one = program('one', 'a')
      const two = program('two', 'b')
      await store.saveProgram(two, version('b'))
      for (const [index, code] of ['a', 'b', 'a'].entries()) {
        await store.saveProgram({ ...one, rev: index + 1, version: version(code).hash }, version(code))
      }
      const deleted = { ...one, rev: 4, deletedAt: now }
      await store.saveProgram(deleted, version('a'))
      const versions = [version('a'), version('b')].sort((a, b) => (a.hash < b.hash ? -1 : 1))
      const saved = { [version('a').hash]: 4, [version('b').hash]: 2 }
      for (const limit of [1, 2, 100]) {
        const values = async (kind: RecordKind) => (await readAll(kind, limit)).map((record) => record.value)
        expect(await values('event')).toEqual(events)
        expect(await values('log')).toEqual(lines)
        expect(await values('program')).toEqual([deleted, two])
        expect(await values('version')).toEqual(versions)
        expect(await values('programVersion')).toEqual([
          ...versions.map(({ hash }) => ({ program: one.id, hash, saved: saved[hash] })),
          { program: two.id, hash: version('b').hash, saved: 1 },
        ])
      }
    })

    test('keeps records as they are, and leaves alone what is there under the same key', async () => {
      const it = program('sum', 'a', { rev: 5, deletedAt: now })
      const done = settled(claimed(pendingEvent({ idempotencyKey: 'k' })))
      const records: StoreRecord[] = [
        { kind: 'version', value: version('a') },
        { kind: 'program', value: it },
        { kind: 'programVersion', value: { program: it.id, hash: version('a').hash, saved: 5 } },
        { kind: 'event', value: done },
        { kind: 'log', value: line(done.id, 1, 1) },
      ]
      expect(await store.keepRecords([])).toBe(0)
      expect(await store.keepRecords(records)).toBe(5)
      const same: StoreRecord[] = [
        { kind: 'version', value: { ...version('a'), createdAt: now + 1 } },
        { kind: 'program', value: { ...it, rev: 6, name: 'other' } },
        { kind: 'programVersion', value: { program: it.id, hash: version('a').hash, saved: 6 } },
        { kind: 'event', value: { ...done, rev: 9, idempotencyKey: null } },
        { kind: 'log', value: { ...line(done.id, 1, 1), message: 'other' } },
      ]
      const more: StoreRecord = { kind: 'event', value: pendingEvent() }
      expect(await store.keepRecords([...same, more])).toBe(1)
      expect(await store.keepRecords([...records, more])).toBe(0)
      for (const record of records.filter((each) => each.kind !== 'event')) {
        expect(await readAll(record.kind, 10)).toEqual([record])
      }
      expect(await store.getEvent(done.id)).toEqual(done)
      expect(await store.getProgram(it.id)).toEqual(it)
      expect(await store.listEvents({}, { limit: 10 })).toHaveLength(2)
    })

    test('keeps no event whose idempotency key and no program whose name is taken by another', async () => {
      await create(pendingEvent({ idempotencyKey: 'k' }))
      await store.saveProgram(program('sum', 'a'), version('a'))
      const other = pendingEvent({ idempotencyKey: 'k' })
      const namesake = program('sum', 'a')
      const records: StoreRecord[] = [
        { kind: 'event', value: other },
        { kind: 'event', value: pendingEvent() },
        { kind: 'program', value: namesake },
        { kind: 'program', value: { ...program('sum', 'a'), deletedAt: now } },
      ]
      expect(await store.keepRecords(records)).toBe(2)
      expect(await store.getEvent(other.id)).toBeUndefined()
      expect(await store.getProgram(namesake.id)).toBeUndefined()
    })

    test('what was asked for before it closes is kept or refused, what comes after is refused', async () => {
      const write = store.createEvents([pendingEvent()])
      await store.close()
      await store.close()
      await expect(write).resolves.toHaveLength(1)
      await expect(store.createEvents([pendingEvent()])).rejects.toThrow(/closed/)
      await expect(store.getEvent('evt_1')).rejects.toThrow(/closed/)
      await expect(store.check()).rejects.toThrow(/closed/)
    })
  })
}
