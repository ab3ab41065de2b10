// What may happen to the data file while a server uses it, and its backup.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StartError, UnavailableError } from '../src/errors.ts'
import type { SqliteStore } from '../src/store/sqlite.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { backUp, restore } from '../src/store/sqlite-backup.ts'
import { eventually } from './client.ts'
import { startReader } from './reader.ts'
import { scratchDir } from './scratch.ts'
import { pendingEvent } from './suites/store.ts'

async function openStore(): Promise<{ store: SqliteStore; file: string; dataDir: string; warnings: string[] }> {
  const dataDir = await scratchDir()
  const warnings: string[] = []
  const store = openSqliteStore({ dataDir, warn: (message) => void warnings.push(message) })
  onTestFinished(() => store.close())
  return { store, dataDir, file: join(dataDir, 'workcell.db'), warnings }
}

async function refusal(store: SqliteStore): Promise<string> {
  const error: unknown = await store.createEvents([pendingEvent()]).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(UnavailableError)
  return error instanceof Error ? error.message : ''
}

const inMegabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

describe('a data file in use', () => {
  test.each(['', '-wal', '-shm'])('workcell.db%s removed: nothing is written, until it is back', async (suffix) => {
    const { store, file } = await openStore()
    await store.createEvents([pendingEvent()])
    renameSync(file + suffix, `${file}.away`)
    const why = await refusal(store)
    expect(why).toContain(`workcell.db${suffix} was removed`)
    // It is what /ready says to everybody.
    expect(why).not.toContain(dirname(file))
    await expect(store.check()).rejects.toThrow('start')
    expect(existsSync(file + suffix)).toBe(false)
    renameSync(`${file}.away`, file + suffix)
    await store.createEvents([pendingEvent()])
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(2)
  })

  test('replaced: nothing is written to either, also when the store closes', async () => {
    const { store, file } = await openStore()
    await store.createEvents([pendingEvent()])
    copyFileSync(file, `${file}.copy`)
    renameSync(`${file}.copy`, file)
    writeFileSync(`${file}-wal.copy`, 'the log of another')
    renameSync(`${file}-wal.copy`, `${file}-wal`)
    const before = statSync(file)
    expect(await refusal(store)).toContain('was replaced')
    await expect(store.check()).rejects.toThrow('was replaced')
    await store.close()
    expect(statSync(file)).toMatchObject({ mtimeMs: before.mtimeMs, size: before.size })
    expect(statSync(`${file}-wal`).size).toBe(18)
  })

  test('whose log is removed: what was acknowledged is in the file, also when nothing is asked and the server is killed', async () => {
    for (const suffixes of [['-wal'], ['-wal', '-shm']]) {
      const { store, file } = await openStore()
      const events = Array.from({ length: 50 }, () => pendingEvent())
      for (const event of events) await store.createEvents([event])
      for (const suffix of suffixes) rmSync(file + suffix)
      // What the next server finds if this one is killed now.
      const found = await eventually(async () => {
        const dataDir = await scratchDir()
        copyFileSync(file, join(dataDir, 'workcell.db'))
        const copy = openSqliteStore({ dataDir })
        const kept = await copy.listEvents({}, { limit: 100 })
        await copy.close()
        return kept.length > 0 ? kept : undefined
      })
      expect(found).toHaveLength(50)
      expect(await refusal(store)).toMatch(/was removed .* which loses nothing/)
    }
  })

  test('whose log is removed just before the server closes has what was acknowledged', async () => {
    const { store, file, dataDir } = await openStore()
    await store.createEvents([pendingEvent()])
    rmSync(`${file}-wal`)
    await store.close()
    const again = openSqliteStore({ dataDir })
    expect(await again.listEvents({}, { limit: 10 })).toHaveLength(1)
    await again.close()
  })

  test('whose lock was removed: it is taken again while nothing is asked, and keeps another server out', async () => {
    const { store, dataDir } = await openStore()
    const lock = join(dataDir, 'workcell.lock')
    rmSync(lock)
    await eventually(() => (existsSync(lock) ? true : undefined))
    expect(() => openSqliteStore({ dataDir })).toThrow('no other Workcell is using')
    writeFileSync(`${lock}.new`, '')
    renameSync(`${lock}.new`, lock)
    await store.createEvents([pendingEvent()])
    expect(() => openSqliteStore({ dataDir })).toThrow('no other Workcell is using')
  })

  test('whose lock was removed and taken by another server: nothing is written until that ends', async () => {
    const { store, dataDir } = await openStore()
    rmSync(join(dataDir, 'workcell.lock'))
    const other = openSqliteStore({ dataDir })
    expect(await refusal(store)).toMatch(/workcell\.lock was removed, and another server may use the same data/)
    await expect(store.check()).rejects.toThrow('was removed')
    await other.createEvents([pendingEvent()])
    await other.close()
    await store.createEvents([pendingEvent()])
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(2)
  })

  test('whose log is cut short is damaged, unless it was cut as SQLite does', async () => {
    const { store, file } = await openStore()
    await store.createEvents([pendingEvent(), pendingEvent()])
    const other = new DatabaseSync(file)
    expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 })
    other.close()
    expect(statSync(`${file}-wal`).size).toBe(0)
    await store.createEvents([pendingEvent()])
    truncateSync(`${file}-wal`, 0)
    expect(await refusal(store)).toContain('is damaged: its log is shorter than what is in it')
    expect(statSync(`${file}-wal`).size).toBe(0)
  })

  test('removed between a question and its answer: the answer is not that it was kept', async () => {
    const { store, file } = await openStore()
    const write = store.createEvents([pendingEvent()])
    rmSync(file)
    await expect(write).rejects.toThrow('was removed')
  })

  test('removed in the middle of a transaction, which commits: the answer is not that it was kept', async () => {
    const { store, file } = await openStore()
    const event = pendingEvent()
    // Read as it is written down, when the file has been found to be there.
    const write = store.createEvents([Object.defineProperty({ ...event }, 'type', { get: removing })])
    function removing() {
      rmSync(file, { force: true })
      return event.type
    }
    await expect(write).rejects.toThrow('was removed')
  })

  test('whose beginning was overwritten: it is noticed while nothing is asked, and stays so', async () => {
    const { store, file } = await openStore()
    await store.createEvents([pendingEvent()])
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(100, 'x'), 0, 100, 0)
    await handle.close()
    const why = await eventually(async () => {
      const found = await store.check().then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : undefined),
      )
      return found
    })
    expect(why).toMatch(/workcell\.db is damaged: .*restore a backup/)
    expect(await refusal(store)).toContain('is damaged')
  })

  /** More than fits into the cache of SQLite and into its log. */
  async function fill(store: SqliteStore) {
    const events = Array.from({ length: 3000 }, () => pendingEvent({ input: 'x'.repeat(4000) }))
    for (let from = 0; from < events.length; from += 300) await store.createEvents(events.slice(from, from + 300))
    return events
  }

  test('that was cut short is damaged', async () => {
    const { store, file } = await openStore()
    await fill(store)
    truncateSync(file, 4096)
    expect(await refusal(store)).toContain('is damaged: it is shorter than it was')
  })

  test('that is damaged stays as it is when the server closes, with its log', async () => {
    const { store, file } = await openStore()
    await store.createEvents([pendingEvent()])
    const handle = await open(file, 'r+')
    await handle.write(Buffer.alloc(100, 'x'), 0, 100, 0)
    await handle.close()
    const before = readFileSync(file)
    const log = readFileSync(`${file}-wal`)
    await store.close()
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readFileSync(`${file}-wal`).equals(log)).toBe(true)
  })

  test('whose pages make no sense: whoever reads them is told, and nothing is written any more', async () => {
    const { store, file } = await openStore()
    const events = await fill(store)
    const handle = await open(file, 'r+')
    for (let page = 50; page < 1500; page++) await handle.write(Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096)
    await handle.close()
    const reads = await Promise.allSettled(events.map((event) => store.getEvent(event.id)))
    const reasons = reads.flatMap((read) => (read.status === 'rejected' ? [read.reason] : []))
    expect(reasons[0]).toBeInstanceOf(UnavailableError)
    expect(await refusal(store)).toContain('is damaged')
  })

  test('that another process keeps reading: its log stays below the limit, and writing goes on afterwards', async () => {
    const { store, file, warnings } = await openStore()
    const big = () => pendingEvent({ input: 'x'.repeat(1_000_000) })
    const limit = 64 * 2 ** 20
    let longest = 0
    const grow = async (megabytes: number) => {
      for (let i = 0; i < megabytes; i++) {
        await store.createEvents([big()])
        longest = Math.max(longest, store.walBytes())
      }
      return longest
    }
    const alone = await grow(100)
    expect(alone).toBeLessThan(16 * 2 ** 20)

    const reader = await startReader(file)
    const error: unknown = await grow(100).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UnavailableError)
    const message = `since process ${reader.pid} (node) keeps reading the data file. Nothing is written until that ends`
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
    await expect(store.check()).rejects.toThrow(message)
    expect(longest).toBeGreaterThan(40 * 2 ** 20)
    expect(longest).toBeLessThan(limit)
    await eventually(() => warnings.find((warning) => warning.includes('keeps reading the data file')))
    expect(await store.listEvents({}, { limit: 100 })).toHaveLength(100)

    reader.kill('SIGKILL')
    await once(reader, 'exit')
    await store.createEvents([big()])
    expect(store.walBytes()).toBeLessThan(16 * 2 ** 20)
    process.stdout.write(
      `The log while 100 MB were written: ${inMegabytes(alone)} MB; beside a reader: ${inMegabytes(longest)} MB; ` +
        `after that: ${inMegabytes(store.walBytes())} MB\n`,
    )
  })

  test('whose log has no room for all that is written at once: the rest waits until it was cut, or is refused', async () => {
    const { store, file } = await openStore()
    const big = () => pendingEvent({ input: 'x'.repeat(950_000) })
    const limit = 64 * 2 ** 20
    let longest = 0
    const createAtOnce = async (count: number) => {
      const writes = Array.from({ length: count }, () =>
        store.createEvents([big()]).finally(() => (longest = Math.max(longest, store.walBytes()))),
      )
      const answers = await Promise.allSettled(writes)
      return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    }
    expect(await createAtOnce(200)).toEqual([])
    const alone = longest

    const reader = await startReader(file)
    const refused = await createAtOnce(200)
    expect(refused.length).toBeGreaterThan(100)
    expect(refused.length).toBeLessThan(180)
    for (const error of refused) {
      expect(error).toBeInstanceOf(UnavailableError)
      expect(error).toMatchObject({ message: expect.stringContaining(`process ${reader.pid} (node) keeps reading`) })
    }
    const kept = await store.listEvents({}, { limit: 1000 })
    expect(kept).toHaveLength(400 - refused.length)
    process.stdout.write(
      `The log while 190 MB were written at once: ${inMegabytes(alone)} MB; beside a reader: ${inMegabytes(longest)} MB\n`,
    )
    expect(longest).toBeLessThan(limit)

    reader.kill('SIGKILL')
    await once(reader, 'exit')
    expect(await createAtOnce(100)).toEqual([])
    expect(longest).toBeLessThan(limit)
  })

  test('whose log can never have room for one write: that is refused whole, and what comes with it is kept', async () => {
    const { store } = await openStore()
    const many = Array.from({ length: 80 }, () => pendingEvent({ input: 'x'.repeat(950_000) }))
    const small = Array.from({ length: 20 }, () => pendingEvent())
    const tooMuch = store.createEvents(many).catch((error: unknown) => error)
    await Promise.all(small.map((event) => store.createEvents([event])))
    expect(store.walBytes()).toBeLessThan(64 * 2 ** 20)
    expect(await tooMuch).toMatchObject({
      message: expect.stringMatching(/has no room for this below WAL_LIMIT_MB\.$/),
    })
    expect(await store.listEvents({}, { limit: 100 })).toHaveLength(20)
    await store.createEvents(many.slice(0, 40))
    expect(store.walBytes()).toBeLessThan(64 * 2 ** 20)
  })
})

