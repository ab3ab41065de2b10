import type { TestContext } from 'vitest'
import { describe, expect, test } from 'vitest'
import { StartError, UnavailableError } from '../src/errors.ts'
import type { Event } from '../src/event.ts'
import type { Json } from '../src/json.ts'
import type { Store } from '../src/ports.ts'
import { newId } from '../src/id.ts'
import { versionHash } from '../src/program.ts'
import { eventDocument } from '../src/store/mongo-documents.ts'
import { openMongoStore } from '../src/store/mongo.ts'
import type { MongoStore } from '../src/store/mongo.ts'
import { claimEvent, releaseEvent, settleEvent } from '../src/transitions.ts'
import { eventually } from './harness.ts'
import { faults, isKept, outcomes } from './mongo/faults.ts'
import type { MongoServerOptions, MongoTestServer } from './mongo/server.ts'
import { startMongoServer } from './mongo/server.ts'
import { startStopwatch } from './stopwatch.ts'
import { fullHistory, pendingEvent } from './suites/store.ts'

/** Tests that run at the same time must each clean up after themselves. */
type Finish = Pick<TestContext, 'onTestFinished'>

interface Opened {
  readonly server: MongoTestServer
  readonly store: MongoStore
  readonly warnings: string[]
}

async function startServer({ onTestFinished }: Finish, options: MongoServerOptions = {}): Promise<MongoTestServer> {
  const server = await startMongoServer(options)
  onTestFinished(() => server.stop())
  return server
}

async function open(finish: Finish, options: MongoServerOptions = {}): Promise<Opened> {
  const server = await startServer(finish, options)
  const warnings: string[] = []
  const store = await openMongoStore({ uri: server.uri(), warn: (message) => void warnings.push(message) })
  finish.onTestFinished(() => store.close())
  return { server, store, warnings }
}

