// What the disk may do to a server, and what is promised then: no acknowledged event is lost, and work goes on by itself.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import type { Store } from '../../src/ports.ts'
import { backUp } from '../../src/store/sqlite-backup.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { eventually, inParallel, request, send } from '../client.ts'
import { refusedStart, startServer } from '../harness.ts'
import { CreateEvent, ExecuteWorkflow, GetEvent, ListEvents } from '../operations.ts'
import { startReader } from '../reader.ts'
import { mountMemoryDisk } from '../memory-disk.ts'
import { scratchDir } from '../scratch.ts'
import { startStopwatch } from '../stopwatch.ts'
import { pendingEvent } from '../suites/store.ts'

const code = 'export default ({ input }) => input.length'

async function ready(url: string): Promise<{ status: number; checks: Record<string, string> }> {
  const response = await fetch(new URL('/ready', url))
  const { checks }: { checks: Record<string, string> } = JSON.parse(await response.text())
  return { status: response.status, checks }
}

test('a full disk: answers that say so, nothing lost, and work goes on once there is room', async (context) => {
  const dir = await mountMemoryDisk('size=8m')
  if (dir === undefined) return context.skip('mounting a small file system needs root')
  const DATA_DIR = join(dir, 'data')
  mkdirSync(DATA_DIR)
  const server = await startServer({ DATA_DIR, LOG_LEVEL: 'info' })

  const acknowledged: { id: string; at: number }[] = []
  const refusals: Record<string, unknown>[] = []
  let stop = false
  const client = async (name: number) => {
    for (let n = 0; !stop; n++) {
      const input = { code, input: 'x'.repeat(5000), language: 'JAVASCRIPT' as const, idempotencyKey: `${name}-${n}` }
      for (let isKept = false; !isKept && !stop;) {
        const { data, errors } = await send(server.url, ExecuteWorkflow, { input })
        const result = data?.executeWorkflow
        if (result && 'event' in result) {
          acknowledged.push({ id: result.event.id, at: performance.now() })
          isKept = true
        } else {
          refusals.push(errors?.[0]?.extensions ?? {})
          await setTimeout(50)
        }
      }
      await setTimeout(10)
    }
  }
  const clients = [1, 2].map(client)
  await eventually(() => (acknowledged.length >= 20 ? true : undefined))

  const filler = join(dir, 'filler')
  await eventually(() => {
    fill(filler)
    return refusals.length >= 5 ? true : undefined
  })
  expect(refusals.every((it) => it['code'] === 'UNAVAILABLE' && it['retryable'] === true)).toBe(true)
  const trouble = await eventually(async () => {
    const answer = await ready(server.url)
    return answer.status === 503 ? answer : undefined
  })
  expect(trouble.checks['store']).toMatch(/cannot be used now: .*full/)

  rmSync(filler)
  const freed = performance.now()
  const before = acknowledged.length
  await eventually(() => (acknowledged.length > before ? true : undefined))
  const resumed = (acknowledged[before]?.at ?? Infinity) - freed
  await eventually(async () => ((await ready(server.url)).status === 200 ? true : undefined))
  await eventually(() => (acknowledged.length >= before + 20 ? true : undefined))
  stop = true
  await Promise.all(clients)
  const isDone = async (url: string, id: string) => (await request(url, GetEvent, { id })).event?.status === 'SUCCESS'
  for (const { id } of acknowledged) await eventually(async () => ((await isDone(server.url, id)) ? true : undefined))
  const settled = performance.now() - freed
  process.stdout.write(
    `Disk full: ${refusals.length} refusals; ${(resumed / 1000).toFixed(2)} s from room to the next acknowledged event; ` +
      `all ${acknowledged.length} done ${(settled / 1000).toFixed(1)} s after\n`,
  )
  // Five seconds are promised; a machine that is busy with other things may take longer to do anything at all.
  expect(resumed).toBeLessThan(15_000)

  await server.kill('SIGKILL')
  const again = await startServer({ DATA_DIR })
  for (const { id } of acknowledged) expect(await isDone(again.url, id)).toBe(true)
  await again.kill('SIGTERM')
  const db = new DatabaseSync(join(DATA_DIR, 'workcell.db'))
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  db.close()
})

