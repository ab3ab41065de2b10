// What measuring costs: the CPU time of the wrapper around the store for one run, beside all that the server's own
// process uses for one. `node bench/metrics.ts`.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { newId } from '../src/id.ts'
import { measureStore } from '../src/metrics/measured-store.ts'
import { createMetrics } from '../src/metrics/prometheus.ts'
import type { Store } from '../src/ports.ts'
import { claimEvent, newEvent, owned, settleEvent } from '../src/transitions.ts'

const rounds = 5
const cycles = 20_000
const runs = 1000
const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }

/** Takes everything and keeps nothing, so that what is left is what the wrapper adds. */
const nothing: Store = new Proxy({} as Store, {
  get: (_target, name) =>
    name === 'now' ? Date.now : async (given: unknown) => (name === 'createEvents' ? given : true),
})

/** CPU time in microseconds. */
async function cpuOf(work: () => Promise<void>): Promise<number> {
  const began = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(began)
  return user + system
}

/** What the store is asked for in the life of an event, twenty thousand times over. */
async function live(store: Store): Promise<void> {
  for (let n = 0; n < cycles; n++) {
    const assignment = { workflow: 'wfl_1', execution: null, version: 'v', limits, runAt: 1 }
    const origin = { idempotencyKey: null, requestHash: null, rerunOf: null }
    const event = newEvent({ id: newId('evt'), type: 'a', input: null, assignment, limits, ...origin }, 1)
    await store.createEvents([event])
    await store.getEvent(event.id)
    await store.getVersion('v')
    const claimed = owned(claimEvent(event, 'me', 9, 2))
    await store.updateEvent(claimed)
    await store.updateEvent(owned(settleEvent(claimed, 'me', { kind: 'Success', data: 1, usage }, 3, 0)))
  }
}

async function cpuOfRun(): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'workcell-bench-'))
  const app = await startApp(parseConfig({ PORT: '0', DATA_DIR: dataDir }), pino({ level: 'silent' }))
  const body = JSON.stringify({
    query: `mutation { executeWorkflow(input: { code: "export default () => 1", waitMs: 30000 }) { __typename } }`,
  })
  const headers = { 'content-type': 'application/json' }
  const run = async (count: number) => {
    for (let n = 0; n < count; n++) await (await fetch(app.url, { method: 'POST', headers, body })).text()
  }
  await run(100)
  // The client is in this process too, which makes the share of the metrics look a little smaller than it is.
  const used = await cpuOf(() => run(runs))
  await app.close()
  await rm(dataDir, { recursive: true, force: true })
  return used / runs
}

const measured = measureStore(nothing, createMetrics())
const differences: number[] = []
for (let round = 0; round < rounds; round++) {
  const bare = await cpuOf(() => live(nothing))
  differences.push(((await cpuOf(() => live(measured))) - bare) / cycles)
}
const added = differences.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
const whole = await cpuOfRun()
process.stdout.write(
  `Measuring takes ${added.toFixed(1)} µs of CPU a run, of ${whole.toFixed(0)} µs in all: ${((100 * added) / whole).toFixed(1)} %\n`,
)