/** Opens a store that must be refused, and resolves to what the operator reads. */
async function refusal(uri: string, startMs = 300, allowStandalone = false): Promise<string> {
  const opened = openMongoStore({ uri, startMs, allowStandalone, warn: () => undefined })
  const error = await opened.then(
    async (store) => store.close(),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(StartError)
  return error instanceof StartError ? error.message : ''
}

function claimed(event: Event, owner: string): Event {
  const next = claimEvent(event, owner, 1_900_000_000_000, 1_900_000_000_000)
  if (!next) throw new Error('This event should have been there to claim')
  return next
}

/** Every event in the store, by the path that lists take. */
const all = (store: Store) => store.listEvents({}, { limit: 100 })

describe.concurrent('a fault of a server that lasts no longer than a call waits', () => {
  test.for(faults)('$row, $fault: a new event is kept once, or its caller told', async ({ row, fault }, context) => {
    const { server, store } = await open(context)
    const event = pendingEvent({ idempotencyKey: 'one' })
    server.inject({ command: 'insert', collection: 'events', ...fault })
    const made = store.createEvents([event])
    if (!isKept(row)) {
      await expect(made).rejects.toThrow(UnavailableError)
      expect(await all(store)).toEqual([])
    } else {
      expect(await made).toEqual([event])
      expect(await all(store)).toEqual([event])
    }
    expect(server.pendingFaults()).toBe(0)
  })

  const unlessDuplicate = faults.filter(({ fault }) => fault.action !== 'duplicate')

  test.for(unlessDuplicate)(
    '$row, $fault: a claim is kept and its claimant knows, or is told that it is not',
    async ({ row, fault }, context) => {
      const { server, store } = await open(context)
      const event = pendingEvent()
      await store.createEvents([event])
      server.inject({ command: 'update', collection: 'events', ...fault })
      const won = store.updateEvent(claimed(event, 'me'))
      if (!isKept(row)) {
        await expect(won).rejects.toThrow(UnavailableError)
        expect(await all(store)).toEqual([event])
      } else {
        expect(await won).toBe(true)
        expect(await all(store)).toEqual([claimed(event, 'me')])
        expect(await store.updateEvent(claimed(event, 'you'))).toBe(false)
      }
      expect(server.pendingFaults()).toBe(0)
    },
  )

  test.for(unlessDuplicate)('$row, $fault: lines of a log are kept once, or not', async ({ row, fault }, context) => {
    const { server, store } = await open(context)
    const line = { eventId: 'evt_1', attempt: 1, seq: 1, at: 5, level: 'info' as const, message: 'hello' }
    const lines = [line, { ...line, seq: 2 }]
    server.inject({ command: 'insert', collection: 'logs', ...fault })
    const kept = store.appendLogs(lines)
    if (!isKept(row)) await expect(kept).rejects.toThrow(UnavailableError)
    else await kept
    expect(await store.readLogs('evt_1', undefined, 10)).toEqual(!isKept(row) ? [] : lines)
    expect(server.pendingFaults()).toBe(0)
  })

  test.for(unlessDuplicate)(
    '$row, $fault: a claim stands, and the log that it makes useless is deleted with it or with the next',
    async ({ row, fault }, context) => {
      const { server, store } = await open(context)
      const event = fullHistory(pendingEvent())
      const line = { eventId: event.id, attempt: 1, seq: 1, at: 5, level: 'info' as const, message: 'hello' }
      const kept = { ...line, attempt: 3 }
      await store.createEvents([event])
      await store.appendLogs([line, kept])
      server.inject({ command: 'delete', collection: 'logs', ...fault })
      const claim = claimed(event, 'me')
      expect(await store.updateEvent(claim)).toBe(true)
      expect(server.pendingFaults()).toBe(0)
      expect(await store.readLogs(event.id, undefined, 10)).toEqual(isKept(row) ? [kept] : [line, kept])
      const released = releaseEvent(claim, 'me', 5, 5) ?? claim
      expect(await store.updateEvent(released)).toBe(true)
      expect(await store.updateEvent(claimed(released, 'you'))).toBe(true)
      expect(await store.readLogs(event.id, undefined, 10)).toEqual([kept])
    },
  )

  test.for(unlessDuplicate)('$row, $fault: a program is kept once, or not', async ({ row, fault }, context) => {
    const { server, store } = await open(context)
    const code = 'export default () => 1'
    const hash = versionHash('TypeScript', code)
    const version = { hash, language: 'TypeScript' as const, code, script: code, createdAt: 5 }
    const made = {
      id: newId('wfl'),
      kind: 'workflow' as const,
      name: 'w',
      description: null,
      version: hash,
      limits: {},
    }
    const program = { ...made, createdAt: 5, updatedAt: 5, rev: 1, deletedAt: null }
    server.inject({ command: 'insert', collection: 'workflows', ...fault })
    const saved = store.saveProgram(program, version)
    if (!isKept(row)) await expect(saved).rejects.toThrow(UnavailableError)
    else expect(await saved).toBe(true)
    const found = await store.listPrograms('workflow', { limit: 10 })
    expect(found).toEqual(!isKept(row) ? [] : [program])
    // Who finds the program there already does not write it again.
    expect(server.pendingFaults()).toBeLessThan(fault.times ?? 1)
  })

  test('a read is repeated', async (context) => {
    const { server, store } = await open(context)
    const event = pendingEvent()
    await store.createEvents([event])
    server.inject({ command: 'find', action: 'dropBefore', times: 4 })
    expect(await store.getEvent(event.id)).toEqual(event)
  })
})

test('every row of the table of faults is put to the test', () => {
  const away = 'no server that can be written to for 4.5 s'
  expect(new Set([...faults.map(({ row }) => row), away])).toEqual(new Set(Object.keys(outcomes)))
})

describe.concurrent('who lost the race while the answer was lost', () => {
  test.for(['dropBefore', 'dropAfter'] as const)(
    'a claim that met %s, between two claimants',
    async (action, context) => {
      const { server, store } = await open(context)
      const event = pendingEvent()
      await store.createEvents([event])
      server.inject({ command: 'update', collection: 'events', action, times: 3 })
      const owners = Array.from({ length: 100 }, (_, index) => `runner ${index}`)
      const won = await Promise.all(owners.map((owner) => store.updateEvent(claimed(event, owner))))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.getEvent(event.id))?.owner).toBe(owners[won.indexOf(true)])
    },
  )

  test('100 creations under one key while sockets close make one event', async (context) => {
    const { server, store } = await open(context)
    server.inject({ command: 'insert', collection: 'events', action: 'dropAfter', times: 4 })
    const made = await Promise.all(
      Array.from({ length: 100 }, () => store.createEvents([pendingEvent({ idempotencyKey: 'one' })])),
    )
    expect(new Set(made.flat().map((event) => event.id)).size).toBe(1)
    expect(await all(store)).toHaveLength(1)
  })

  /** An event at some revision, with another type so that revisions differ. */
  const after = (event: Event, count = 1): Event => ({
    ...event,
    rev: event.rev + count,
    type: `at ${event.rev + count}`,
  })

  test('a change whose answer was lost is known to be kept, though others have built upon it', async (context) => {
    const { server, store } = await open(context)
    const other = await openMongoStore({ uri: server.uri(), warn: () => undefined })
    context.onTestFinished(() => other.close())
    const event = pendingEvent()
    await store.createEvents([event])
    server.inject({ command: 'update', collection: 'events', action: 'hang' })
    const kept = store.updateEvent(after(event))
    await eventually(async () => ((await other.getEvent(event.id))?.rev === 2 ? true : undefined))
    for (let rev = 2; rev < 10; rev++) expect(await other.updateEvent(after(event, rev))).toBe(true)
    expect(await kept).toBe(true)
    expect((await store.getEvent(event.id))?.rev).toBe(10)
  })

  test('a change that was lost with its question is known not to be kept, though others have changed the event', async (context) => {
    const { server, store } = await open(context)
    const event = pendingEvent()
    await store.createEvents([event])
    await store.updateEvent(after(event))
    await store.updateEvent(after(event, 2))
    server.inject({ command: 'update', collection: 'events', action: 'dropBefore', times: 3 })
    expect(await store.updateEvent({ ...after(event), type: 'late' })).toBe(false)
  })

  test('a change of which nothing is left to see is said to be unknown', async (context) => {
    const { server, store } = await open(context)
    const event = pendingEvent()
    await store.createEvents([event])
    for (let rev = 1; rev < 15; rev++) await store.updateEvent(after(event, rev))
    server.inject({ command: 'update', collection: 'events', action: 'dropBefore', times: 3 })
    await expect(store.updateEvent(after(event))).rejects.toThrow(/may or may not have been kept/)
  })

  test('a program that others have saved since its answer was lost is not saved again', async (context) => {
    const { server, store } = await open(context)
    const other = await openMongoStore({ uri: server.uri(), warn: () => undefined })
    context.onTestFinished(() => other.close())
    const version = (code: string) => ({
      hash: versionHash('TypeScript', code),
      language: 'TypeScript' as const,
      code,
      script: code,
      createdAt: 5,
    })
    const program = (rev: number) => ({
      id: 'wfl_1',
      kind: 'workflow' as const,
      name: 'w',
      description: `${rev}`,
      version: version(`export default () => ${rev}`).hash,
      limits: {},
      createdAt: 5,
      updatedAt: 5,
      rev,
      deletedAt: null,
    })
    const save = (by: MongoStore, rev: number) => by.saveProgram(program(rev), version(`export default () => ${rev}`))
    await save(store, 1)
    server.inject({ command: 'update', collection: 'workflows', action: 'hang' })
    const kept = save(store, 2)
    await eventually(async () => ((await other.getProgram('wfl_1'))?.rev === 2 ? true : undefined))
    expect(await save(other, 3)).toBe(true)
    expect(await kept).toBe(true)
    expect(await store.getProgram('wfl_1')).toEqual(program(3))
  })

  test('an outcome whose answer was lost is not taken for that of another, once the event went on', async (context) => {
    const { server, store } = await open(context)
    const event = pendingEvent()
    await store.createEvents([event])
    const mine = claimed(event, 'me')
    await store.updateEvent(mine)
    const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }
    const settle = (data: Json) => settleEvent(mine, 'me', { kind: 'Success', data, usage }, 5, 0)
    const [first, second] = [settle(1), settle(2)]
    if (!first || !second) throw new Error('The claimant should have been able to settle')
    await store.updateEvent(second)
    server.inject({ command: 'update', collection: 'events', action: 'dropBefore', times: 3 })
    expect(await store.updateEvent(first)).toBe(false)
    expect(await store.getEvent(event.id)).toEqual(second)
  })
})

