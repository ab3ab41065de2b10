import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exportStore, importStore } from '../src/archive.ts'
import type { RecordKind, Store } from '../src/ports.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'
import { eventually, startServer } from './harness.ts'
import { scratchDir } from './scratch.ts'
import { archiveSuite, furnish } from './suites/archive.ts'

archiveSuite(
  'SQLite to SQLite',
  () => openSqliteStore({ dataDir: ':memory:' }),
  async () => openSqliteStore({ dataDir: await scratchDir() }),
)

function openStore(): Store {
  const store = openSqliteStore({ dataDir: ':memory:' })
  onTestFinished(() => store.close())
  return store
}

/** A store, and the whole export of it. */
async function exported(events: number) {
  const dir = await scratchDir()
  const store = openStore()
  const counts = await furnish(store, events)
  const file = join(dir, 'archive.jsonl')
  await exportStore({ store, file })
  return { dir, store, counts, file, bytes: await readFile(file) }
}

describe('an export', () => {
  test('is lines of JSON between a header and the counts', async () => {
    const { bytes, counts } = await exported(20)
    const lines = bytes.toString().split('\n')
    expect(lines[0]).toBe('{"workcell":1}')
    expect(lines.at(-2)).toBe(JSON.stringify({ kind: 'end', counts }))
    expect(lines.at(-1)).toBe('')
    const kinds = lines.slice(1, -2).map((line) => JSON.parse(line).kind as RecordKind)
    expect([...new Set(kinds)]).toEqual(['version', 'program', 'programVersion', 'event', 'log'])
    const held = lines.filter((line) => line.includes('"status":"Processing"')).map((line) => JSON.parse(line).value)
    expect(held).toHaveLength(4)
    expect(held.every((event) => event.leaseUntil === 0 && event.owner === 'runner')).toBe(true)
  })

  test('that was cut off anywhere is finished by the next, as if nothing had been', async () => {
    const { dir, store, counts, bytes } = await exported(40)
    const first = Array.from({ length: 20 }, (_, index) => index)
    const last = Array.from({ length: 160 }, (_, index) => bytes.length - 1 - index)
    const between = Array.from({ length: 120 }, (_, index) => 20 + Math.floor(((bytes.length - 200) * index) / 120))
    const file = join(dir, 'cut')
    for (const length of [...first, ...between, ...last]) {
      await writeFile(file, bytes.subarray(0, length))
      expect(await exportStore({ store, file })).toEqual(counts)
      if (!bytes.equals(await readFile(file))) throw new Error(`The file that was cut at ${length} came out different`)
    }
  })

  test('goes on over many batches, and tells how far it is', async () => {
    const { dir, store, bytes } = await exported(2000)
    const file = join(dir, 'cut')
    await writeFile(file, bytes.subarray(0, Math.floor(bytes.length / 2)))
    const seen: { records: number; bytes: number }[] = []
    await exportStore({ store, file, progress: (progress) => seen.push(progress) })
    expect(bytes.equals(await readFile(file))).toBe(true)
    expect(seen.length).toBeGreaterThan(3)
    expect(seen).toEqual(seen.toSorted((a, b) => a.records - b.records))
    expect(seen.at(-1)?.records).toBe(bytes.toString().split('\n').length - 3)
  })

  test('does not touch a file that is finished, something else, or spoiled', async () => {
    const { dir, store, file, bytes } = await exported(5)
    await expect(exportStore({ store, file })).rejects.toThrow(
      /archive\.jsonl: .*new or an unfinished.*finished export/,
    )
    expect(bytes.equals(await readFile(file))).toBe(true)

    const other = join(dir, 'other')
    await writeFile(other, 'Dear diary')
    await expect(exportStore({ store, file: other })).rejects.toThrow(/line 1: expected the header.*Dear diary/)
    await writeFile(other, '{"workcell":1}\n{"kind":"event"}\n')
    await expect(exportStore({ store, file: other })).rejects.toThrow(/line 2/)
    expect(await readFile(other, 'utf8')).toBe('{"workcell":1}\n{"kind":"event"}\n')
    await expect(exportStore({ store, file: dir })).rejects.toThrow(/expected a file that can be written, got EISDIR/)
    await expect(exportStore({ store, file: join(dir, 'no', 'file') })).rejects.toThrow(/got ENOENT/)
  })
})