describe('a backup', () => {
  const someEvents = (count: number) => Array.from({ length: count }, () => pendingEvent({ input: 'x'.repeat(5000) }))

  test('made while events are written has all that were acknowledged before, and can be restored', async () => {
    const { store, dataDir } = await openStore()
    const before = someEvents(1000)
    await store.createEvents(before)
    let stop = false
    const writing = (async () => {
      let written = 0
      for (; !stop; written++) await store.createEvents(someEvents(1))
      return written
    })()
    const file = join(await scratchDir(), 'backup.db')
    const steps: number[] = []
    const { events } = await backUp({ dataDir, file, progress: (copied, total) => void steps.push(copied / total) })
    stop = true
    const written = await writing
    expect(events).toBeGreaterThanOrEqual(1000)
    expect(events).toBeLessThanOrEqual(1000 + written)
    expect(steps.at(-1)).toBeGreaterThan(0.5)

    const restored = await scratchDir()
    expect(restore({ dataDir: restored, file, force: false })).toEqual({ events, aside: undefined })
    const copy = openSqliteStore({ dataDir: restored })
    for (const event of before) expect(await copy.getEvent(event.id)).toEqual(event)
    await copy.close()
  })

  test('of a server that is not running can be made too', async () => {
    const { store, dataDir } = await openStore()
    await store.createEvents(someEvents(3))
    await store.close()
    const file = join(dataDir, 'backup.db')
    expect(await backUp({ dataDir, file })).toEqual({ events: 3 })
    await expect(backUp({ dataDir, file })).rejects.toThrow('a name that is not taken')
    await expect(backUp({ dataDir: await scratchDir(), file: `${file}.2` })).rejects.toThrow('DATA_DIR: expected')
  })

  test('is not restored while a server uses the directory, nor over data, unless that is put aside', async () => {
    const { store, dataDir } = await openStore()
    await store.createEvents(someEvents(2))
    const file = join(await scratchDir(), 'backup.db')
    await backUp({ dataDir, file })
    await store.createEvents(someEvents(1))
    expect(() => restore({ dataDir, file, force: true })).toThrow(StartError)
    await store.close()
    expect(() => restore({ dataDir, file, force: false })).toThrow('without data')
    const { aside } = restore({ dataDir, file, force: true })
    const again = openSqliteStore({ dataDir })
    expect(await again.listEvents({}, { limit: 10 })).toHaveLength(2)
    await again.close()
    const old = await scratchDir()
    renameSync(String(aside), join(old, 'workcell.db'))
    const before = openSqliteStore({ dataDir: old })
    expect(await before.listEvents({}, { limit: 10 })).toHaveLength(3)
    await before.close()
  })

  test('is not restored while another process reads the old data file, whose log then cannot go', async () => {
    const { store, dataDir, file: data } = await openStore()
    const file = join(await scratchDir(), 'backup.db')
    await backUp({ dataDir, file })
    const reader = await startReader(data)
    await store.createEvents(someEvents(3))
    await store.close()
    const message = `expected a data file that nobody is reading, got one that process ${reader.pid} (node) reads`
    expect(() => restore({ dataDir, file, force: true })).toThrow(message)
    expect(readdirSync(dataDir).toSorted()).toEqual([
      'workcell.db',
      'workcell.db-shm',
      'workcell.db-wal',
      'workcell.lock',
    ])
    reader.kill('SIGKILL')
    await once(reader, 'exit')
    const { aside } = restore({ dataDir, file, force: true })
    const old = new DatabaseSync(String(aside), { readOnly: true })
    expect(old.prepare('SELECT count(*) AS count FROM events').get()).toEqual({ count: 3 })
    old.close()
  })

  test('that cannot be made leaves no part of it behind', async () => {
    const { store, dataDir } = await openStore()
    await store.createEvents(someEvents(1000))
    await store.close()
    const places = await scratchDir()
    const none = join(places, 'none')
    const message = `FILE: expected a directory "${none}", which is not there`
    await expect(backUp({ dataDir, file: join(none, 'backup.db') })).rejects.toThrow(message)
    const progress = () => {
      throw new Error('as when the disk is full')
    }
    await expect(backUp({ dataDir, file: join(places, 'backup.db'), progress })).rejects.toThrow('disk is full')
    expect(readdirSync(places)).toEqual([])
  })

  test('that is damaged, or is no backup at all, replaces nothing', async () => {
    const { store, dataDir } = await openStore()
    await store.createEvents(someEvents(300))
    const file = join(await scratchDir(), 'backup.db')
    await backUp({ dataDir, file })
    await store.close()
    const handle = await open(file, 'r+')
    for (let page = 30; page < 60; page++) await handle.write(Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096)
    await handle.close()
    for (const wrong of [file, join(process.cwd(), 'package.json')]) {
      expect(() => restore({ dataDir, file: wrong, force: true })).toThrow('expected an intact data file')
    }
    expect(() => restore({ dataDir, file: `${file}.none`, force: true })).toThrow('not there')
    expect(readdirSync(dataDir).filter((name) => name.includes('restoring') || name.includes('before'))).toEqual([])
    const again = openSqliteStore({ dataDir })
    expect(await again.listEvents({}, { limit: 1000 })).toHaveLength(300)
    await again.close()
  })

  test.each([
    ['backup', [], {}, 'FILE: expected the name of one file, as in "npm run backup -- FILE"'],
    ['restore', ['--force'], {}, 'as in "npm run restore -- FILE [--force]"'],
    ['backup', ['b.db'], { MONGODB_URI: 'mongodb://localhost' }, 'use mongodump for MongoDB'],
    ['restore', ['b.db'], { MONGODB_URI: 'mongodb://localhost' }, 'use mongorestore for MongoDB'],
    ['restore', ['none.db'], {}, '"none.db", which is not there'],
  ])('npm run %s -- %j with %j says in one line what was expected', async (verb, args, env, message) => {
    const script = `scripts/${verb}.ts`
    const options = { env: { DATA_DIR: await scratchDir(), ...env }, encoding: 'utf8' as const }
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], options)
    expect(status).toBe(1)
    expect(stderr).toContain(message)
    expect(stderr.split('\n')).toHaveLength(2)
  })
})