test('another node becomes the primary under a hundred writes: each is kept once', async (context) => {
  const { server, store } = await open(context, { nodes: 2 })
  const events = Array.from({ length: 100 }, () => pendingEvent())
  const writes = events.map((event, index) => {
    if (index % 25 === 24) server.failover()
    return store.createEvents([event])
  })
  const made = (await Promise.all(writes)).flat()
  expect(made).toEqual(events)
  expect(await all(store)).toHaveLength(100)
})

describe('a server that is away', () => {
  test('is told within 5 s, without a word of the credentials, and back in use as soon as it is there', async (context) => {
    const credentials = { username: 'ada', password: 'swordfish' }
    const { server, store } = await open(context, { credentials })
    const event = pendingEvent()
    await store.createEvents([event])
    await server.stop()
    const watch = startStopwatch()
    const calls = [store.createEvents([pendingEvent()]), store.getEvent(event.id), store.check(), store.listDue(9, 9)]
    const results = await Promise.allSettled(calls)
    expect(watch.stop()).toBeLessThan(5000)
    for (const result of results) {
      const error = result.status === 'rejected' ? result.reason : undefined
      expect(error).toBeInstanceOf(UnavailableError)
      expect(JSON.stringify([error.message, error.stack, error.cause, { ...error }])).not.toMatch(/swordfish|ada/)
    }
    await server.start()
    await eventually(() =>
      store.check().then(
        () => true,
        () => undefined,
      ),
    )
    expect(await store.getEvent(event.id)).toEqual(event)
  })

  test('at start, is waited for', async (context) => {
    const server = await startServer(context)
    const uri = server.uri()
    await server.stop()
    const waiting = Promise.withResolvers<string>()
    const opened = openMongoStore({ uri, warn: waiting.resolve })
    expect(await waiting.promise).toMatch(/not there yet, waiting up to 30 s/)
    await server.start()
    const store = await opened
    await store.check()
    await store.close()
  })

  test('at start, is given up after a while though it takes questions, if it does not answer them', async (context) => {
    const server = await startServer(context)
    server.inject({ command: 'update', collection: 'workcell', action: 'hang', times: 9 })
    expect(await refusal(server.uri(), 1_000)).toMatch(/answers within 1 s, got the server does not answer/)
  })

  test('at start, is given up after a while', async (context) => {
    const server = await startServer(context)
    await server.stop()
    expect(await refusal(server.uri())).toMatch(/expected a server that answers within 0\.3 s, got .*ECONNREFUSED/)
  })
})