describe('an import refuses', () => {
  const end = JSON.stringify({
    kind: 'end',
    counts: { version: 0, program: 0, programVersion: 0, event: 0, log: 1 },
  })
  const log = { eventId: 'evt_1', attempt: 1, seq: 1, at: 1, level: 'info', message: '' }
  const line = (value: unknown, kind = 'log') => JSON.stringify({ kind, value })
  const version = { hash: 'abc', language: 'JavaScript', code: '1', script: '1', createdAt: 1 }

  test.each([
    ['an empty file', [], /expected a finished export/],
    ['what is no export', ['{"a":1}', end], /line 1: expected the header of an export, \{"workcell":1\}, got "\{/],
    ['another format', ['{"workcell":2}', end], /line 1: expected an export of format 1, got format 2/],
    ['an export that was not finished', ['{"workcell":1}', line(log)], /expected a finished export/],
    ['what is no JSON', ['{"workcell":1}', line(log), '{"kind', end], /line 3: expected a record as JSON, got "\{/],
    ['an unknown kind', ['{"workcell":1}', line(log, 'cat'), end], /line 2, kind: expected one of version.*got "cat"/],
    ['a wrong value', ['{"workcell":1}', line({ ...log, seq: -1 }), end], /line 2, value\.seq: expected a whole.*-1/],
    ['a missing field', ['{"workcell":1}', line({ ...log, at: undefined }), end], /value\.at: .* got nothing/],
    ['an unknown field', ['{"workcell":1}', line({ ...log, color: 1 }), end], /line 2, value: .*nothing else/],
    ['a wrong hash', ['{"workcell":1}', line(version, 'version'), end], /value\.hash: expected the hash of.*"abc"/],
    ['too few records', ['{"workcell":1}', end], /expected 1 of kind log, as its last line says, got 0 of kind log/],
    ['an end in the middle', ['{"workcell":1}', line(log), end, end], /line 3: expected a record, got the end/],
  ])('%s', async (_what, lines, message) => {
    const file = join(await scratchDir(), 'archive')
    await writeFile(file, lines.map((it) => `${it}\n`).join(''))
    await expect(importStore({ store: openStore(), file })).rejects.toThrow(message)
  })

  test('a file cut off anywhere, before anything is kept', async () => {
    const { dir, bytes } = await exported(10)
    const store = openStore()
    const file = join(dir, 'cut')
    const lengths = Array.from({ length: 200 }, (_, index) => Math.floor((bytes.length * index) / 200))
    for (const length of [...lengths, bytes.length - 1]) {
      await writeFile(file, bytes.subarray(0, length))
      await expect(importStore({ store, file })).rejects.toThrow(/expected/)
    }
    expect(await store.readRecords('version', undefined, 1)).toEqual([])
  })

  test('bytes that are no text, and no file', async () => {
    const { dir, bytes } = await exported(5)
    const spoiled = Buffer.from(bytes)
    spoiled[bytes.indexOf('inline')] = 0xff
    const file = join(dir, 'spoiled')
    await writeFile(file, spoiled)
    await expect(importStore({ store: openStore(), file })).rejects.toThrow(/line \d+: expected text in UTF-8/)
    await expect(importStore({ store: openStore(), file: join(dir, 'none') })).rejects.toThrow(
      /can be read, got ENOENT/,
    )
  })
})

describe('the commands', () => {
  async function run(verb: 'export' | 'import', files: readonly string[], DATA_DIR: string, stopAt?: string) {
    const script = fileURLToPath(new URL(`../scripts/${verb}.ts`, import.meta.url))
    const child = spawn(process.execPath, [script, ...files], { env: { DATA_DIR } })
    onTestFinished(() => void child.kill('SIGKILL'))
    let out = ''
    let errors = ''
    child.stdout.on('data', (data) => (out += String(data)))
    child.stderr.on('data', (data) => (errors += String(data)))
    const closed = once(child, 'close')
    if (stopAt !== undefined) {
      await eventually(async () => (await stat(stopAt)).size > 2e6 || undefined)
      child.kill('SIGINT')
    }
    const [code] = await closed
    return { code: Number(code), out, errors }
  }

  test('carry one data directory to another and tell how much', async () => {
    const dir = await scratchDir()
    const from = join(dir, 'from')
    await mkdir(from)
    const store = openSqliteStore({ dataDir: from })
    await furnish(store, 30)
    await store.close()
    const file = join(dir, 'a file.jsonl')
    const out = await run('export', [file], from)
    expect(out).toMatchObject({ code: 0, errors: '' })
    expect(out.out).toMatch(/^version: +4 written\nprogram: +2 written\n.*\nevent: +30 written\nlog: +18 written\n$/)

    const to = join(dir, 'to')
    const into = await run('import', [file], to)
    expect(into).toMatchObject({ code: 0, errors: '' })
    expect(into.out).toMatch(/\nevent: +30 read, 30 kept, 0 already there\n/)
    expect((await run('import', [file], to)).out).toMatch(/\nevent: +30 read, 0 kept, 30 already there\n/)
    const again = join(dir, 'again')
    expect((await run('export', [again], to)).code).toBe(0)
    expect((await readFile(file)).equals(await readFile(again))).toBe(true)
  })

  test('that are interrupted go on where they were', async () => {
    const dir = await scratchDir()
    const from = join(dir, 'from')
    const store = openSqliteStore({ dataDir: from })
    await furnish(store, 20_000)
    await exportStore({ store, file: join(dir, 'whole') })
    await store.close()
    const file = join(dir, 'archive')
    await writeFile(file, '')
    const first = await run('export', [file], from, file)
    expect(first).toEqual({
      code: 130,
      out: '',
      errors: 'Workcell stopped the export. The same command goes on from here.\n',
    })
    expect((await run('export', [file], from)).code).toBe(0)
    expect((await readFile(file)).equals(await readFile(join(dir, 'whole')))).toBe(true)

    const to = join(dir, 'to')
    await mkdir(to)
    await writeFile(join(to, 'workcell.db-wal'), '')
    expect((await run('import', [file], to, join(to, 'workcell.db-wal'))).code).toBe(130)
    const { code, out } = await run('import', [file], to)
    expect(code).toBe(0)
    expect(out).toMatch(/\nevent: +20000 read, [1-9]\d* kept, [1-9]\d* already there\n/)
    expect((await run('import', [file], to)).out).toMatch(/\nlog: +12000 read, 0 kept, 12000 already there\n$/)
  }, 60_000)

  test('say in one line why they cannot', async () => {
    const dir = await scratchDir()
    const none = await run('export', [], dir)
    expect(none).toEqual({
      code: 1,
      out: '',
      errors: 'Workcell cannot export. FILE: expected the name of one file, as in "npm run export -- FILE", got none\n',
    })
    const two = await run('import', ['a', 'b'], dir)
    expect(two.errors).toMatch(/^Workcell cannot import\. FILE: expected the name of one file.*got "a b"\n$/)
    const missing = await run('import', [join(dir, 'none')], join(dir, 'data'))
    expect(missing.code).toBe(1)
    expect(missing.errors).toMatch(
      /^Workcell cannot import\. .*none: expected a file that can be read, got ENOENT.*\n$/,
    )
  })

  test('leave a data directory alone that a server is using', async () => {
    const DATA_DIR = await scratchDir()
    await startServer({ DATA_DIR })
    const { code, errors } = await run('export', [join(DATA_DIR, 'archive')], DATA_DIR)
    expect(code).toBe(1)
    expect(errors).toMatch(/^Workcell cannot export\. .*no other Workcell is using.*\n$/)
  })
})
