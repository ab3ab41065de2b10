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
const sampleMs = 3_000
const walLimit = 64 * mb

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '200' },
    victim: { type: 'string', default: 'both' },
    verbose: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const rate = Number(values.rate)

/** Of a server at one moment, after a collection of its garbage: that comes and goes, and is no growth. */
interface Sample extends Held {
  readonly life: number
  /** Since the server was ready, in milliseconds. */
  readonly age: number
  /** Events that all lives have been asked for until then. */
  readonly events: number
  /** Resident memory before the collection, in bytes. */
  readonly uncollected: number
  readonly files: number
  readonly wal: number
}

interface Soak {
  readonly samples: readonly Sample[]
  readonly unfinished: number
  /** Events a second that there really were. */
  readonly rate: number
}

async function soak(victim: 'server' | 'child'): Promise<Soak> {
  const dir = await mkdtemp(join(tmpdir(), 'workcell-soak-'))
  const env = { DATA_DIR: dir, LOG_LEVEL: 'info', RUNNERS: '16', WORKFLOW_CONCURRENCY: '16' }
  const launch = () =>
    launchServer({
      env,
      script: 'test/chaos/measured-server.ts',
      nodeOptions: ['--expose-gc'],
    }).ready
  const total = Math.round(minutes * 60 * rate)
  const progress = createProgress(`soak, a ${victim} killed a minute`, total)
  const samples: Sample[] = []
  let server: ServerProcess = await launch()
  let readyAt = performance.now()
  let life = 1
  let made = 0
  let over = false
  await request(server.url, SaveWorkflow, { input: { name: 'soak', code: 'export default ({ input }) => input' } })

  async function sampleAgainAndAgain(): Promise<void> {
    while (!over) {
      await pause(sampleMs)
      const asked = server
      const uncollected = rssOf(asked.pid)
      const wal = await stat(join(dir, 'workcell.db-wal')).then(
        ({ size }) => size,
        () => 0,
      )
      const held = await Promise.race([measure(asked), asked.exited.then(() => undefined)]).catch(() => undefined)
      if (!held || asked !== server) continue
      const files = openFiles(asked.pid)
      samples.push({ life, age: performance.now() - readyAt, events: made, uncollected, files, wal, ...held })
      progress.update(made, `${Math.round(held.rss / mb)} MB, ${files} files, WAL ${Math.round(wal / mb)} MB`)
    }
  }

  async function killEachMinute(): Promise<void> {
    for (let minute = 1; minute < minutes; minute++) {
      await pause(Math.max(0, began + minute * minuteMs - performance.now()))
      if (victim === 'child') {
        const children = childrenOf(server.pid)
        const child = children[minute % children.length]
        if (child !== undefined) process.kill(child, 'SIGKILL')
      } else {
        await server.kill('SIGKILL')
        server = await launch()
        readyAt = performance.now()
        life++
      }
    }
  }

  // Until it has ended: a backlog is no growth either, and a machine that is too slow for the rate must not build one.
  async function create(index: number): Promise<void> {
    const limits = { maxAttempts: 3, timeoutMs: 30_000 }
    const input = {
      type: 'soak',
      workflow: 'soak',
      input: { index },
      idempotencyKey: `soak-${index}`,
      limits,
      waitMs: 20_000,
    }
    for (;;) {
      const answer = await send(server.url, CreateEvent, { input }).catch(() => undefined)
      if (answer?.data && 'event' in answer.data.createEvent) return
      await pause(20)
    }
  }

  const began = performance.now()
  const others = [killEachMinute(), sampleAgainAndAgain()]
  await inParallel(64, total, async (index) => {
    const due = began + (index * 1000) / rate
    await pause(Math.max(0, due - performance.now()))
    // A machine that cannot keep pace is not given longer.
    if (performance.now() > began + minutes * minuteMs) return
    await create(index)
    made++
  })
  const reached = (1000 * made) / (performance.now() - began)
  over = true
  await Promise.all(others)
  progress.stop()
  const db = new DatabaseSync(join(dir, 'workcell.db'), { readOnly: true })
  const count = db.prepare("SELECT count(*) AS n FROM events WHERE type = 'soak' AND status <> 'Success'")
  const unfinished = () => Number(count.get()?.['n'])
  for (let tries = 0; unfinished() > 0 && tries < 600; tries++) await pause(100)
  const left = unfinished()
  db.close()
  await server.kill('SIGTERM')
  await rm(dir, { recursive: true, force: true })
  return { samples, unfinished: left, rate: reached }
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

function judge(victim: 'server' | 'child', { samples, unfinished, rate: reached }: Soak): void {
  const warm = samples.filter(({ age }) => age > warmMs)
  // Lives are compared at the same age by what all of them together have handled; one life is followed as it goes on.
  const along = (value: (sample: Sample) => number) => warm.map((sample) => ({ x: sample.events, y: value(sample) }))
  const ends = (value: (sample: Sample) => number) => {
    const quarter = Math.ceil(warm.length / 4)
    const most = (of: readonly Sample[]) => Math.max(...of.map(value))
    return most(warm.slice(-quarter)) - most(warm.slice(0, quarter))
  }
  console.log(`\nA ${victim} killed each minute, ${minutes} minutes at ${rate} events a second`)
  tell('events a second that there were', reached, '')
  tell('resident memory after collection, for 10,000 events', perTenThousand(along(({ rss }) => rss)), 'MB', 1)
  tell('heap and buffers, the same', perTenThousand(along(({ heapUsed, external }) => heapUsed + external)), 'MB', 1)
  tell('resident memory, highest', Math.max(...samples.map(({ uncollected }) => uncollected)) / mb, 'MB')
  tell('write-ahead log, highest', Math.max(...samples.map(({ wal }) => wal)) / mb, 'MB', walLimit / mb)
  tell('write-ahead log, last quarter over the first', ends(({ wal }) => wal) / mb, 'MB', 4)
  tell(
    'open files, the same',
    ends(({ files }) => files),
    '',
    20,
  )
  tell(
    'timers, the same',
    ends(({ timers }) => timers),
    '',
    20,
  )
  tell('events that did not end as SUCCESS', unfinished, '', 0)
  if (values.verbose) for (const sample of samples) console.log(JSON.stringify(sample))
}

for (const victim of ['server', 'child'] as const) {
  if (values.victim === 'both' || values.victim === victim) judge(victim, await soak(victim))
}
console.log(broken.length === 0 ? '\nNothing grows.' : `\nBroken: ${broken.join('; ')}`)
process.exitCode = broken.length === 0 ? 0 : 1
