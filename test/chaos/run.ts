import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { inParallel, request, send } from '../client.ts'
import { CreateEvent, SaveWorkflow } from '../operations.ts'
import type { ServerProcess } from '../server-process.ts'
import { launchServer } from '../server-process.ts'
import type { Verdict } from './checker.ts'
import { check } from './checker.ts'
import type { Progress } from './progress.ts'
import { createRandom, shuffle } from './random.ts'
import { followRecord, openRecord, readRecord } from './record.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly events: number
  /** How often a server is killed while it works. */
  readonly kills: number
  /** How often a server is told to leave while it works; every other time it is killed before it has left. */
  readonly shutdowns: number
  /** How many events kill the server that runs them. */
  readonly poisons: number
  /** Of the shutdowns, those with 25 s of patience and a run that lasts longer. */
  readonly patient: number
  readonly progress: Progress
}

type Fault = 'kill' | 'leave' | 'leave, cut short' | 'leave, patiently'

/** How long after the last death everything must have ended, in milliseconds. */
const settleMs = 60_000
/** How long a server waits for its runs unless it is told otherwise, in milliseconds. */
const usualShutdownMs = 25_000
/** Clients that make events, each one after the other. */
const clients = 8

/**
 * An event takes a few moments; some take longer than a server waits for them, the first time. The result names the
 * event, so that a result of another would be seen.
 */
const code = `export default async ({ input, attempt }) => {
  const ms = attempt === 1 ? input.ms : Math.min(input.ms, 50)
  await new Promise((resolve) => setTimeout(resolve, ms))
  return { key: input.key }
}`

