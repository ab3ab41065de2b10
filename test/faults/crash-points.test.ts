import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createClient } from 'graphql-ws'
import { afterAll, describe, expect, test } from 'vitest'
import { eventually, request, send } from '../client.ts'
import { CreateEvent, GetEvent, ListEvents, SaveWorkflow } from '../operations.ts'
import type { ServerProcess } from '../server-process.ts'
import { launchServer } from '../server-process.ts'

/** One row of the table of crash points, with one way to fail there. */
interface Row {
  readonly point: string
  readonly how: 'kill' | 'throw' | 'hang'
  /** What came of the mutation that made the event. */
  readonly client: 'answered' | 'UNAVAILABLE' | 'lost' | 'silent'
  /** Whether the client must repeat its request, because there is no event. */
  readonly lost?: boolean
  /** Whether the server goes on as if nothing had been. Otherwise it dies, or is stopped, and another one starts. */
  readonly survives?: boolean
  /** When hanging, the whole process stands still, so that only SIGKILL ends it. */
  readonly frozen?: boolean
  readonly attempts: readonly string[]
  readonly attemptsUsed?: number
  /** How often the effect of the code happens. */
  readonly effects: number
  readonly crashes: number
}

const once = { attempts: ['Success'], effects: 1, crashes: 0 } as const
const again = { attempts: ['Interrupted', 'Success'], effects: 1, crashes: 1 } as const
const given = { ...again, crashes: 0 } as const

const rows: readonly Row[] = [
  // There is no event: the client knows that it must ask again.
  { point: 'P0', how: 'kill', client: 'lost', lost: true, ...once },
  { point: 'P0', how: 'throw', client: 'UNAVAILABLE', lost: true, survives: true, ...once },
  { point: 'P0', how: 'hang', client: 'silent', lost: true, ...once },
  // The event runs whether the client asks again or not, and asking again gives the same.
  { point: 'P1', how: 'kill', client: 'lost', ...once },
  { point: 'P1', how: 'throw', client: 'UNAVAILABLE', survives: true, ...once },
  { point: 'P1', how: 'hang', client: 'silent', ...once },
  // The sweep finds what was never queued.
  { point: 'P2', how: 'kill', client: 'lost', ...once },
  { point: 'P2', how: 'throw', client: 'UNAVAILABLE', survives: true, ...once },
  { point: 'P2', how: 'hang', client: 'silent', frozen: true, ...once },
  { point: 'P3', how: 'kill', client: 'answered', ...once },
  { point: 'P3', how: 'throw', client: 'answered', survives: true, ...once },
  { point: 'P3', how: 'hang', client: 'answered', ...once },
  { point: 'claim-before', how: 'throw', client: 'answered', survives: true, ...once },
  // A claim whose answer was lost is found in the store, and run.
  { point: 'P4', how: 'kill', client: 'answered', ...again },
  { point: 'P4', how: 'throw', client: 'answered', survives: true, ...once },
  { point: 'P4', how: 'hang', client: 'answered', ...again },
  { point: 'P5', how: 'kill', client: 'answered', ...again },
  { point: 'P5', how: 'throw', client: 'answered', survives: true, ...given },
  // Code that hangs is code that takes too long.
  {
    point: 'P5',
    how: 'hang',
    client: 'answered',
    survives: true,
    ...once,
    attempts: ['TIMEOUT', 'Success'],
    attemptsUsed: 2,
  },
  // The only place where an effect happens twice.
  { point: 'P6', how: 'kill', client: 'answered', ...again, effects: 2 },
  { point: 'P6', how: 'throw', client: 'answered', survives: true, ...once },
  { point: 'P6', how: 'hang', client: 'answered', ...again, effects: 2 },
  { point: 'P7', how: 'kill', client: 'answered', ...once },
  { point: 'P7', how: 'throw', client: 'answered', survives: true, ...once },
  { point: 'P7', how: 'hang', client: 'answered', ...once },
  { point: 'P10-before', how: 'kill', client: 'answered', ...again },
  { point: 'P10-after', how: 'kill', client: 'answered', ...again },
  { point: 'P10-before', how: 'throw', client: 'answered', survives: true, ...again },
  { point: 'P10-after', how: 'throw', client: 'answered', survives: true, ...again },
  { point: 'P10-before', how: 'hang', client: 'answered', ...again },
  { point: 'P10-after', how: 'hang', client: 'answered', ...again },
]

const code = `export default async ({ input, attempt }) => {
  console.log('working')
  if (input.hangs && attempt === 1) await new Promise(() => setInterval(() => {}, 1000))
  await new Promise((resolve) => setTimeout(resolve, 20))
  console.log('effect')
  return 'done'
}`
/** How long a client waits for an answer that will not come, in milliseconds. */
const patience = 3_000
const servers: (ReturnType<typeof launchServer> & { readonly of: string })[] = []
const dirs: string[] = []

afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill('SIGKILL')))
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })))
})

function launch(dir: string, fault: { point?: string; how?: string } = {}) {
  const server = launchServer({
    script: 'test/crash-points/server.ts',
    env: {
      DATA_DIR: dir,
      // Both may be taken by events of one workflow, of which one hangs.
      RUNNERS: '2',
      WORKFLOW_CONCURRENCY: '2',
      SHUTDOWN_MS: '200',
      EFFECTS: join(dir, 'effects'),
      CRASH_POINT: fault.point ?? 'none',
      CRASH_HOW: fault.how ?? 'none',
    },
  })
  servers.push({ ...server, of: dir })
  return server
}

/** Where the server is struck inside its code, the first attempt must not end before. */
function input({ point, how }: Row) {
  const hangs = point === 'P5' || isRecovery(point)
  const timeoutMs = how === 'hang' && point === 'P5' ? 1000 : 120_000
  return {
    type: 'target',
    workflow: 'job',
    input: { hangs },
    idempotencyKey: 'the-key',
    limits: { timeoutMs, maxAttempts: 2 },
  }
}

