// npm run simulate -- --seed 17 --trace: one seed, with everything that happens in it.
// npm run simulate -- --seeds 10000 --workers 2: many seeds, from --seed on (1). --ops: operations of each (200).
// --mutation NAME: with a fault put into the sources, to see whether it is noticed (see mutations.ts).
import { fork } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { mutate } from './mutations.ts'
import type { Result } from './simulate.ts'
import { installWorld } from './world.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    /** Just these, with commas between them. */
    only: { type: 'string' },
    ops: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1' },
    /** Only every so many-th seed: each worker has its own. */
    stride: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    mutation: { type: 'string' },
  },
})
/** Room for a whole seed, so that what it leaves behind is rarely moved by a collection. */
const execArgv = ['--min-semi-space-size=32', '--max-semi-space-size=64']
const first = Number(values.seed)
const seeds = Number(values.seeds)
const workers = Number(values.workers)
const clock = performance.now.bind(performance)
const began = clock()

async function simulateAll(tell: (result: Result, cpuMs: number) => void): Promise<void> {
  if (values.mutation !== undefined) mutate(values.mutation)
  const { simulate } = await import('./simulate.ts')
  installWorld()
  const unhandled: unknown[] = []
  process.on('unhandledRejection', (error) => unhandled.push(error))
  for (const seed of chosen()) {
    // Not from within a microtask, since those of a simulation are to run while it runs.
    await setImmediate()
    const result = await inTurn(() =>
      simulate(seed, Number(values.ops), values.trace ? (text) => console.log(text) : undefined),
    )
    await setImmediate()
    const violations = [...result.violations, ...unhandled.map((error) => `rejection: nobody handled ${String(error)}`)]
    unhandled.length = 0
    const { user, system } = process.cpuUsage()
    tell({ ...result, violations }, (user + system) / 1000)
    // The first that notices is enough.
    if (values.mutation !== undefined && violations.length > 0) return
  }
}

function* chosen(): Generator<number> {
  if (values.only !== undefined) yield* values.only.split(',').map(Number)
  else for (let seed = first; seed < first + seeds; seed += Number(values.stride)) yield seed
}

function inTurn<T>(act: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    globalThis.setImmediate(() => {
      try {
        resolve(act())
      } catch (error) {
        reject(error)
      }
    })
  })
}

async function inWorkers(tell: typeof count): Promise<void> {
  const ends = Array.from({ length: workers }, (_, index) => {
    const args = ['--seed', first + index, '--seeds', seeds - index, '--stride', workers, '--ops', values.ops].map(
      String,
    )
    const child = fork(import.meta.filename, args, { execArgv })
    child.on('message', ({ result, cpuMs }: Told) => tell(result, cpuMs))
    return new Promise<void>((resolve, reject) => {
      child.on('close', (code) =>
        code === 0 || code === 1 ? resolve() : reject(new Error(`A worker ended with ${code}`)),
      )
    })
  })
  await Promise.all(ends)
}

/** What a worker sends. */
interface Told {
  readonly result: Result
  readonly cpuMs: number
}

/** Of the process that needed most, in milliseconds: what all would take on cores that do nothing else. */
let longest = 0
const total = { seeds: 0, failed: 0, events: 0, steps: 0, deaths: 0, tookMs: 0 }
let shown = began

function count(result: Result, cpuMs: number): void {
  longest = Math.max(longest, cpuMs)
  total.seeds++
  for (const name of ['events', 'steps', 'deaths', 'tookMs'] as const) total[name] += result[name]
  if (result.violations.length > 0) {
    total.failed++
    console.log(`seed ${result.seed} of ${values.ops} operations: ${result.violations[0]}`)
  }
  if (clock() - shown < 5000) return
  shown = clock()
  console.log(`${total.seeds} of ${seeds} seeds, ${total.failed} failed, ${seconds()} s`)
}

const seconds = () => ((clock() - began) / 1000).toFixed(1)

if (process.send) {
  await simulateAll((result, cpuMs) => process.send?.({ result, cpuMs } satisfies Told))
  process.disconnect?.()
} else {
  await (workers > 1 ? inWorkers(count) : simulateAll(count))
  const { failed, events, steps, deaths, tookMs } = total
  console.log(
    `${total.seeds} seeds of ${values.ops} operations, ${failed} failed: ${events} events, ${deaths} ends of processes, ` +
      `${steps} steps, ${Math.round(tookMs / 3_600_000)} h of virtual time in ${seconds()} s, ${(longest / 1000).toFixed(1)} s of each core`,
  )
  process.exitCode = failed > 0 ? 1 : 0
}
