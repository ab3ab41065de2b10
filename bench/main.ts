// Measures Workcell beside a bare program of the same parts, in one run on one machine, so that the ratios mean
// something where the figures themselves do not. `npm run bench`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const rounds = 3
const latencyRuns = 400
const loadEvents = 2000
const loadClients = 32
const queryRequests = 4000
const ticksPerSecond = 100
const code = 'export default ({ input }) => ({ twice: input.n * 2 })'

interface Subject {
  readonly name: string
  readonly pid: number
  readonly stop: () => Promise<unknown>
  /** Runs code and resolves once it has ended and its result is stored. */
  readonly execute: (n: number) => Promise<void>
  readonly query: () => Promise<unknown>
}

async function start(script: string, args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const { url }: { url?: string } = JSON.parse(line)
    if (!url) continue
    child.stdout.resume()
    return { url, pid: child.pid ?? 0, stop: () => (child.kill('SIGTERM'), exited) }
  }
  throw new Error(`${script} ended before it was ready`)
}

async function send(url: string, query: string, variables: object) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
  const { data, errors } = JSON.parse(await response.text())
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

async function startWorkcell(dir: string): Promise<Subject> {
  const { url, pid, stop } = await start('src/main.ts', [], { PORT: '0', DATA_DIR: dir })
  const execute = `mutation ($input: ExecuteWorkflowInput!) {
    executeWorkflow(input: $input) { ... on ExecuteWorkflowPayload { event { id status data } } ... on UserError { message } }
  }`
  const find = 'query ($id: ID!) { event(id: $id) { id status data } }'
  return {
    name: 'workcell',
    pid,
    stop,
    async execute(n) {
      const { event } = (await send(url, execute, { input: { code, input: { n }, waitMs: 30_000 } })).executeWorkflow
      if (event.status !== 'SUCCESS') throw new Error(`An event ended as ${event.status}`)
    },
    query: () => send(url, find, { id: 'evt_01936b5e-0000-7000-8000-000000000000' }),
  }
}

async function startBare(dir: string): Promise<Subject> {
  const { url, pid, stop } = await start('bench/bare.ts', [dir], {})
  const execute = `mutation ($code: String!, $input: String!) {
    execute(code: $code, input: $input) { id status data }
  }`
  const find = 'query ($id: ID!) { event(id: $id) { id status data } }'
  return {
    name: 'bare',
    pid,
    stop,
    async execute(n) {
      const { status } = (await send(url, execute, { code, input: JSON.stringify({ n }) })).execute
      if (status !== 'SUCCESS') throw new Error(`An event ended as ${status}`)
    },
    query: () => send(url, find, { id: 'none' }),
  }
}

async function latency(subject: Subject) {
  const times: number[] = []
  for (let run = 0; run < latencyRuns; run++) {
    const begun = performance.now()
    await subject.execute(run)
    times.push(performance.now() - begun)
  }
  times.sort((a, b) => a - b)
  return { p50: times[latencyRuns >> 1] ?? 0, p99: times[Math.floor(latencyRuns * 0.99)] ?? 0 }
}

/** Events per second that so many clients bring to their end, each waiting for one before it makes the next. */
async function load(subject: Subject): Promise<number> {
  const begun = performance.now()
  let next = 0
  const client = async () => {
    while (next < loadEvents) await subject.execute(next++)
  }
  await Promise.all(Array.from({ length: loadClients }, client))
  return loadEvents / ((performance.now() - begun) / 1000)
}

/** CPU time of the server's process for one small query, in microseconds. Linux only: elsewhere it is not a number. */
async function queryCost(subject: Subject): Promise<number> {
  const before = await cpuSeconds(subject.pid)
  let next = 0
  const client = async () => {
    while (next++ < queryRequests) await subject.query()
  }
  await Promise.all(Array.from({ length: 16 }, client))
  return ((await cpuSeconds(subject.pid)) - before) * (1e6 / queryRequests)
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

const dir = await mkdtemp(join(tmpdir(), 'workcell-bench-'))
const subjects = [await startWorkcell(dir), await startBare(dir)]
try {
  for (const subject of subjects) await latency(subject)
  const results: { name: string; round: number; p50: number; p99: number; perSecond: number; queryCpu: number }[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      process.stderr.write(`round ${round} of ${rounds}: ${subject.name}      \r`)
      const { p50, p99 } = await latency(subject)
      results.push({
        name: subject.name,
        round,
        p50,
        p99,
        perSecond: await load(subject),
        queryCpu: await queryCost(subject),
      })
    }
  }
  process.stderr.write(`${' '.repeat(40)}\r`)
  console.log(`Node ${process.version}, median of ${rounds} rounds, ${loadEvents} events of ${loadClients} clients`)
  const median = (name: string, pick: (result: (typeof results)[number]) => number) =>
    results
      .filter((result) => result.name === name)
      .map(pick)
      .sort((a, b) => a - b)[rounds >> 1] ?? 0
  const rows = [
    ['run and wait, p50 (ms)', (it: (typeof results)[number]) => it.p50],
    ['run and wait, p99 (ms)', (it: (typeof results)[number]) => it.p99],
    ['events to their end (per s)', (it: (typeof results)[number]) => it.perSecond],
    ['small query, CPU (µs)', (it: (typeof results)[number]) => it.queryCpu],
  ] as const
  for (const [label, pick] of rows) {
    const [ours, bare] = [median('workcell', pick), median('bare', pick)]
    console.log(
      `${label.padEnd(30)} workcell ${ours.toFixed(1)}  bare ${bare.toFixed(1)}  ratio ${(ours / bare).toFixed(2)}`,
    )
  }
} finally {
  await Promise.all(subjects.map((subject) => subject.stop()))
  await rm(dir, { recursive: true, force: true })
}