const isRecovery = (point: string) => point.startsWith('P10')

/** Makes the event once, as a client that takes what comes. */
async function create(server: ServerProcess, row: Row): Promise<Row['client']> {
  const sent = send(server.url, CreateEvent, { input: input(row) }).then(
    ({ data, errors }) => (data ? 'answered' : errors?.[0]?.extensions?.['code']),
    () => 'lost',
  )
  const late = new Promise((resolve) => setTimeout(() => resolve('silent'), patience).unref())
  // An answer is not to be mistaken for silence where it is expected, however slow the machine.
  return (await (row.client === 'silent' ? Promise.race([sent, late]) : sent)) as Row['client']
}

async function eventOfKey(server: ServerProcess): Promise<string | undefined> {
  const { events } = await request(server.url, ListEvents, { filter: { idempotencyKey: 'the-key' }, first: 2 })
  expect(events.nodes.length).toBeLessThan(2)
  return events.nodes[0]?.id
}

async function untilSuccess(server: ServerProcess, id: string): Promise<void> {
  await eventually(
    async () => (await request(server.url, GetEvent, { id })).event?.status === 'SUCCESS' || undefined,
    90,
  )
}

/** What a subscriber is shown, to the end. */
async function watch(server: ServerProcess, id: string): Promise<unknown[]> {
  const client = createClient({ url: server.url.replace('http', 'ws'), retryAttempts: 0 })
  const query = `subscription ($id: ID!) { eventStatus(id: $id) { status } }`
  const seen: unknown[] = []
  for await (const { data } of client.iterate<{ eventStatus: { status: string } }>({ query, variables: { id } })) {
    seen.push(data?.eventStatus.status)
  }
  await client.dispose()
  return seen
}

/** An event of another type is served by a server in which the target hangs. */
async function servesOthers(server: ServerProcess): Promise<void> {
  const { createEvent } = await request(server.url, CreateEvent, {
    input: { type: 'neighbour', workflow: 'job', input: {}, waitMs: 30_000 },
  })
  expect(createEvent).toMatchObject({ event: { status: 'SUCCESS' } })
}

async function isUnready({ url }: ServerProcess): Promise<true | undefined> {
  const response = await fetch(new URL('/ready', url))
  return (
    (response.status === 503 && /sweep has not ended|No sweep has succeeded/.test(await response.text())) || undefined
  )
}

/** Brings the server to its point; resolves to what the client got, and to the server if that still lives. */
async function strike(dir: string, row: Row): Promise<{ server?: ServerProcess; client: Row['client'] }> {
  const first = await launch(dir, isRecovery(row.point) ? { point: 'P5', how: 'kill' } : row).ready
  await request(first.url, SaveWorkflow, { input: { name: 'job', code } })
  const client = await create(first, row)
  if (row.client === 'answered') process.kill(first.pid, 'SIGUSR2')
  if (isRecovery(row.point)) await first.exited
  // A server that dies of its first sweep may do so before it says that it is ready.
  const struck = isRecovery(row.point) ? launch(dir, row) : undefined
  if (row.how !== 'kill') return { server: (await struck?.ready) ?? first, client }
  expect(await (struck ?? first).exited).toBe(null)
  return { client }
}

describe.concurrent('a server that fails at', { timeout: 300_000 }, () => {
  test.for(rows)('$point by $how', async (row, { onTestFailed }) => {
    const dir = await mkdtemp(join(tmpdir(), 'workcell-'))
    dirs.push(dir)
    onTestFailed(() => {
      for (const { of, log, errors } of servers) if (of === dir) console.log(row.point, row.how, log, errors())
    })
    const { server: struck, client } = await strike(dir, row)
    expect(client).toBe(row.client)
    if (struck && !row.survives) {
      if (!row.frozen) await servesOthers(struck)
      // Work that is not found any more is not to be hidden behind a green light.
      if (isRecovery(row.point)) await eventually(() => isUnready(struck), 60)
      // A call that never returns must not keep a server from leaving.
      expect((await struck.kill(row.frozen ? 'SIGKILL' : 'SIGTERM')) === null).toBe(row.frozen === true)
    }
    const server = row.survives && struck ? struck : await launch(dir).ready

    // Nobody has to ask again for what was kept.
    const found = await eventOfKey(server)
    expect(found === undefined).toBe(row.lost === true)
    if (found !== undefined) await untilSuccess(server, found)
    const repeated = await request(server.url, CreateEvent, { input: input(row) })
    const id = 'event' in repeated.createEvent ? repeated.createEvent.event.id : ''
    if (found !== undefined) expect(id).toBe(found)
    await untilSuccess(server, id)
    expect(await watch(server, id)).toEqual(['SUCCESS'])
    expect(await server.kill('SIGTERM')).toBe(0)

    const db = new DatabaseSync(join(dir, 'workcell.db'), { readOnly: true })
    const [event, ...others] = db.prepare("SELECT * FROM events WHERE type = 'target'").all()
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    db.close()
    expect(others).toEqual([])
    expect(event).toMatchObject({
      id,
      idempotency_key: 'the-key',
      status: 'Success',
      data: '"done"',
      attempts_used: row.attemptsUsed ?? 1,
      crashes: row.crashes,
    })
    const attempts: { outcome: string }[] = JSON.parse(String(event?.['attempts']))
    expect(attempts.map(({ outcome }) => outcome)).toEqual(row.attempts)
    const effects = await readFile(join(dir, 'effects'), 'utf8')
    expect(effects.split('\n').filter((line) => line.startsWith(id)).length).toBe(row.effects)
  })
})
