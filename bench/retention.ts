// How much creating events suffers while retention deletes 100,000 old ones, in one run on one machine:
// `node bench/retention.ts`. A figure for each server of the same kind on the same data, and the ratio of both.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import type { Event } from '../src/event.ts'
import { idBound, newId } from '../src/id.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { newEvent } from '../src/transitions.ts'

const old = Number(process.argv[2] ?? 100_000)
const dayMs = 86_400_000
const perSecond = 50
const warmUpMs = 2_000
const longestMs = 900_000

function oldEvent(n: number): Event {
  const at = Date.now() - 30 * dayMs + n
  const id = idBound('evt', at) + newId('evt').slice('evt_01234567-0123'.length)
  const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
  const origin = { idempotencyKey: `old-${n}`, requestHash: 'h', rerunOf: null }
  return newEvent({ id, type: 'bench', input: { n }, assignment: null, limits, ...origin }, at)
}

async function fill(dataDir: string): Promise<void> {
  const store = openSqliteStore({ dataDir })
  for (let from = 0; from < old; from += 1000) {
    const events = Array.from({ length: Math.min(1000, old - from) }, (_, index) => oldEvent(from + index))
    await store.createEvents(events)
    await store.appendLogs(
      events.flatMap(({ id }) =>
        [1, 2].map((seq) => ({
          eventId: id,
          attempt: 1,
          seq,
          at: 1,
          level: 'info' as const,
          message: 'a line of log',
        })),
      ),
    )
  }
  await store.close()
}

/** Creates events at a steady rate while a server of these settings runs, until `isOver`; resolves to what each took. */
async function measure(env: Record<string, string>, isOver: (line: string) => boolean, most: number) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let over = false
  const lines = createInterface(child.stdout)
  const url = await new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const parsed: { url?: string } = JSON.parse(line)
      if (parsed.url) resolve(parsed.url)
      over ||= isOver(line)
    })
  })
  const body = JSON.stringify({ query: 'mutation { createEvent(input: { type: "bench" }) { __typename } }' })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const times: number[] = []
  const began = performance.now()
  const asked: Promise<void>[] = []
  // At a steady rate: whoever waits for each answer would ask least when it takes longest.
  for (let n = 0; !over && performance.now() - began < most; n++) {
    const due = began + (n * 1000) / perSecond
    if (due > performance.now()) await setTimeout(due - performance.now())
    const create = async () => {
      await (await fetch(url, { method: 'POST', headers, body })).text()
      if (performance.now() - began > warmUpMs) times.push(performance.now() - due)
    }
    asked.push(create())
  }
  await Promise.all(asked)
  child.kill('SIGTERM')
  await exited
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN
  return { created: sorted.length, seconds: (performance.now() - began) / 1000, p50: at(0.5), p99: at(0.99) }
}

const dataDir = await mkdtemp(join(tmpdir(), 'workcell-bench-'))
try {
  process.stderr.write(`Writing ${old} old events\n`)
  await fill(dataDir)
  const off = await measure({ DATA_DIR: dataDir }, () => false, 30_000)
  const on = await measure(
    { DATA_DIR: dataDir, RETENTION_DAYS: '7' },
    (line) => line.includes('Old events were deleted'),
    longestMs,
  )
  for (const [name, it] of Object.entries({ 'without retention': off, 'while it deletes': on })) {
    process.stdout.write(
      `${name.padEnd(18)} ${it.created} created in ${it.seconds.toFixed(0)} s, p50 ${it.p50.toFixed(1)} ms, p99 ${it.p99.toFixed(1)} ms\n`,
    )
  }
  process.stdout.write(`ratio of p99: ${(on.p99 / off.p99).toFixed(2)}\n`)
} finally {
  await rm(dataDir, { recursive: true, force: true })
}