describe('a start that cannot succeed says why', () => {
  const credentials = { username: 'ada', password: 'sword/fish' }

  test('a wrong password, at once and without showing it', async (context) => {
    const server = await startServer(context, { credentials })
    const message = await refusal(server.uri().replace('sword', 'jelly'), 30_000)
    expect(message).toMatch(/AuthenticationFailed/)
    expect(message).not.toMatch(/fish|ada/)
  })

  test('no credentials where some are needed', async (context) => {
    const server = await startServer(context, { credentials })
    expect(
      await refusal(
        server
          .uri()
          .replace(/\/\/.*@/, '//')
          .replace(/&auth\w+=[^&]*/g, ''),
        30_000,
      ),
    ).toMatch(/Unauthorized/)
  })

  test('missing rights', async (context) => {
    const server = await startServer(context, { forbidden: ['createIndexes'] })
    expect(await refusal(server.uri(), 30_000)).toMatch(/expected a user with the role .* got Unauthorized/)
  })

  test('a standalone server, unless it is allowed', async (context) => {
    const server = await startServer(context, { standalone: true })
    expect(await refusal(server.uri(), 30_000)).toMatch(/got a standalone server.*ALLOW_STANDALONE_MONGO=1/)
    const store = await openMongoStore({ uri: server.uri(), allowStandalone: true, warn: () => undefined })
    await store.createEvents([pendingEvent()])
    await store.close()
  })

  test('a standalone server where a replica set is asked for, at once and by its name', async (context) => {
    const server = await startServer(context, { standalone: true })
    const uri = server.uri().replace('directConnection=true', 'replicaSet=rs0')
    expect(await refusal(uri, 30_000)).toMatch(
      /expected a member of the replica set "rs0".* got 127\.0\.0\.1:\d+, a standalone server/,
    )
  })

  test('a member of another replica set, at once and by its name', async (context) => {
    const server = await startServer(context)
    expect(await refusal(server.uri().replace('=rs0', '=rs1'), 30_000)).toMatch(
      /expected a member of the replica set "rs1".* got 127\.0\.0\.1:\d+, a member of "rs0"/,
    )
  })

  test('a replica set that nobody has initiated, which is waited for and told', async (context) => {
    const server = await startServer(context, { uninitiated: true })
    const told = Promise.withResolvers<string>()
    const opened = openMongoStore({ uri: server.uri(), warn: told.resolve })
    expect(await told.promise).toMatch(
      /waiting up to 30 s for it: .* is no member of a replica set yet; run rs\.initiate/,
    )
    server.initiate()
    const store = await opened
    await store.createEvents([pendingEvent()])
    await store.close()
    const never = await startServer(context, { uninitiated: true })
    expect(await refusal(never.uri(), 300)).toMatch(/run rs\.initiate\(\) once/)
  })

  test('a string that is none', async () => {
    const strings = [
      'mongodb://ada:sword:fish@127.0.0.1:99999/x',
      'mongodb://ada:swordfish',
      'mongodb://ada:swordfish/x',
      'mongodb://ada@swordfish:127.0.0.1:1/x',
      'mongodb://ada:sword@fish:127.0.0.1:1/x',
      'mongodb://127.0.0.1:1/x?tls=swordfish',
      'mongodb://127.0.0.1:1/sword.fish',
      `mongodb://127.0.0.1:1/${'swordfish'.repeat(8)}`,
    ]
    for (const uri of strings) {
      const message = await refusal(uri)
      expect(message).toMatch(/^MONGODB_URI: expected /)
      expect(message).not.toMatch(/fish|ada(?!ta)/)
    }
    expect(await refusal('mongodb://127.0.0.1:1/x?unheardOf=1')).toMatch(/option unheardof is not supported/i)
  })

  test('a newer schema, which is left as it is', async (context) => {
    const server = await startServer(context)
    const meta = server.engine.collection('test', 'workcell')
    meta.insert({ _id: 'schema', version: 99 })
    expect(await refusal(server.uri())).toMatch(/schema version \d or earlier, got version 99/)
    expect([...server.engine.collections('test').keys()]).toEqual(['workcell'])
  })

  test('a clock that is 5 s off', async (context) => {
    const server = await startServer(context)
    server.clockAheadMs = -5_100
    expect(await refusal(server.uri())).toMatch(/got one that is 5\.\d s behind/)
  })
})

