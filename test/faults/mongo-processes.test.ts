import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openStream } from '../api-harness.ts'
import type { ServerProcess } from '../harness.ts'
import { eventually, inParallel, refusedStart, request, send, startServer } from '../harness.ts'
import type { MongoServerOptions, MongoTestServer } from '../mongo/server.ts'
import { startMongoServer } from '../mongo/server.ts'
import { CancelEvent, CreateEvent, ExecuteWorkflow, GetEvent, SaveWorkflow } from '../operations.ts'
import { scratchDir } from '../scratch.ts'
import { startStopwatch } from '../stopwatch.ts'

async function startMongo(options: MongoServerOptions = {}): Promise<MongoTestServer> {
  const mongo = await startMongoServer(options)
  onTestFinished(() => mongo.stop())
  return mongo
}

const env = (mongo: MongoTestServer) => ({ MONGODB_URI: mongo.uri(), SHUTDOWN_MS: '2000' })
const portOf = (server: ServerProcess) => Number(new URL(server.url).port)

async function execute(server: ServerProcess, input: Parameters<typeof request<unknown, object>>[2]): Promise<string> {
  const { executeWorkflow } = await request(server.url, ExecuteWorkflow, { input })
  if (!('event' in executeWorkflow)) throw new Error(executeWorkflow.message)
  return executeWorkflow.event.id
}

async function eventOf(server: ServerProcess, id: string) {
  const { event } = await request(server.url, GetEvent, { id })
  if (!event) throw new Error(`There should be an event ${id}`)
  return event
}

const waiting = (ms: number) => `export default async () => { await new Promise((done) => setTimeout(done, ${ms})) }`

test('a server on MongoDB outlives its absence: told within 5 s, red while it lasts, green and done after it', async () => {
  const mongo = await startMongo()
  const server = await startServer(env(mongo))
  const ready = async () => {
    const response = await fetch(new URL('/ready', server.url))
    return { status: response.status, text: await response.text() }
  }
  await eventually(async () => ((await ready()).status === 200 ? true : undefined))
  const id = await execute(server, { code: waiting(500) })
  await eventually(async () => ((await eventOf(server, id)).status === 'PROCESSING' ? true : undefined))

  await mongo.stop()
  const watch = startStopwatch()
  const { errors } = await send(server.url, CreateEvent, { input: { type: 'lost', idempotencyKey: 'one' } })
  expect(watch.stop()).toBeLessThan(5000)
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  const { status, text } = await ready()
  expect(status).toBe(503)
  expect(text).toMatch(/MongoDB cannot be used now: .*ECONNREFUSED/)
  expect((await fetch(new URL('/health', server.url))).status).toBe(200)

  await mongo.start()
  await eventually(async () => ((await ready()).status === 200 ? true : undefined))
  const again = await request(server.url, CreateEvent, { input: { type: 'lost', idempotencyKey: 'one' } })
  expect(again.createEvent).toMatchObject({ event: { status: 'SUCCESS' } })
  await eventually(async () => ((await eventOf(server, id)).status === 'SUCCESS' ? true : undefined))
  expect((await eventOf(server, id)).attempts).toHaveLength(1)
  expect(await server.kill('SIGTERM')).toBe(0)
})

test('credentials are in no log and in no message', async () => {
  const mongo = await startMongo({ credentials: { username: 'ada', password: 'swordfish' } })
  const server = await startServer(env(mongo))
  await mongo.stop()
  await send(server.url, CreateEvent, { input: { type: 'a' } })
  const ready = await (await fetch(new URL('/ready', server.url))).text()
  expect(JSON.stringify(server.log)).toMatch(/cannot be used now/)
  expect(JSON.stringify(server.log) + ready).not.toMatch(/swordfish/)
  await mongo.start()

  const { code, message } = await refusedStart({ MONGODB_URI: mongo.uri().replace('swordfish', 'catfish') })
  expect(code).toBe(1)
  expect(message).toMatch(/^Workcell cannot start\. MONGODB_URI: .*AuthenticationFailed.*\n$/)
  expect(message).not.toMatch(/fish/)
})

test('what one process does, the subscribers of another see', async () => {
  const mongo = await startMongo()
  const [here, there] = await Promise.all([startServer(env(mongo)), startServer(env(mongo))])
  const feed = await openStream(portOf(here), 'subscription { eventChanges { id status } }')
  const id = await execute(there, { code: waiting(1500) })
  const stream = await openStream(portOf(here), `subscription { eventStatus(id: "${id}") { status data } }`)
  const seen = []
  for (let next = await stream.next(); next; next = await stream.next()) seen.push(next.data)
  expect(seen.at(-1)).toEqual({ eventStatus: { status: 'SUCCESS', data: null } })
  const statuses: unknown[] = []
  await eventually(async () => {
    const change = (await feed.next())?.data?.['eventChanges'] as { id: string; status: string } | undefined
    if (change?.id === id) statuses.push(change.status)
    return statuses.includes('SUCCESS') ? true : undefined
  })
})

