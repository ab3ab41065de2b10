import { defaultCaps, type Caps } from '../caps.ts'
import { UnavailableError } from '../errors.ts'
import type { Outcome } from '../event.ts'
import { noUsage } from '../event.ts'
import type { Executor, Job, Prepared, RunHost, Source } from '../ports.ts'
import { checkIn } from './check.ts'
import { noFetcher } from './calls.ts'
import { createChildren } from './children.ts'
import { sandboxCrash, syntaxFailure } from './failures.ts'
import type { Fetcher } from './fetch-types.ts'
import { createLaunch, type Launch } from './launch.ts'
import { sizeText } from './limits.ts'
import { createMemoryWatch } from './memory-watch.ts'
import { runIn } from './run.ts'

export interface PoolOptions {
  /** How many runs may go on at the same time. Each has a process of its own, and one more is kept ready. */
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

/** Children that may be lost before a job is blamed, which none of them began. */
const losses = 5
const mb = 1024 * 1024

/**
 * Runs each job in a process that runs nothing else at the time, in a V8 isolate that nothing else ever runs in.
 * Checking source has processes of its own, so that it does not wait behind runs and a poisoned checker runs nothing.
 */
export function openPool(options: PoolOptions): Executor {
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
  const checkers = createChildren({ ...shared, role: 'checker', min: 1, max: 2, spare: 0, rssLimit: 240 * mb })
  const stopping = new AbortController()
  let lastId = 0

  async function run(job: Job, host: RunHost): Promise<Outcome> {
    const signal = AbortSignal.any([host.signal, stopping.signal])
    for (let lost = 0; lost < losses; lost++) {
      const child = await runners.acquire(signal)
      if (!child) return { kind: 'Interrupted' }
      const outcome = await runIn(child, ++lastId, job, { log: host.log, signal }, caps, fetcher)
      if (outcome) return outcome
    }
    const failure = sandboxCrash(`${losses} processes ended before it began`)
    return { kind: 'Failure', failure, usage: noUsage }
  }

  async function prepare(source: Source): Promise<Prepared> {
    if (Buffer.byteLength(source.code) > caps.sourceBytes) {
      return refuse(source, `The code is larger than ${sizeText(caps.sourceBytes)}`)
    }
    // Once more in case the first child was lost by accident and not because of this source.
    for (let tries = 0; tries < 2; tries++) {
      const child = await checkers.acquire()
      if (!child) throw new UnavailableError('The server is shutting down')
      const prepared = await checkIn(child, ++lastId, source, stopping.signal)
      if (prepared) return prepared
      if (stopping.signal.aborted) throw new UnavailableError('The server is shutting down')
    }
    return refuse(source, 'The code crashes the process that checks it')
  }

  return {
    run,
    prepare,
    trouble: () => runners.trouble() ?? checkers.trouble(),
    async close() {
      stopping.abort()
      await Promise.all([runners.close(), checkers.close(), fetcher.close()])
    },
  }
}

function refuse(source: Source, message: string): Prepared {
  return { kind: 'Failure', failure: syntaxFailure({ message }, source.code) }
}
