// A backup that the server makes over its own connection, for whoever asks at the socket in its data directory.
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { backUp } from '../src/store/sqlite-backup.ts'
import { serveBackups } from '../src/store/sqlite-backup-service.ts'
import { createCopying } from '../src/store/sqlite-copy.ts'
import { eventually } from './client.ts'
import { scratchDir } from './scratch.ts'
import { pendingEvent } from './suites/store.ts'

const megabyte = 2 ** 20
const bigEvents = (count: number) => Array.from({ length: count }, () => pendingEvent({ input: 'x'.repeat(megabyte) }))

interface Opening {
  readonly dataDir?: string
  readonly megabytes?: number
}

async function openStore({ dataDir, megabytes = 0 }: Opening = {}) {
  const dir = dataDir ?? (await scratchDir())
  const warnings: string[] = []
  const warn = (message: string) => void warnings.push(message)
  const store = openSqliteStore({ dataDir: dir, walLimit: 32 * megabyte, warn })
  onTestFinished(() => store.close())
  const events = bigEvents(megabytes)
  for (let from = 0; from < megabytes; from += 5) await store.createEvents(events.slice(from, from + 5))
  return { store, warnings, events, dataDir: dir, socket: join(dir, 'workcell.sock') }
}

/** Sends a line to the socket and resolves to the last one that it answers. */
async function ask(socket: string, line: string): Promise<string | undefined> {
  const client = connect(socket)
  client.write(`${line}\n`)
  return (await text(client)).trim().split('\n').at(-1)
}

const request = (file: string) => JSON.stringify({ backup: file })

/** A client that began a backup and does nothing else. Resolves when some of it is there. */
async function beginBackup(socket: string, file: string) {
  const client = connect(socket)
  client.write(`${request(file)}\n`)
  await once(client, 'data')
  return client
}

test('while much is written: the log stays short, nothing is refused, and all that came before is in it', async () => {
  const { store, dataDir, events } = await openStore({ megabytes: 200 })
  const file = join(await scratchDir(), 'backup.db')
  let [isDone, longest, written] = [false, 0, 0]
  const writing = (async () => {
    while (!isDone || written < 60) {
      await store.createEvents(bigEvents(1))
      written++
      longest = Math.max(longest, store.walBytes())
    }
  })()
  const backingUp = backUp({ dataDir, file }).finally(() => (isDone = true))
  await Promise.all([writing, backingUp])
  expect(longest).toBeLessThan(16 * megabyte)
  const copy = new DatabaseSync(file)
  const found = new Set(
    copy
      .prepare('SELECT id FROM events')
      .all()
      .map((row) => row['id']),
  )
  copy.close()
  for (const { id } of events) expect(found.has(id)).toBe(true)
  process.stdout.write(
    `Beside a backup ${written} MB were written, the log at most ${(longest / megabyte).toFixed(1)} MB\n`,
  )
})

test('the socket is for the user of the server alone, and lives as long as the store', async () => {
  const { store, socket, dataDir } = await openStore()
  const mode = statSync(socket)
  expect(mode.isSocket()).toBe(true)
  expect(mode.mode & 0o777).toBe(0o600)
  await store.close()
  expect(existsSync(socket)).toBe(false)
  // As one that was killed leaves it behind.
  writeFileSync(socket, '')
  const again = await openStore({ dataDir })
  expect(statSync(socket).isSocket()).toBe(true)
  expect(again.warnings).toEqual([])
})

test.each([
  ['no JSON', 'backup', 'knows no such request'],
  ['something else', '{"restore":"/tmp/x"}', 'knows no such request'],
  ['more than a file', '{"backup":"/tmp/x","force":true}', 'knows no such request'],
  ['a relative path', request('x.db'), 'knows no such request'],
  ['a path with a NUL', request('/tmp/x\0.db'), 'knows no such request'],
  ['a path that is too long', request(`/${'x'.repeat(5000)}`), 'knows no such request'],
  ['more than a line may have', 'x'.repeat(200_000), 'knows no such request'],
  ['a directory that is not there', request('/none/x.db'), 'no such file or directory'],
])('a request with %s is answered with what is wrong', async (_, line, message) => {
  const { store, socket } = await openStore()
  expect(await ask(socket, line)).toContain(message)
  await store.createEvents([pendingEvent()])
})