describe('the schema', () => {
  test('that is as it should be needs no right to change it', async (context) => {
    const server = await startServer(context, { forbidden: ['collMod'] })
    const options = { uri: server.uri(), warn: () => undefined }
    for (const start of ['first', 'second']) {
      const store = await openMongoStore(options)
      await store.createEvents([pendingEvent({ type: start })])
      await store.close()
    }
    server.engine.collection('test', 'logs').validator = undefined
    expect(await refusal(server.uri(), 30_000)).toMatch(/dbAdmin where its schema must change, got Unauthorized/)
  })

  test('of an older version is brought up to date, and what is there is kept', async (context) => {
    const server = await startServer(context)
    const events = server.engine.collection('test', 'events')
    events.validator = { $jsonSchema: { bsonType: 'object', required: ['nothing'] } }
    server.engine.collection('test', 'logs').insert({ _id: 'kept' })
    const store = await openMongoStore({ uri: server.uri(), warn: () => undefined })
    await store.createEvents([pendingEvent()])
    expect([...events.indexes.keys()]).toContain('due')
    expect(server.engine.collection('test', 'logs').documents.size).toBe(1)
    await store.close()
    expect([...server.engine.collection('test', 'workcell').documents.values()]).toMatchObject([{ version: 1 }])
  })

  test('is made once by two processes that start at the same time', async (context) => {
    const server = await startServer(context)
    const options = { uri: server.uri(), warn: () => undefined }
    const stores = await Promise.all([openMongoStore(options), openMongoStore(options)])
    await stores[0].createEvents([pendingEvent()])
    expect(await all(stores[1])).toHaveLength(1)
    for (const store of stores) await store.close()
  })

  test('has validators that refuse what is no document of ours', async (context) => {
    const { server } = await open(context)
    const events = server.engine.collection('test', 'events')
    expect(() => events.insert({ _id: 'evt_1', status: 'Done' })).toThrow(/failed validation/)
    const [stored] = events.documents.values()
    expect(stored).toBeUndefined()
  })
})

