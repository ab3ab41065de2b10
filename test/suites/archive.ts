import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Counts } from '../../src/archive-format.ts'
import { exportStore, importStore } from '../../src/archive.ts'
import { UnavailableError } from '../../src/errors.ts'
import type { Event, EventStatus } from '../../src/event.ts'
import { newId } from '../../src/id.ts'
import type { Json } from '../../src/json.ts'
import type { LogLine, Store } from '../../src/ports.ts'
import type { Program, Version } from '../../src/program.ts'
import { versionHash } from '../../src/program.ts'
import { scratchDir } from '../scratch.ts'
import { pendingEvent } from './store.ts'

const now = 1_800_000_000_000
const statuses: readonly EventStatus[] = ['Pending', 'Processing', 'Success', 'Error', 'Canceled']

/** What a database may stumble over, although it is JSON. Parsed, since `__proto__` in a literal is no key. */
const payloads: readonly Json[] = [
  null,
  '',
  0.1,
  [],
  {},
  'line\nfeed, \u0000, \u2028, 🦊, \ud800 and \udfff alone',
  JSON.parse('{"$ref":"#/a","a.b":{"$set":{"x":1}},"__proto__":{"admin":true},"_bsontype":"ObjectId","":[""]}'),
  JSON.parse('{"zebra":1,"ape":{"9":"nine","-1":"x","constructor":null,"toString":false},"\\ud83d":"\\udc00"}'),
  JSON.parse(`${'{"deep":['.repeat(90)}"bottom"${']}'.repeat(90)}`),
  [1e300, -1e-300, 9_007_199_254_740_991, 12_345_678_901, 1.5, true, [[[null]]]],
]

function version(code: string): Version {
  return { hash: versionHash('TypeScript', code), language: 'TypeScript', code, script: `${code} `, createdAt: now }
}

/** An event that has been through something; which, and with what, follows from its number. */
function eventOf(index: number): Event {
  const status = statuses[index % statuses.length] ?? 'Pending'
  const payload = payloads[index % payloads.length] ?? null
  const receipt = { wallMs: 1.25, cpuMs: 1, heapBytes: 9, logLines: 0, queueMs: 3 }
  const failure = { code: 'USER_ERROR', name: 'TypeError', message: 'ä\n"', stack: null, codeFrame: '> 1 |' } as const
  const held = status === 'Processing'
  return pendingEvent({
    status,
    input: payload,
    data: status === 'Success' ? payload : null,
    error: status === 'Error' ? { ...failure, line: 1, column: 2, retryable: true } : null,
    attempts:
      status === 'Pending'
        ? []
        : [{ number: 1, startedAt: now, finishedAt: null, outcome: held ? null : 'Success', receipt }],
    idempotencyKey: index % 3 === 0 ? `key ${index} 🦊` : null,
    requestHash: index % 3 === 0 ? 'f00' : null,
    owner: held ? 'runner' : null,
    leaseUntil: held ? now + 15_000 : null,
    rev: 1 + (index % 4),
  })
}

/** Programs, deleted ones too, versions, events of every kind and logs. Resolves to how many of each there are. */
export async function furnish(store: Store, events: number): Promise<Counts> {
  const made: Program = {
    id: newId('wfl'),
    kind: 'workflow',
    name: 'sum',
    description: null,
    version: '',
    limits: { timeoutMs: 7 },
    createdAt: now,
    updatedAt: now,
    rev: 0,
    deletedAt: null,
  }
  for (const [index, code] of ['A', 'B', 'A'].entries()) {
    await store.saveProgram({ ...made, rev: index + 1, version: version(code).hash }, version(code))
  }
  const gone: Program = { ...made, id: newId('fun'), kind: 'function', description: '', version: version('C').hash }
  await store.saveProgram({ ...gone, rev: 1, limits: {} }, version('C'))
  await store.saveProgram({ ...gone, rev: 2, deletedAt: now + 1 }, version('C'))
  await store.saveVersion(version('export default () => "inline 🦊"'))
  const all = Array.from({ length: events }, (_, index) => eventOf(index))
  for (let start = 0; start < events; start += 1000) await store.createEvents(all.slice(start, start + 1000))
  const lines = all
    .filter((_, index) => index % 5 === 1)
    .flatMap((event) =>
      Array.from({ length: 3 }, (_, index): LogLine => {
        const message = ['', 'ä\n🦊', '"{}"'][index] ?? ''
        return { eventId: event.id, attempt: 1 + (index % 2), seq: index + 1, at: now + index, level: 'info', message }
      }),
    )
  await store.appendLogs(lines)
  return { version: 4, program: 2, programVersion: 3, event: events, log: lines.length }
}

