import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StartError, UnavailableError } from '../src/errors.ts'
import type { EventFilter } from '../src/ports.ts'
import type { Pruned } from '../src/pruning.ts'
import { migrations } from '../src/store/sqlite-schema.ts'
import { listEventsSql, statements } from '../src/store/sqlite-statements.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { mountMemoryDisk } from './memory-disk.ts'
import { scratchDir } from './scratch.ts'
import { pendingEvent, storeSuite } from './suites/store.ts'

storeSuite('SQLite in memory', () => openSqliteStore({ dataDir: ':memory:' }))
storeSuite('a SQLite file', async () => openSqliteStore({ dataDir: await scratchDir() }))

/** Every statement that `listEvents` can issue: with and without each field. */
function listStatements(): string[] {
  const fields: EventFilter[] = [
    { statuses: ['Error'] },
    { type: 'a' },
    { workflow: 'w' },
    { execution: 'e' },
    { idempotencyKey: 'k' },
  ]
  return Array.from({ length: 2 ** fields.length }, (_, mask) =>
    listEventsSql(Object.assign({}, ...fields.filter((_field, bit) => mask & (1 << bit)))),
  )
}

describe('the statements of the SQLite store', () => {
  const db = new DatabaseSync(':memory:')
  for (const migration of migrations) db.exec(migration)

  test.each([...Object.values(statements), ...listStatements()])('%s', (sql) => {
    const names = [...new Set([...sql.matchAll(/:(\w+)/g)].map((match) => match[1] ?? ''))]
    const parameters = Object.fromEntries(names.map((name) => [name, name === 'ids' ? '[]' : 1]))
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters)
    const steps = plan.map((step) => String(step['detail']))
    // A list of ids that came as a parameter is read from one end to the other, of course.
    // So is what another part of the statement found, which is listed as a step of its own.
    const scans = steps.filter((step) => /^SCAN(?! json_each| \(subquery)|TEMP B-TREE/.test(step))
    expect(scans).toEqual([])
  })
})

describe('a SQLite file', () => {
  test('has one writer; the next can open it once that is gone, however it went', async () => {
    const dataDir = await scratchDir()
    const script = `
      import { openSqliteStore } from ${JSON.stringify(new URL('../src/store/sqlite.ts', import.meta.url).href)}
      // Held, or the garbage collector closes it, and with it its lock.
      globalThis.store = openSqliteStore({ dataDir: ${JSON.stringify(dataDir)} })
      console.log('open')
      setInterval(() => {}, 1000)
    `
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(holder.stdout, 'data')
    expect(() => openSqliteStore({ dataDir })).toThrow(StartError)
    expect(() => openSqliteStore({ dataDir })).toThrow(/no other Workcell is using/)

    const reader = new DatabaseSync(join(dataDir, 'workcell.db'), { readOnly: true })
    expect(reader.prepare('SELECT count(*) AS count FROM events').get()).toEqual({ count: 0 })
    reader.close()

    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const store = openSqliteStore({ dataDir })
    await store.check()
    await store.close()
  })

  test('keeps what was written when it is opened again, and takes every lease for lost', async () => {
    const dataDir = await scratchDir()
    const first = openSqliteStore({ dataDir })
    const event = pendingEvent({ status: 'Processing', owner: 'dead', leaseUntil: Date.now() + 60_000, rev: 2 })
    await first.createEvents([event])
    await first.close()
    const second = openSqliteStore({ dataDir })
    expect(await second.getEvent(event.id)).toEqual({ ...event, leaseUntil: 0 })
    expect(await second.listDue(Date.now(), 10)).toMatchObject([{ id: event.id }])
    await second.close()
  })

  test('writes of one turn share a transaction, and one that fails takes no other with it', async () => {
    const store = openSqliteStore({ dataDir: ':memory:' })
    const good = pendingEvent()
    const broken = { ...pendingEvent(), crashes: Number.NaN }
    const results = await Promise.allSettled([
      store.createEvents([good]),
      store.createEvents([pendingEvent(), broken]),
      store.createEvents([pendingEvent()]),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(2)
    await store.close()
  })

  test('what is large is deleted a few megabytes at a time, so that others need not wait for long', async () => {
    const store = openSqliteStore({ dataDir: ':memory:' })
    const ended = (input: string) => pendingEvent({ status: 'Success', finishedAt: 1, input })
    const events = Array.from({ length: 20 }, () => ended('x'.repeat(1_000_000)))
    for (const event of events) await store.createEvents([event])
    const talkative = ended('')
    await store.createEvents([talkative])
    const message = 'x'.repeat(10_000)
    const line = { eventId: talkative.id, attempt: 1, at: 1, level: 'info' as const, message }
    await store.appendLogs(Array.from({ length: 1000 }, (_, index) => ({ ...line, seq: index + 1 })))

    const goes: number[] = []
    for (let after: string | undefined = ''; after !== undefined && goes.length < 100;) {
      const pruned: Pruned = await store.deleteFinished('Success', Date.now() + 60_000, after, 100)
      goes.push(pruned.deleted)
      after = pruned.next
    }
    // Five events of 1 MB each time, and a log of 10 MB in three parts.
    expect(goes).toEqual([5, 5, 5, 5, 0, 0, 1])
    expect(await store.readLogs(talkative.id, undefined, 1)).toEqual([])
    await store.close()
  })

  test.each([
    ['of a newer version', (file: string) => new DatabaseSync(file).exec('PRAGMA user_version = 99'), /version 99/],
    ['that is no database', (file: string) => writeFileSync(file, 'x'.repeat(5000)), /not a database/],
  ])('%s is refused', async (_what, spoil, message) => {
    const dataDir = await scratchDir()
    spoil(join(dataDir, 'workcell.db'))
    expect(() => openSqliteStore({ dataDir })).toThrow(StartError)
    expect(() => openSqliteStore({ dataDir })).toThrow(message)
  })

  test('a full disk is told to the caller, and writing goes on once there is room', async (context) => {
    const dir = await mountMemoryDisk('size=1m')
    if (dir === undefined) return context.skip('mounting a small file system needs root')
    const dataDir = join(dir, 'data')
    mkdirSync(dataDir)
    const store = openSqliteStore({ dataDir })
    const { bavail, bsize } = statfsSync(dir)
    const filler = join(dir, 'filler')
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 8192))
    const large = () => pendingEvent({ input: 'x'.repeat(100_000) })

    const refused = await store.createEvents([large()]).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(UnavailableError)
    await expect(store.createEvents([large()])).rejects.toThrow(/disk is full/)
    expect(await store.listEvents({}, { limit: 10 })).toEqual([])

    spawnSync('rm', [filler])
    await store.createEvents([large()])
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(1)
    await store.close()
  })
})