test('the time is that of a new primary as soon as there is one, and no clock of this machine changes it', async (context) => {
  const { server, store } = await open(context, { nodes: 2 })
  expect(Math.abs(store.now() - Date.now())).toBeLessThan(500)
  const real = Date.now
  context.onTestFinished(() => void (Date.now = real))
  Date.now = () => real() + 3_600_000
  expect(Math.abs(store.now() - real())).toBeLessThan(500)
  Date.now = real
  server.clockAheadMs = 10_000
  server.failover()
  await eventually(() => (Math.abs(store.now() - Date.now() - 10_000) < 500 ? true : undefined))
})

test('large documents are read in as many answers as it takes', async (context) => {
  const { store } = await open(context)
  const events = Array.from({ length: 40 }, (_, index) => pendingEvent({ input: `${index} `.repeat(300_000) }))
  for (const event of events) await store.createEvents([event])
  expect(new Set((await all(store)).map((event) => event.input)).size).toBe(40)
})

test('a renewal that comes late shortens no lease', async (context) => {
  const { store } = await open(context)
  const event = claimed(pendingEvent(), 'me')
  await store.createEvents([event])
  await store.renewLeases('me', [event.id], 1_900_000_030_000)
  await store.renewLeases('me', [event.id], 1_900_000_020_000)
  expect((await store.getEvent(event.id))?.leaseUntil).toBe(1_900_000_030_000)
})

test('the time is that of the server, which is told when it is a second off', async (context) => {
  const server = await startServer(context)
  server.clockAheadMs = 1_500
  const warnings: string[] = []
  const store = await openMongoStore({ uri: server.uri(), warn: (message) => void warnings.push(message) })
  expect(Math.abs(store.now() - Date.now() - 1_500)).toBeLessThan(500)
  expect(warnings).toEqual([expect.stringMatching(/clock is 1\d\d\d ms ahead of ours/)])
  await store.close()
})

test('TLS, with a certificate that is trusted and with one that is not', async (context) => {
  const { generate } = await import('selfsigned')
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip: '127.0.0.1' }] }]
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { extensions })
  const server = await startServer(context, { tls: { key, cert } })
  expect(await refusal(server.uri())).toMatch(/self-signed certificate/)
  const store = await openMongoStore({ uri: `${server.uri()}&tlsAllowInvalidCertificates=true`, warn: () => undefined })
  await store.check()
  await store.close()
})

const awkward: readonly Json[] = [
  { $ref: 'a', $id: 'b', $db: 'c' },
  { 'a.b': 1, $set: { c: 1 } },
  { _bsontype: 'ObjectId', id: 'x' },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  { 'nul\0key': 'nul\0value', '': 'empty' },
  { 2: 'two', 1: 'one', z: 0, a: { toBSON: 1 } },
  'lone \ud800 surrogate',
  [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, 2 ** 63, 0.1, 1e-7, 1e300, 5e-324],
  Array.from({ length: 199 }).reduce<Json>((inner) => [inner], 'deep'),
  [null, true, '', [], {}, '2026-11-23T00:00:00.000Z'],
]

