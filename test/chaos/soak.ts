// Keeps a server under a steady load while something is killed once a minute, and shows that it does not grow.
// `npm run soak`. Two runs, each of 5 minutes at 200 events a second:
//
// In the first the server itself is killed. A process of a minute is still warming up, whatever it has handled, so
// each life is compared with the others at the same age: what grows from life to life is what grows with the events.
// In the second one of its child processes is killed, so that one life lasts through all of it; what it holds is
// followed once it is warm.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { inParallel, request, send } from '../client.ts'
import { CreateEvent, SaveWorkflow } from '../operations.ts'
import type { ServerProcess } from '../server-process.ts'
import { launchServer } from '../server-process.ts'
import type { Held } from './measure.ts'
import { childrenOf, measure, openFiles, rssOf, slope } from './measure.ts'
import { createProgress } from './progress.ts'

const mb = 2 ** 20
const minuteMs = 60_000
/** The age at which a process is taken for warm, in milliseconds. */
const warmMs = 45_000
const walLimit = 64 * mb

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    victim: { type: 'string', default: 'both' },
  },
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)

interface Sample {
  readonly life: number
  /** Since the server was ready, in milliseconds. */
  readonly age: number
  /** Events that all lives have been asked for until then. */
  readonly events: number
  readonly rss: number
  readonly files: number
  readonly wal: number
}

type Collected = Held & Pick<Sample, 'life' | 'events'>

interface Soak {
  readonly samples: readonly Sample[]
  /** After a collection of garbage, at the end of each minute. */
  readonly collected: readonly Collected[]
  readonly unfinished: number
}

async function soak(victim: 'server' | 'child'): Promise<Soak> {
  const dir = await mkdtemp(join(tmpdir(), 'workcell-soak-'))
  const env = { DATA_DIR: dir, LOG_LEVEL: 'warn' }
  const launch = () =>
    launchServer({
      env: { ...env, LOG_LEVEL: 'info' },
      script: 'test/chaos/measured-server.ts',
      nodeOptions: ['--expose-gc'],
    }).ready
  const total = Math.round(minutes * 60 * rate)
  const progress = createProgress(`soak, a ${victim} killed a minute`, total)
  const samples: Sample[] = []
  const collected: Collected[] = []
  let server: ServerProcess = await launch()
  let readyAt = performance.now()
  let life = 1
  let made = 0
  await request(server.url, SaveWorkflow, { input: { name: 'soak', code: 'export default ({ input }) => input' } })

  const sampling = setInterval(() => void sample(), 1000)
  async function sample(): Promise<void> {
    const wal = await stat(join(dir, 'workcell.db-wal')).then(
      ({ size }) => size,
      () => 0,
    )
    const rss = rssOf(server.pid)
    if (rss === 0) return
    samples.push({ life, age: performance.now() - readyAt, events: made, rss, files: openFiles(server.pid), wal })
    progress.update(made, `${Math.round(rss / mb)} MB, ${openFiles(server.pid)} files, WAL ${Math.round(wal / mb)} MB`)
  }

  let over = false
  async function killEachMinute(): Promise<void> {
    for (let minute = 1; !over; minute++) {
      await pause(Math.max(0, began + minute * minuteMs - performance.now()))
      collected.push({ life, events: made, ...(await measure(server)) })
      if (over) return
      if (victim === 'child') {
        const children = childrenOf(server.pid)
        const [child = 0] = children.slice(minute % Math.max(1, children.length))
        process.kill(child, 'SIGKILL')
      } else {
        await server.kill('SIGKILL')
        server = await launch()
        readyAt = performance.now()
        life++
      }
    }
  }

  async function create(index: number): Promise<void> {
    const limits = { maxAttempts: 3, timeoutMs: 30_000 }
    const input = { type: 'soak', workflow: 'soak', input: { index }, idempotencyKey: `soak-${index}`, limits }
    for (;;) {
      const answer = await send(server.url, CreateEvent, { input }).catch(() => undefined)
      if (answer?.data && 'event' in answer.data.createEvent) return
      await pause(20)
    }
  }

  const began = performance.now()
  const killing = killEachMinute()
  await inParallel(32, total, async (index) => {
    await pause(Math.max(0, began + (index * 1000) / rate - performance.now()))
    await create(index)
    made++
  })
  over = true
  await killing
  clearInterval(sampling)
  progress.stop()
  const db = new DatabaseSync(join(dir, 'workcell.db'), { readOnly: true })
  const count = db.prepare("SELECT count(*) AS n FROM events WHERE type = 'soak' AND status <> 'Success'")
  const unfinished = () => Number(count.get()?.['n'])
  for (let tries = 0; unfinished() > 0 && tries < 600; tries++) await pause(100)
  const left = unfinished()
  db.close()
  await server.kill('SIGTERM')
  await rm(dir, { recursive: true, force: true })
  return { samples, collected, unfinished: left }
}

/** In megabytes for 10,000 events, over points of bytes by events. */
const perTenThousand = (points: readonly { readonly x: number; readonly y: number }[]) => (slope(points) * 10_000) / mb

const broken: string[] = []

function tell(what: string, value: number, unit: string, limit?: number): void {
  const holds = limit === undefined || value <= limit
  const bound = limit === undefined ? '' : `   at most ${limit}${holds ? '' : '   BROKEN'}`
  console.log(`${what.padEnd(58)}${value.toFixed(2).padStart(9)} ${unit}${bound}`)
  if (!holds) broken.push(what)
}

function judge(victim: 'server' | 'child', { samples, collected, unfinished }: Soak): void {
  const warm = samples.filter(({ age }) => age > warmMs)
  // From life to life where there are several, along the one life where there is one.
  const points = warm.map(({ events, rss }) => ({ x: events, y: rss }))
  const held = collected.map(({ events, heapUsed, external }) => ({ x: events, y: heapUsed + external }))
  const first = warm.filter(({ events }) => events < (warm[0]?.events ?? 0) + 15 * rate)
  const last = warm.filter(({ events }) => events > (warm.at(-1)?.events ?? 0) - 15 * rate)
  const most = (of: readonly Sample[], key: 'files' | 'wal') => Math.max(...of.map((sample) => sample[key]))
  const timers = collected.map((it) => it.timers)
  console.log(`\nA ${victim} killed each minute, ${minutes} minutes at ${rate} events a second`)
  tell('resident memory, warm, for 10,000 events', perTenThousand(points), 'MB', 1)
  tell('heap and buffers after collection, for 10,000 events', perTenThousand(held), 'MB')
  tell('resident memory, highest', Math.max(...samples.map(({ rss }) => rss)) / mb, 'MB')
  tell('write-ahead log, highest', most(samples, 'wal') / mb, 'MB', walLimit / mb)
  tell(
    'write-ahead log, last quarter of a minute over the first',
    (most(last, 'wal') - most(first, 'wal')) / mb,
    'MB',
    4,
  )
  tell('open files, the same', most(last, 'files') - most(first, 'files'), '', 40)
  tell('timers at the end of the last minute over the first', (timers.at(-1) ?? 0) - (timers[0] ?? 0), '', 40)
  tell('events that did not end as SUCCESS', unfinished, '', 0)
}

for (const victim of ['server', 'child'] as const) {
  if (values.victim === 'both' || values.victim === victim) judge(victim, await soak(victim))
}
console.log(broken.length === 0 ? '\nNothing grows.' : `\nBroken: ${broken.join('; ')}`)
process.exitCode = broken.length === 0 ? 0 : 1