test('a full disk that the log of the server is on too: it lives, work goes on, and it can leave', async (context) => {
  const dir = await mountMemoryDisk('size=12m')
  if (dir === undefined) return context.skip('mounting a small file system needs root')
  const logFile = join(dir, 'log')
  const log = openSync(logFile, 'a')
  const env = { PORT: '0', DATA_DIR: join(dir, 'data') }
  const server = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', log, log] })
  closeSync(log)
  const exited = once(server, 'exit')
  onTestFinished(() => void server.kill('SIGKILL'))
  const url = await eventually(() => /"url":"([^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1])
  const create = async () =>
    (await send(url, CreateEvent, { input: { type: 'a', input: 'x'.repeat(5000) } })).errors?.[0]

  const filler = join(dir, 'filler')
  let refusals = 0
  await eventually(async () => {
    fill(filler)
    if ((await create())?.extensions?.['code'] === 'UNAVAILABLE') refusals++
    return refusals >= 20 ? true : undefined
  })
  rmSync(filler)
  await eventually(async () => ((await create()) === undefined ? true : undefined))
  await eventually(async () => ((await ready(url)).status === 200 ? true : undefined))

  fill(filler)
  const watch = startStopwatch()
  server.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  // Far from the 30 s after which it would leave whatever hangs.
  expect(watch.stop()).toBeLessThan(10_000)
})

/** Takes whatever room is left. */
function fill(file: string): void {
  for (const bytes of [65_536, 4096, 512]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes))
    } catch {
      // Not so much.
    }
  }
}

test('a file system that turns read-only under the server: answers that say so, and all is there after a repair', async (context) => {
  const places = await scratchDir()
  const [image, dir] = [join(places, 'image'), join(places, 'mounted')]
  const does = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' })
  const mount = () => does('mount', '-o', 'loop,errors=remount-ro', image, dir)
  mkdirSync(dir)
  writeFileSync(image, '')
  truncateSync(image, 32 * 2 ** 20)
  if (does('mkfs.ext4', '-q', image).status !== 0 || mount().status !== 0) {
    return context.skip('mounting a file system of its own needs root, ext4 and a loop device')
  }
  onTestFinished(() => void does('umount', '-l', dir))
  const DATA_DIR = join(dir, 'data')
  const server = await startServer({ DATA_DIR })
  const create = (idempotencyKey: string) =>
    send(server.url, ExecuteWorkflow, { input: { code, input: 'abc', idempotencyKey, waitMs: 30_000 } })
  const before = await create('before')
  expect(before.data?.executeWorkflow).toMatchObject({ event: { status: 'SUCCESS' } })

  // What the kernel does when it finds the file system damaged.
  const device = does('findmnt', '-n', '-o', 'SOURCE', dir).stdout.trim()
  writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, 'a test')
  const refused = await create('refused')
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  const trouble = await ready(server.url)
  expect(trouble.status).toBe(503)
  expect(trouble.checks['store']).toMatch(/cannot be used now: .*(read.?only|disk I\/O error)/i)
  expect((await fetch(new URL('/health', server.url))).status).toBe(200)
  await server.kill('SIGKILL')
  expect((await refusedStart({ DATA_DIR })).message).toMatch(
    /^Workcell cannot start\. DATA_DIR: expected .* read and written/,
  )

  expect(does('umount', dir).status).toBe(0)
  does('e2fsck', '-p', image)
  expect(mount().status).toBe(0)
  const again = await startServer({ DATA_DIR })
  const { events } = await request(again.url, ListEvents, { first: 10 })
  expect(events.nodes).toHaveLength(1)
  await again.kill('SIGTERM')
})