test('an event that runs in one process can be canceled through another, which ends its code', async () => {
  const mongo = await startMongo()
  const [here, there] = await Promise.all([startServer(env(mongo)), startServer(env(mongo))])
  const code = 'export default () => new Promise(() => setInterval(() => console.log("tick"), 50))'
  const id = await execute(there, { code, limits: { timeoutMs: 60_000 } })
  await eventually(async () => ((await eventOf(here, id)).status === 'PROCESSING' ? true : undefined))
  await request(here.url, CancelEvent, { id })
  const lines = () => mongo.engine.collection('test', 'logs').documents.size
  // Still for longer than a tick, and only once the other process has learned of it.
  await eventually(async () => {
    const before = lines()
    await pause(300)
    return lines() === before ? true : undefined
  })
  expect((await eventOf(there, id)).status).toBe('CANCELED')
})

test('work of a process that died is found by another', async () => {
  const mongo = await startMongo()
  const [here, there] = await Promise.all([startServer(env(mongo)), startServer(env(mongo))])
  const runAt = new Date(Date.now() + 1500).toISOString()
  const id = await execute(there, { code: 'export default () => 42', runAt })
  await there.kill('SIGKILL')
  const watch = startStopwatch()
  const event = await eventually(async () => {
    const found = await eventOf(here, id)
    return found.status === 'SUCCESS' ? found : undefined
  })
  expect(event.data).toBe(42)
  expect(watch.stop()).toBeLessThan(5000)
})

test('what is due is judged by the clock of the store, not by that of the process', async () => {
  const mongo = await startMongo()
  mongo.clockAheadMs = 4_000
  const server = await startServer(env(mongo))
  expect(JSON.stringify(server.log)).toMatch(/MongoDB's clock is \d+ ms ahead of ours/)
  const began = Date.now()
  const watch = startStopwatch()
  const id = await execute(server, { code: 'export default () => 1', runAt: new Date(began + 3_500).toISOString() })
  const event = await eventually(async () => {
    const found = await eventOf(server, id)
    return found.status === 'SUCCESS' ? found : undefined
  })
  expect(watch.stop()).toBeLessThan(3_000)
  expect(Date.parse(event.createdAt) - began).toBeGreaterThan(3_500)
})

test(
  '1,000 events on two processes of which 20 times one is killed: all final, one outcome each',
  { timeout: 300_000 },
  async () => {
    const mongo = await startMongo()
    const servers = await Promise.all([startServer(env(mongo)), startServer(env(mongo))])
    const alive = () => servers[Math.floor(Math.random() * 2)] ?? servers[0]
    const code =
      'export default async ({ input }) => { await new Promise((done) => setTimeout(done, 5)); return input }'
    await request(servers[0].url, SaveWorkflow, { input: { name: 'echo', code } })

    const events = mongo.engine.collection('test', 'events').documents
    const running = () => [...events.values()].filter((it) => it['status'] === 'Processing').length
    let kills = 0
    let struck = 0
    const killing = (async () => {
      for (; kills < 20; kills++) {
        // In the midst of work, at a moment that is a different one every time.
        await pause(Math.random() * 100)
        await eventually(() => (running() > 0 ? true : undefined), 60)
        const victim = kills % 2
        await servers[victim]?.kill('SIGKILL')
        struck += running()
        servers[victim] = await startServer(env(mongo))
      }
    })()

    /** A client that repeats a request whose answer it did not get, under the same key. */
    const create = async (index: number) => {
      // Work comes as the kills do, so that none of them meets idle processes.
      await eventually(() => (index < 50 * (kills + 1) ? true : undefined), 120)
      const input = { type: 'chaos', workflow: 'echo', input: index, idempotencyKey: `chaos-${index}` }
      return eventually(async () => {
        const sent = await request(alive().url, CreateEvent, { input }).catch(() => undefined)
        return sent && 'event' in sent.createEvent ? sent.createEvent.event.id : undefined
      }, 60)
    }
    const ids = await inParallel(8, 1000, create)
    await killing
    expect(kills).toBe(20)
    expect(struck).toBeGreaterThan(0)
    expect(new Set(ids).size).toBe(1000)
    expect(events.size).toBe(1000)
    const unfinished = () => [...events.values()].filter((it) => !['Success', 'Error'].includes(String(it['status'])))
    await eventually(() => (unfinished().length === 0 ? true : undefined), 60)
    const wrong = [...events.values()].filter((it) => {
      const successes = it['attempts'].filter((attempt: { outcome: string }) => attempt.outcome === 'Success')
      return it['status'] !== 'Success' || successes.length !== 1 || it['idempotencyKey'] !== `chaos-${it['data']}`
    })
    expect(wrong).toEqual([])
  },
)

test('without MONGODB_URI the driver is never loaded', async () => {
  const watch = `
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      if (url.includes('/node_modules/mongodb/') || url.includes('/store/')) process.stderr.write('LOADED ' + url + '\\n')
      return next(url, context)
    } })`
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(watch)}`
  const mongo = await startMongo()
  const loaded = async (settings: Record<string, string>) => {
    const server = await startServer({ DATA_DIR: await scratchDir(), NODE_OPTIONS, ...settings })
    await server.kill('SIGKILL')
    return server.errors()
  }
  const embedded = await loaded({})
  expect(embedded).toMatch(/store\/sqlite\.ts/)
  expect(embedded).not.toMatch(/store\/mongo|node_modules\/mongodb/)
  expect(await loaded(env(mongo))).toMatch(/node_modules\/mongodb/)
})
