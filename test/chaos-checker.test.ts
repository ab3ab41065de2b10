import { closeSync, openSync, writeSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Event } from '../src/event.ts'
import { noUsage } from '../src/event.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { claimEvent, newEvent, owned, recoverEvent, settleEvent } from '../src/transitions.ts'
import { check } from './chaos/checker.ts'
import type { Entry } from './chaos/record.ts'
import { scratchDir } from './scratch.ts'

const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
const pid = 100

function made(name: string): Event {
  const assignment = { workflow: null, execution: null, version: 'hash', limits, runAt: 1 }
  const request = { id: `evt_${name}`, type: 'chaos', input: null, idempotencyKey: name, requestHash: null }
  return newEvent({ ...request, assignment, limits, rerunOf: null }, 1)
}

const claimed = (event: Event) => owned(claimEvent(event, 'owner', 1, 1))
const crashed = (event: Event) => owned(recoverEvent(claimed(event), 2))

function succeeded(event: Event): Event {
  const outcome = { kind: 'Success' as const, data: { key: event.idempotencyKey ?? '' }, usage: noUsage }
  return owned(settleEvent(claimed(event), 'owner', outcome, 2, 0))
}

function quarantined(event: Event): Event {
  return [1, 2, 3, 4, 5].reduce(crashed, event)
}

/** The data file as events are in it. */
async function fileOf(...events: readonly Event[]): Promise<string> {
  const dataDir = await scratchDir()
  const store = openSqliteStore({ dataDir })
  await store.keepRecords(events.map((value) => ({ kind: 'event', value })))
  await store.close()
  return join(dataDir, 'workcell.db')
}

function asked(name: string, poison = false): Entry[] {
  return [
    { op: 'invoke', key: name, poison, input: null },
    { op: 'ok', key: name, id: `evt_${name}` },
  ]
}

const run = (name: string, attempt = 1) => ({ pid, id: `evt_${name}`, attempt })

const began = (name: string, attempt = 1, alone = false): Entry[] => [
  { op: 'claim', ...run(name, attempt), alone },
  { op: 'begin', ...run(name, attempt) },
]

const ended = (name: string, attempt = 1): Entry[] => [
  { op: 'end', ...run(name, attempt), outcome: 'Success' },
  { op: 'settled', ...run(name, attempt), status: 'Success' },
]

const died: Entry[] = [
  { op: 'kill', pid },
  { op: 'exit', pid, code: null, ms: 0 },
]

/** The record of an event whose server died of it five times, the last three times alone. */
const deadly = (name: string): Entry[] => [
  ...asked(name, true),
  ...[1, 2, 3, 4, 5].flatMap((attempt): Entry[] => [
    ...began(name, attempt, attempt > 2).map((entry) => ({ ...entry, pid: attempt })),
    { op: 'poison', ...run(name, attempt), pid: attempt },
    { op: 'exit', pid: attempt, code: null, ms: 0 },
  ]),
]

const good = [...asked('a'), ...began('a'), ...ended('a')]

test('nothing is wrong where nothing is', async () => {
  const file = await fileOf(succeeded(made('a')), quarantined(made('p')))
  const { violations, figures } = check([...good, ...deadly('p')], file)
  expect(violations).toEqual([])
  expect(figures).toMatchObject({ events: 2, 'process deaths': 5, 'of them by poison': 5, quarantined: 1 })
})

test('an acknowledged event that is not there is lost', async () => {
  const { violations } = check([...good, ...asked('b')], await fileOf(succeeded(made('a'))))
  expect(violations).toEqual(['b is lost: it was acknowledged as evt_b'])
})

test('an event that is still waiting or running is stuck', async () => {
  const { violations } = check([...asked('a'), ...asked('b')], await fileOf(made('a'), claimed(made('b'))))
  expect(violations).toEqual(['a is stuck as Pending', 'b is stuck as Processing'])
})

test('an outcome that was recorded twice, a key acknowledged twice and a run for no reason are told', async () => {
  const entries: Entry[] = [...good, ...began('a', 2), ...ended('a', 2), { op: 'ok', key: 'a', id: 'evt_other' }]
  expect(check(entries, await fileOf(succeeded(made('a')))).violations).toEqual([
    'a was acknowledged as evt_a and evt_other',
    'a was ended 2 times',
    'a was begun 2 times, with 0 deaths and 0 shutdowns',
    '1 events ended twice, with 0 deaths',
  ])
})

test('an outcome of another event, or of none, is told', async () => {
  const other = { ...succeeded(made('a')), data: { key: 'b' } }
  const entries = [...asked('a'), ...began('a')]
  expect(check(entries, await fileOf(other)).violations).toEqual([
    'a has the result of another',
    'a has an outcome of code that never ended',
  ])
})

test('an event that nobody asked for is told, whether it has a key or not', async () => {
  const unasked = [{ ...succeeded(made('b')), idempotencyKey: null, data: { key: 'evt_b' } }, succeeded(made('c'))]
  const file = await fileOf(succeeded(made('a')), ...unasked, { ...made('d'), idempotencyKey: null })
  expect(check([...good, ...began('b'), ...ended('b'), ...began('c'), ...ended('c')], file).violations).toEqual([
    'evt_b was asked for by nobody',
    'c was asked for by nobody',
    'evt_d was asked for by nobody',
    'evt_d is stuck as Pending',
  ])
})