test.for(awkward.map((value) => [JSON.stringify(value).slice(0, 60), value] as const))(
  'keeps %s to the letter',
  async ([, value], context) => {
    const { store } = await open(context)
    const event = pendingEvent({ input: value, data: value })
    await store.createEvents([event])
    const found = await store.getEvent(event.id)
    expect(JSON.stringify(found?.input)).toBe(JSON.stringify(value))
    expect(JSON.stringify(found?.data)).toBe(JSON.stringify(value))
  },
)

test('every write asks for the majority and its journal, and a single one can be repeated by the driver', async (context) => {
  const { server, store } = await open(context)
  const event = pendingEvent()
  await store.createEvents([event])
  await store.updateEvent(claimed(event, 'me'))
  await store.renewLeases('me', [event.id], 5)
  await store.appendLogs([{ eventId: event.id, attempt: 1, seq: 1, at: 5, level: 'info', message: '' }])
  await store.getEvent(event.id)
  await store.check()
  const writes = server.commands.filter(({ name }) => name === 'insert' || name === 'update')
  expect(writes.length).toBeGreaterThanOrEqual(5)
  for (const { writeConcern } of writes) expect(writeConcern).toMatchObject({ w: 'majority', j: true })
  // A heartbeat changes many documents, which the driver does not repeat; the store does.
  expect(writes.filter((it) => !it.isRetryable)).toHaveLength(1)
  const reads = server.commands.filter(({ name, collection }) => name === 'find' && collection === 'events')
  for (const { readConcern } of reads) expect(readConcern).toMatchObject({ level: 'majority' })
})

test('a person who reads the database finds words, dates and plain values', async (context) => {
  const { server, store } = await open(context)
  const event = claimed(pendingEvent({ idempotencyKey: 'k', input: { order: 7, items: ['tea'] } }), 'me')
  await store.createEvents([event])
  const [stored] = server.engine.collection('test', 'events').documents.values()
  expect(stored).toMatchObject({
    _id: event.id,
    status: 'Processing',
    input: { order: 7, items: ['tea'] },
    createdAt: new Date(event.createdAt),
    leaseUntil: new Date(event.leaseUntil ?? 0),
    attempts: [{ number: 1, startedAt: new Date(1_900_000_000_000) }],
  })
})

test('nothing that the store asks for is found by reading a whole collection', async (context) => {
  const { server, store } = await open(context)
  const event = pendingEvent({ idempotencyKey: 'k' })
  await store.createEvents([event])
  await store.createEvents([event])
  const fields = [
    { statuses: ['Error', 'Pending'] as const },
    { type: 'a' },
    { workflow: 'w' },
    { execution: 'e' },
    { idempotencyKey: 'k' },
  ]
  for (let mask = 0; mask < 2 ** fields.length; mask++) {
    await store.listEvents(Object.assign({}, ...fields.filter((_, bit) => mask & (1 << bit))), {
      limit: 5,
      after: 'evt_z',
    })
  }
  await store.listDue(2e12, 10)
  await store.renewLeases('me', [event.id], 5)
  await store.revisions([event.id])
  await store.changedSince(5, 5)
  await store.readLogs('evt_1', { attempt: 1, seq: 1 }, 5)
  await store.listPrograms('workflow', { limit: 5 })
  await store.findProgram('function', 'x')
  await store.listVersions('wfl_1', { limit: 5 })
  for (const kind of ['version', 'program', 'programVersion', 'event', 'log'] as const)
    await store.readRecords(kind, undefined, 5)
  await store.check()
  expect(server.engine.scans()).toEqual([])
  // The test can fail: this is what a scan looks like.
  server.engine.collection('test', 'events').find({ filter: { crashes: 1 } })
  expect(server.engine.scans()).toHaveLength(1)
})

test('the test server refuses what it does not know', async (context) => {
  const { server } = await open(context)
  const events = server.engine.collection('test', 'events')
  events.insert(eventDocument(pendingEvent(), 5))
  expect(() => events.find({ filter: { status: 'Pending', $foo: 1 } })).toThrow(/unknown/)
  expect(() => events.find({ filter: { status: { $foo: 1 } } })).toThrow(/unknown/)
  expect(() => events.aggregate([{ $unheardOf: {} }])).toThrow(/unheardOf/)
  expect(() => events.updated({ _id: 1 }, { $foo: { a: 1 } })).toThrow(/Unknown/)
})
