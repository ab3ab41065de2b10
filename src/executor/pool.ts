import { availableParallelism } from 'node:os'
import { defaultCaps, type Caps } from '../caps.ts'
import type { Outcome } from '../event.ts'
import { noUsage } from '../event.ts'
import type { Executor, Job, RunHost } from '../ports.ts'
import { noFetcher } from './calls.ts'
import { createChecks } from './checks.ts'
import type { ChildrenStats } from './children.ts'
import { createChildren } from './children.ts'
import { sandboxCrash } from './failures.ts'
import type { Fetcher } from './fetch-types.ts'
import { createHistory } from './history.ts'
import { createLaunch, type Launch, type Role } from './launch.ts'
import type { Turn } from './line.ts'
import { createMemoryWatch } from './memory-watch.ts'
import { createPlaces } from './places.ts'
import { runIn } from './run.ts'

export interface PoolOptions {
  /** How many runs may go on at the same time. Each has a process of its own, and one more is kept ready while there are fewer. */
  readonly runners: number
  /** The most memory a job may ask for, in megabytes. It sizes the kernel's limit on a process. Default 512. */
  readonly maxMemoryMb?: number
  /** What a run and a source may use besides time and memory. */
  readonly caps?: Caps
  /** Does the fetching of user code, and is closed with the pool. None: every fetch fails. */
  readonly fetcher?: Fetcher
  /** How long a process that is not needed is kept, in milliseconds. Default 30 seconds. */
  readonly idleMs?: number
  /** Whether user code runs without a compiler. */
  readonly jitless?: boolean
  /** Told of defences that this platform lacks, and of processes that do not start. */
  readonly warn?: (message: string) => void
  /** Starts the processes. For tests. */
  readonly launch?: Launch
}

export interface Pool extends Executor {
  /** Of the processes that run code, and of those that check it. */
  stats(): Readonly<Record<Role, ChildrenStats>>
}

/** Children that may be lost before a job is blamed, which none of them began. */
const losses = 5
/** Runs for each core that may have just begun. Most end at once, and more beside each other make all of them slow. */
const youngPerCore = 2
const mb = 1024 * 1024

/**
 * Runs each job in a process that runs nothing else at the time, in a V8 isolate that nothing else ever runs in.
 * Checking source has processes of its own, so that it does not wait behind runs and a poisoned checker runs nothing.
 */
export function openPool(options: PoolOptions): Pool {
  const {
    runners: max,
    maxMemoryMb = 512,
    caps = defaultCaps,
    fetcher = noFetcher,
    jitless = false,
    idleMs = 30_000,
    warn = () => {},
  } = options
  const launch = options.launch ?? createLaunch({ maxMemoryMb, caps, jitless, warn })
  const memory = createMemoryWatch()
  const shared = { launch, caps, memory, idleMs, warn }
  const runners = createChildren({ ...shared, role: 'child', min: 2, max, spare: 1, rssLimit: 100 * mb })
  const checks = createChecks(shared)
  const young = createPlaces(youngPerCore * availableParallelism())
  const stopping = new AbortController()
  const history = createHistory()
  let lastId = 0

  async function run(job: Job, host: RunHost): Promise<Outcome> {
    const { turn, ended } = history.begin(job.version.hash)
    let outcome: Outcome | undefined
    try {
      outcome = await runInTurn(job, host, turn)
      return outcome
    } finally {
      ended(outcome)
    }
  }

  async function runInTurn(job: Job, host: RunHost, turn: Turn): Promise<Outcome> {
    const signal = AbortSignal.any([host.signal, stopping.signal])
    const grownUp = await young.take(signal, turn)
    if (!grownUp) return { kind: 'Interrupted' }
    try {
      for (let lost = 0; lost < losses; lost++) {
        const child = await runners.acquire(signal, turn)
        if (!child) return { kind: 'Interrupted' }
        const outcome = await runIn(child, ++lastId, job, { log: host.log, signal, grownUp }, caps, fetcher)
        if (outcome) return outcome
      }
      const failure = sandboxCrash(`${losses} processes ended before it began`)
      return { kind: 'Failure', failure, usage: noUsage }
    } finally {
      grownUp()
    }
  }

  return {
    run,
    prepare: checks.prepare,
    stats: () => ({ child: runners.stats(), checker: checks.stats() }),
    trouble: () => runners.trouble() ?? checks.trouble(),
    async close() {
      stopping.abort()
      await Promise.all([runners.close(), checks.close(), fetcher.close()])
    },
  }
}