/** Feeds events to a server that keeps dying, and has the record and the data file compared. Needs minutes. */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { seed, events, progress } = options
  const dir = await mkdtemp(join(tmpdir(), 'workcell-chaos-'))
  const recordFile = join(dir, 'record')
  const record = openRecord(recordFile)
  const random = createRandom(seed)
  const faults = scheduleOf(options, random)
  const keyOf = (index: number) => `chaos-${seed}-${index}`
  const inputs = Array.from({ length: events }, (_, index) => ({
    key: keyOf(index),
    poison: isPoison(index, options),
    ms: Math.floor(10 + 60 * random()),
  }))

  let over = false
  let server: ServerProcess | undefined
  let deaths = 0
  let lastDeath = performance.now()
  let faulted = 0
  let made = 0
  let longRuns = 0
  let shutdownMs = 1000

  /** Keeps a server alive, as whatever supervises one in production does. */
  async function supervise(): Promise<void> {
    while (!over) {
      const launched = launchServer({
        script: 'test/chaos/server.ts',
        env: {
          DATA_DIR: dir,
          CHAOS_RECORD: recordFile,
          RUNNERS: '8',
          WORKFLOW_CONCURRENCY: '8',
          SHUTDOWN_MS: String(shutdownMs),
          LOG_LEVEL: 'info',
        },
      })
      // One that is killed by poison before it was ready is a death like any other.
      server = await launched.ready.catch(() => undefined)
      const exit = await launched.exited
      const pid = launched.pid
      record({ op: 'exit', pid, code: exit, ms: Math.round(performance.now() - (toldAt.get(pid) ?? Infinity)) || 0 })
      server = undefined
      if (exit === null) {
        deaths++
        lastDeath = performance.now()
      } else if (exit !== 0) throw new Error(`A server ended with ${exit}: ${launched.errors()}`)
    }
  }

  const toldAt = new Map<number, number>()
  const alive = async (): Promise<ServerProcess> => {
    while (server === undefined) await pause(5)
    return server
  }

  /** A client that repeats its request under the same key until it knows. */
  async function create(input: (typeof inputs)[number]): Promise<string> {
    const { key, poison } = input
    const variables = {
      input: { type: 'chaos', workflow: 'chaos', input, idempotencyKey: key, limits: { timeoutMs: 120_000 } },
    }
    for (;;) {
      const { url } = await alive()
      record({ op: 'invoke', key, poison, input })
      const answer = await send(url, CreateEvent, variables).catch((error: unknown) => ({
        errors: [{ message: String(error) }],
      }))
      const created = 'data' in answer ? answer.data?.createEvent : undefined
      if (created && 'event' in created) {
        record({ op: 'ok', key, id: created.event.id })
        return created.event.id
      }
      record({ op: 'fail', key, why: JSON.stringify(answer) })
      await pause(10)
    }
  }

  async function feed(): Promise<void> {
    await inParallel(clients, events, async (index) => {
      // There is work for every fault to strike: what is fed keeps pace with the faults.
      while (index > ((faulted + 1) / (faults.length + 1)) * events + clients) await pause(5)
      const input = inputs[index]
      if (input) await create(input)
      made++
    })
  }

  const follow = followRecord(recordFile)
  const running = new Map<string, { readonly pid: number; readonly alone: boolean }>()

  /** Reads on in the record: what runs in that server now, and whether it is one that runs alone. */
  function runningIn(pid: number): readonly { readonly id: string; readonly alone: boolean }[] {
    for (const entry of follow()) {
      if (entry.op === 'claim') running.set(entry.id, { pid: entry.pid, alone: entry.alone })
      if (entry.op === 'settled' || entry.op === 'unclaimed') running.delete(entry.id)
    }
    return [...running].map(([id, run]) => ({ id, ...run })).filter((run) => run.pid === pid)
  }

  async function strike(fault: Fault): Promise<void> {
    const victim = await alive()
    const { pid } = victim
    if (fault !== 'kill') await startLongRun(victim, fault === 'leave, patiently' ? 40_000 : 10_000)
    else {
      while (server === victim && made < (faulted / (faults.length + 1)) * events) await pause(5)
      for (let tries = 0; server === victim && runningIn(pid).length === 0 && tries < 200; tries++) await pause(10)
      await pause(50 * random())
    }
    // Whoever runs alone is suspected already. Chance must not make an innocent guilty: that is poison's to do.
    for (let tries = 0; runningIn(pid).some(({ alone }) => alone) && tries < 500; tries++) await pause(10)
    if (server !== victim) return strike(fault)
    if (fault === 'kill') {
      record({ op: 'kill', pid })
      await victim.kill('SIGKILL')
    } else {
      record({ op: 'term', pid })
      toldAt.set(pid, performance.now())
      const gone = victim.kill('SIGTERM')
      if (fault === 'leave, cut short') {
        await Promise.race([gone, pause(1_500 * random())])
        record({ op: 'kill', pid })
        void victim.kill('SIGKILL')
      }
      await gone
    }
    while (server === victim) await pause(5)
  }

  /**
   * So that a server which is told to leave has something to give back. Where it dies before, the run goes on in the
   * next one, and whatever must run alone waits for it: it is to be short against `settleMs`.
   */
  async function startLongRun(victim: ServerProcess, ms: number): Promise<void> {
    const id = await create({ key: `chaos-${seed}-long-${++longRuns}`, poison: false, ms })
    while (server === victim && !runningIn(victim.pid).some((run) => run.id === id)) await pause(20)
  }

  const file = join(dir, 'workcell.db')

  async function untilAllFinal(): Promise<void> {
    const db = new DatabaseSync(file, { readOnly: true })
    const count = db.prepare("SELECT count(*) AS n FROM events WHERE status IN ('Pending', 'Processing')")
    while (Number(count.get()?.['n']) > 0 && performance.now() - lastDeath < settleMs) await pause(100)
    db.close()
  }

  const supervised = supervise()
  const failed = supervised.then(() => new Promise<never>(() => {}))
  const told = setInterval(() => {
    progress.update(made + faulted, `${faulted} of ${faults.length} faults, ${made} events made, ${deaths} deaths`)
  }, 200)
  try {
    await Promise.race([failed, work()])
  } finally {
    clearInterval(told)
    progress.stop()
    over = true
    await server?.kill('SIGKILL')
  }
  await supervised
  const verdict = check(readRecord(recordFile), file)
  // What broke a promise is there to be looked into.
  if (verdict.violations.length > 0) console.log(`Record and data file are kept in ${dir}`)
  else await rm(dir, { recursive: true, force: true })
  return verdict

  async function work(): Promise<void> {
    await request((await alive()).url, SaveWorkflow, { input: { name: 'chaos', code } })
    const feeding = feed()
    for (const fault of faults) {
      if (fault === 'leave, patiently' && shutdownMs !== usualShutdownMs) {
        shutdownMs = usualShutdownMs
        await strike('kill')
      }
      await strike(fault)
      faulted++
    }
    await feeding
    await untilAllFinal()
    over = true
    const last = await alive()
    record({ op: 'term', pid: last.pid })
    toldAt.set(last.pid, performance.now())
    await last.kill('SIGTERM')
  }
}

function scheduleOf({ kills, shutdowns, patient }: ChaosOptions, random: () => number): Fault[] {
  const leaves = Array.from({ length: shutdowns - patient }, (_, index) => (index % 2 ? 'leave, cut short' : 'leave'))
  const faults = [...Array.from({ length: kills }, () => 'kill'), ...leaves]
  return [...(shuffle(faults, random) as Fault[]), ...Array.from({ length: patient }, (): Fault => 'leave, patiently')]
}

/** Poison comes in the first three quarters, so that all of it has done its work before the end. */
function isPoison(index: number, { events, poisons }: ChaosOptions): boolean {
  const every = Math.floor((0.75 * events) / Math.max(1, poisons))
  return index % every === Math.floor(every / 2) && Math.floor(index / every) < poisons
}