/** Everything from one kind of store can be carried to the other in a file, and back. Every store opens empty. */
export function archiveSuite(
  name: string,
  openFrom: () => Promise<Store> | Store,
  openTo: () => Promise<Store> | Store,
): void {
  describe(`moving house, ${name}`, () => {
    const opened = async (open: () => Promise<Store> | Store) => {
      const store = await open()
      onTestFinished(() => store.close())
      return store
    }
    const nothing: Counts = { version: 0, program: 0, programVersion: 0, event: 0, log: 0 }

    test('an empty store is carried as such', async () => {
      const file = join(await scratchDir(), 'empty.jsonl')
      expect(await exportStore({ store: await opened(openFrom), file })).toEqual(nothing)
      expect(await importStore({ store: await opened(openTo), file })).toEqual({ read: nothing, kept: nothing })
    })

    test('10,000 events with all that belongs to them give equal files there and back', async () => {
      const dir = await scratchDir()
      const files = ['first', 'second', 'third'].map((it) => join(dir, it))
      const [first = '', second = '', third = ''] = files
      const from = await opened(openFrom)
      const counts = await furnish(from, 10_000)
      expect(await exportStore({ store: from, file: first })).toEqual(counts)

      const to = await opened(openTo)
      expect(await importStore({ store: to, file: first })).toEqual({ read: counts, kept: counts })
      expect(await exportStore({ store: to, file: second })).toEqual(counts)
      const back = await opened(openFrom)
      expect(await importStore({ store: back, file: second })).toEqual({ read: counts, kept: counts })
      expect(await exportStore({ store: back, file: third })).toEqual(counts)

      const [a, b, c] = await Promise.all(files.map((file) => readFile(file)))
      expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true)
      expect(a?.equals(c ?? Buffer.alloc(0))).toBe(true)
      const [program] = await to.listPrograms('workflow', { limit: 2 })
      const versions = await to.listVersions(program?.id ?? '', { limit: 10 })
      expect(versions.map((it) => it.code)).toEqual(['A', 'B'])
      expect(await to.listPrograms('function', { limit: 2 })).toEqual([])
    }, 120_000)

    test('an import that broke off is finished by the next, which leaves alone what is there', async () => {
      const file = join(await scratchDir(), 'archive')
      const from = await opened(openFrom)
      const counts = await furnish(from, 1200)
      await exportStore({ store: from, file })
      const to = await opened(openTo)
      const [record] = await from.readRecords('event', undefined, 1)
      if (record?.kind !== 'event') throw new Error('There should be an event')
      const ahead = { ...record.value, rev: 99 }
      await to.createEvents([ahead])

      let calls = 0
      const failing: Store = {
        ...to,
        keepRecords: (records) =>
          ++calls === 5 ? Promise.reject(new UnavailableError('Away')) : to.keepRecords(records),
      }
      await expect(importStore({ store: failing, file })).rejects.toThrow('Away')
      const { read, kept } = await importStore({ store: to, file })
      expect(read).toEqual(counts)
      expect(kept).toEqual({ ...nothing, event: 700, log: counts.log })
      expect(await to.getEvent(ahead.id)).toEqual(ahead)
      expect((await importStore({ store: to, file })).kept).toEqual(nothing)
    })

    test('an export during which the store changed is not finished', async () => {
      const file = join(await scratchDir(), 'archive')
      const store = await opened(openFrom)
      await store.createEvents([pendingEvent()])
      const changing: Store = {
        ...store,
        async readRecords(kind, after, limit) {
          // What was made after its kind was read is not in the file.
          if (kind === 'log') await store.createEvents([pendingEvent()])
          return store.readRecords(kind, after, limit)
        },
      }
      await expect(exportStore({ store: changing, file })).rejects.toThrow(
        /expected 2 of kind event, as the store has; stop the servers .* got 1 of kind event/,
      )
      await expect(importStore({ store, file })).rejects.toThrow(/expected a finished export/)
    })

    test('a record that has no place beside what is there is told, not lost', async () => {
      const file = join(await scratchDir(), 'archive')
      const from = await opened(openFrom)
      await from.createEvents([pendingEvent({ idempotencyKey: 'one' })])
      await exportStore({ store: from, file })
      const to = await opened(openTo)
      await to.createEvents([pendingEvent({ idempotencyKey: 'one' })])
      await expect(importStore({ store: to, file })).rejects.toThrow(/event evt_.*idempotency key.*"one"/)
    })

    test('stops when told to, and goes on from there', async () => {
      const file = join(await scratchDir(), 'archive')
      const from = await opened(openFrom)
      const counts = await furnish(from, 1200)
      const stopAfter = (records: number) => {
        const controller = new AbortController()
        const progress = (at: { records: number }) => at.records >= records && controller.abort()
        return { progress, signal: controller.signal }
      }
      await expect(exportStore({ store: from, file, ...stopAfter(300) })).rejects.toThrow(/aborted/)
      const { size } = await stat(file)
      expect(await exportStore({ store: from, file })).toEqual(counts)
      expect((await stat(file)).size).toBeGreaterThan(size)
      const to = await opened(openTo)
      await expect(importStore({ store: to, file, ...stopAfter(300) })).rejects.toThrow(/aborted/)
      expect((await importStore({ store: to, file })).read).toEqual(counts)
    })
  })
}