test('a file that exists is not touched, be it the data file itself', async () => {
  const { store, socket, dataDir } = await openStore({ megabytes: 5 })
  const file = join(dataDir, 'other')
  writeFileSync(file, 'something')
  for (const target of [file, join(dataDir, 'workcell.db')]) {
    expect(await ask(socket, request(target))).toMatch(/"error":"EEXIST/)
  }
  expect(readFileSync(file, 'utf8')).toBe('something')
  expect(await store.listEvents({}, { limit: 10 })).toHaveLength(5)
})

test('one is made at a time; whose client goes away ends, leaves nothing, and the next one is made', async () => {
  const { socket, dataDir } = await openStore({ megabytes: 200 })
  const places = await scratchDir()
  const first = join(places, 'first.db')
  const client = await beginBackup(socket, first)
  expect(await ask(socket, request(join(places, 'second.db')))).toBe('{"error":"another backup is being made"}')
  expect(existsSync(first)).toBe(true)
  client.destroy()
  expect(await backUp({ dataDir, file: join(places, 'third.db') })).toEqual({ events: 200 })
  for (const name of ['first.db', 'first.db-journal', 'second.db', 'third.db.partial']) {
    expect(existsSync(join(places, name))).toBe(false)
  }
})

test('a store that closes stops the backup that is being made, and says so', async () => {
  const { store, dataDir } = await openStore({ megabytes: 200 })
  const file = join(await scratchDir(), 'backup.db')
  const began = Promise.withResolvers<undefined>()
  const outcome = backUp({ dataDir, file, progress: () => began.resolve(undefined) }).catch((error: unknown) => error)
  await began.promise
  await store.close()
  expect(await outcome).toMatchObject({ name: 'BackupError', message: expect.stringContaining('is being stopped') })
  expect(existsSync(`${file}.partial`)).toBe(false)
  const again = await openStore({ dataDir })
  expect(await again.store.listEvents({}, { limit: 1000 })).toHaveLength(200)
  expect(await backUp({ dataDir, file })).toEqual({ events: 200 })
})

test('where there can be no socket the server says so once, and a backup is made without it', async () => {
  const dataDir = join(await scratchDir(), 'x'.repeat(120))
  const { store, socket, warnings } = await openStore({ dataDir, megabytes: 5 })
  await eventually(() => (warnings.length > 0 ? true : undefined))
  expect(warnings).toEqual([expect.stringMatching(/workcell\.sock cannot be made: .*EINVAL.* by itself/)])
  expect(existsSync(socket)).toBe(false)
  const file = join(await scratchDir(), 'backup.db')
  expect(await backUp({ dataDir, file })).toEqual({ events: 5 })
  await store.createEvents(bigEvents(1))
})

test.each([
  ['{"done":true}\n', 'a path that the server and this command both see'],
  ['{"copied":1,"total":9}\n', 'the server did not finish the copy: it was stopped'],
  ['{"copied":"all"}\n', 'the server answered'],
  ['{"error":"no room"}\n', 'no room'],
])('a server that answers %j has made no backup', async (answer, message) => {
  const { store, dataDir, socket } = await openStore({ megabytes: 1 })
  await store.close()
  const server = createServer((client) => void client.resume().end(answer)).listen(socket)
  onTestFinished(() => void server.close())
  const file = join(await scratchDir(), 'backup.db')
  await expect(backUp({ dataDir, file })).rejects.toThrow(message)
  expect(existsSync(file) || existsSync(`${file}.partial`)).toBe(false)
})

/** A data file with a service for backups, and something that is done in every turn of it while a task lasts. */
async function openFile() {
  const { store, dataDir, socket } = await openStore({ megabytes: 20 })
  await store.close()
  const db = new DatabaseSync(join(dataDir, 'workcell.db'))
  const copying = createCopying(db)
  const service = serveBackups(copying, dataDir, (message) => expect.fail(message))
  let isDone = false
  const during = async <T>(act: () => void, task: Promise<T>): Promise<T> => {
    isDone = false
    const turn = () => {
      if (isDone) return
      act()
      copying.turn(turn)
    }
    copying.turn(turn)
    return task.finally(() => (isDone = true))
  }
  onTestFinished(async () => {
    isDone = true
    await service.close()
    db.close()
  })
  return { db, dataDir, during, socket }
}

test('commits that are always under way keep no step of a backup from being made, be it the first', async () => {
  const { db, during, socket } = await openFile()
  const places = await scratchDir()
  const writeSlowly = () => {
    db.exec("BEGIN IMMEDIATE; UPDATE events SET rev = rev + 1 WHERE id = ''")
    const until = performance.now() + 5
    while (performance.now() < until);
    db.exec('COMMIT')
  }
  for (let n = 0; n < 3; n++) {
    expect(await during(writeSlowly, ask(socket, request(join(places, `${n}.db`))))).toBe('{"done":true}')
  }
})

test('writes that keep being undone do not make a backup begin anew for ever: it is made without the server', async () => {
  const { db, dataDir, during, socket } = await openFile()
  const places = await scratchDir()
  const undo = () => db.exec('BEGIN IMMEDIATE; PRAGMA user_version = 1000; ROLLBACK')
  expect(await during(undo, ask(socket, request(join(places, 'asked.db'))))).toContain('"alone":')
  expect(existsSync(join(places, 'asked.db'))).toBe(false)
  expect(await during(undo, backUp({ dataDir, file: join(places, 'backup.db') }))).toEqual({ events: 20 })
})