test('a reader that never lets go: the log stays below its limit, and work goes on once that reader is gone', async () => {
  const DATA_DIR = await scratchDir()
  const server = await startServer({ DATA_DIR, WAL_LIMIT_MB: '32' })
  const reader = await startReader(join(DATA_DIR, 'workcell.db'))
  const acknowledged: string[] = []
  let longest = 0
  const create = async () => {
    const input = { code, input: 'x'.repeat(200_000), language: 'JAVASCRIPT' as const }
    const { data, errors } = await send(server.url, ExecuteWorkflow, { input })
    longest = Math.max(longest, statSync(join(DATA_DIR, 'workcell.db-wal')).size)
    const result = data?.executeWorkflow
    if (result && 'event' in result) acknowledged.push(result.event.id)
    return errors?.[0]
  }
  // Four at a time, so that runs are under way when writing stops.
  const refusals = await inParallel(4, 4, async () => {
    for (let tries = 0; tries < 200; tries++) {
      const error = await create()
      if (error) return error
    }
    return undefined
  })
  const who = `process ${reader.pid} (node) keeps reading the data file`
  for (const refusal of refusals) expect(refusal?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  const trouble = await eventually(async () => {
    const answer = await ready(server.url)
    return answer.status === 503 ? answer : undefined
  })
  expect(trouble.checks['store']).toContain(who)
  expect(acknowledged.length).toBeGreaterThan(20)

  reader.kill('SIGKILL')
  await eventually(async () => ((await ready(server.url)).status === 200 ? true : undefined))
  expect(await create()).toBeUndefined()
  for (const id of acknowledged) {
    await eventually(async () =>
      (await request(server.url, GetEvent, { id })).event?.status === 'SUCCESS' ? true : undefined,
    )
  }
  expect(longest).toBeLessThan(32 * 2 ** 20)
  process.stdout.write(
    `Beside a reader: ${acknowledged.length} events acknowledged, the log at most ${(longest / 2 ** 20).toFixed(1)} of 32 MB\n`,
  )
})

async function startSlowApp(change: (store: Store) => Partial<Store>) {
  const config = parseConfig({ PORT: '0', RUNNERS: '4', SHUTDOWN_MS: '0', DATA_DIR: await scratchDir() })
  const app = await startApp(config, pino({ level: 'silent' }), (adapters) => ({
    ...adapters,
    store: { ...adapters.store, ...change(adapters.store) },
  }))
  onTestFinished(() => app.close())
  return app
}

test('a slow disk: everything takes longer, and nothing fails', async () => {
  const slowly =
    <Given extends readonly unknown[], T>(call: (...given: Given) => Promise<T>) =>
    async (...given: Given) => {
      await setTimeout(100 + 200 * Math.random())
      return call(...given)
    }
  const app = await startSlowApp(({ createEvents, updateEvent, appendLogs, renewLeases, check }) => ({
    createEvents: slowly(createEvents),
    updateEvent: slowly(updateEvent),
    appendLogs: slowly(appendLogs),
    renewLeases: slowly(renewLeases),
    check: slowly(check),
  }))
  const took: number[] = []
  const statuses = await inParallel(8, 24, async (n) => {
    const began = performance.now()
    const input = { code, input: String(n), language: 'JAVASCRIPT' as const, waitMs: 30_000 }
    const { executeWorkflow } = await request(app.url, ExecuteWorkflow, { input })
    took.push(performance.now() - began)
    return 'event' in executeWorkflow ? executeWorkflow.event.status : executeWorkflow.message
  })
  expect(new Set(statuses)).toEqual(new Set(['SUCCESS']))
  expect((await ready(app.url)).status).toBe(200)
  const median = took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0
  process.stdout.write(`Slow disk, 100 to 300 ms a write: events took ${median.toFixed(0)} ms in the median\n`)
})

test('a disk that does not answer is what /ready says', async () => {
  const app = await startSlowApp(() => ({ check: () => new Promise(() => undefined) }))
  const { status, checks } = await ready(app.url)
  expect(status).toBe(503)
  expect(checks['store']).toBe('The store has not answered for 5000 ms.')
})

/** Runs a script until it ends, or kills it after `killAfter` milliseconds. Resolves to how long it took. */
async function runScript(script: string, args: readonly string[], dataDir: string, killAfter?: number) {
  const began = performance.now()
  const child = spawn(process.execPath, [script, ...args], { env: { DATA_DIR: dataDir }, stdio: 'ignore' })
  const exited = once(child, 'exit')
  if (killAfter !== undefined) {
    await Promise.race([setTimeout(killAfter), exited])
    child.kill('SIGKILL')
  }
  const [exit] = await exited
  return { exit, took: performance.now() - began }
}

function countEvents(file: string): number {
  const db = new DatabaseSync(file)
  try {
    expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    return Number(db.prepare('SELECT count(*) AS count FROM events').get()?.['count'])
  } finally {
    db.close()
  }
}

test('a backup or restore that is killed leaves what was there, whole', async () => {
  const dataDir = await scratchDir()
  const store = openSqliteStore({ dataDir })
  const fillStore = async (count: number) => {
    const events = Array.from({ length: count }, () => pendingEvent({ input: 'x'.repeat(100_000) }))
    await store.createEvents(events)
  }
  await fillStore(300)
  const places = await scratchDir()
  const first = await runScript('scripts/backup.ts', [join(places, 'whole.db')], dataDir)
  expect(first.exit).toBe(0)
  let finished = 0
  for (let round = 0; round < 6; round++) {
    const file = join(places, `${round}.db`)
    await runScript('scripts/backup.ts', [file], dataDir, first.took * Math.random())
    if (existsSync(file)) finished++
    if (existsSync(file)) expect(countEvents(file)).toBe(300)
  }
  const leftovers = readdirSync(places).filter((name) => name.endsWith('.partial')).length
  await backUp({ dataDir, file: join(places, 'last.db') })
  expect(countEvents(join(places, 'last.db'))).toBe(300)

  await fillStore(10)
  await store.close()
  const data = join(dataDir, 'workcell.db')
  const whole = await runScript('scripts/restore.ts', [join(places, 'whole.db'), '--force'], dataDir)
  expect(whole.exit).toBe(0)
  const aside = readdirSync(dataDir).find((name) => name.includes('.before-')) ?? ''
  expect(countEvents(join(dataDir, aside))).toBe(310)
  for (let round = 0; round < 6; round++) {
    // In turn from 300 events to 310 and back, so that either is told from the other.
    const [before, after, source] =
      countEvents(data) === 300 ? [300, 310, join(dataDir, aside)] : [310, 300, join(places, 'whole.db')]
    const { exit } = await runScript('scripts/restore.ts', [source, '--force'], dataDir, whole.took * Math.random())
    expect(exit === 0 ? [after] : [before, after]).toContain(countEvents(data))
  }
  process.stdout.write(`Of 6 killed backups ${finished} had ended and ${leftovers} left a part behind\n`)
})