test('an event that is final and was not left as such is told', async () => {
  const entries = [...asked('a'), ...began('a'), ...died, ...began('a', 2), ...ended('a', 2)]
  const event = succeeded(crashed(made('a')))
  expect(check(entries, await fileOf(event)).violations).toEqual([])
  const [first, ...others] = event.attempts
  const open = { ...event, attempts: [...(first ? [{ ...first, outcome: null }] : []), ...others] }
  const held = ['a has an owner or a lease']
  expect(check(entries, await fileOf(open)).violations).toEqual(['a has 1 attempts without an outcome'])
  expect(check(entries, await fileOf({ ...event, owner: 'somebody' })).violations).toEqual(held)
  expect(check(entries, await fileOf({ ...event, leaseUntil: 5 })).violations).toEqual(held)
})

test('an outcome that a server wrote down and that is not what is kept is told, and so is another input', async () => {
  const file = await fileOf(succeeded(made('a')))
  const failed = good.map((entry): Entry => (entry.op === 'settled' ? { ...entry, status: 'Error' } : entry))
  expect(check(failed, file).violations).toEqual(['a was ended as Error and stands as Success'])
  const other = good.map((entry): Entry => (entry.op === 'invoke' ? { ...entry, input: { n: 1 } } : entry))
  expect(check(other, file).violations).toEqual(['a has another input than was given'])
})

test('an attempt used up by a death is told', async () => {
  const used = { ...succeeded(crashed(made('a'))), attemptsUsed: 2 }
  const entries = [...asked('a'), ...began('a'), ...died, ...began('a', 2), ...ended('a', 2)]
  expect(check(entries, await fileOf(used)).violations).toEqual(['a used up 2 attempts instead of 1'])
})

test('an innocent that is given up is told, unless servers died of it three times while it ran alone', async () => {
  const file = await fileOf(quarantined(made('a')))
  const innocent = deadly('a').map((entry): Entry => (entry.op === 'invoke' ? { ...entry, poison: false } : entry))
  expect(check(innocent, file)).toMatchObject({
    violations: [],
    figures: { 'innocents that died alone three times': 1 },
  })
  const inCompany = innocent.map((entry) => (entry.op === 'claim' ? { ...entry, alone: false } : entry))
  expect(check(inCompany, file).violations).toEqual(['a ended as Error QUARANTINED'])
})

test('a poison that does not end as what it is, is told', async () => {
  const { violations } = check([...asked('a', true), ...began('a'), ...ended('a')], await fileOf(succeeded(made('a'))))
  expect(violations).toEqual(['a is poison and ended as Success '])
})

test('what runs beside an event that is to be alone is told', async () => {
  const entries = [...asked('a'), ...asked('b'), ...began('a', 1, true), ...began('b'), ...ended('a'), ...ended('b')]
  const { violations } = check(entries, await fileOf(succeeded(made('a')), succeeded(made('b'))))
  expect(violations).toEqual(['evt_b began beside evt_a, of which one was to be alone'])
})

test('a shutdown that claims, that takes too long, that ends badly or that gives nothing back is told', async () => {
  const file = await fileOf(succeeded(made('a')))
  const stopping: Entry = { op: 'stopping', pid }
  const exit = (code: number, ms: number): Entry => ({ op: 'exit', pid, code, ms })
  expect(check([...good, stopping, exit(0, 25_900)], file).violations).toEqual([])
  expect(check([stopping, ...good, exit(0, 10)], file).violations).toEqual(['Server 100 claimed evt_a after SIGTERM'])
  expect(check([...good, stopping, exit(0, 26_100)], file).violations).toEqual([
    'Server 100 took 26100 ms to end after SIGTERM',
  ])
  expect(check([...good, stopping, exit(1, 10)], file).violations).toEqual(['Server 100 ended with 1 after SIGTERM'])
  expect(check([...good, exit(0, 10)], file).violations).toEqual(['Server 100 ended by itself with 0'])
  const left: Entry[] = [...asked('a'), ...began('a', 2), stopping, exit(0, 10), ...began('a', 3), ...ended('a', 3)]
  expect(check(left, file).violations).toContain('Server 100 left without giving back evt_a')
  const unasked: Entry[] = [...good, { op: 'exit', pid, code: null, ms: 0 }]
  expect(check(unasked, file).violations).toEqual(['Server 100 was killed by nobody'])
})

test('a damaged and a missing data file are told', async () => {
  const file = await fileOf(succeeded(made('a')))
  expect(statSync(file).size).toBeGreaterThan(8192)
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(4096, 'x'), 0, 4096, 4096)
  closeSync(fd)
  expect(check(good, file).violations.join()).toMatch(/damaged|cannot be read/)
  expect(check(good, join(await scratchDir(), 'none.db')).violations.join()).toMatch(/cannot be read/)
})
