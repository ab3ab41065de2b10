/** Moving house: carries all that a store keeps into a file, and from there into another store. */
import type { FileHandle } from 'node:fs/promises'
import { hasHeader, readEnd, readLines, withFile } from './archive-file.ts'
import type { ArchiveEnd, Counts } from './archive-format.ts'
import { ArchiveError, endLine, headerLine, parseLine, recordKinds, recordLine } from './archive-format.ts'
import type { RecordKind, Store, StoreRecord } from './ports.ts'

/** How much of a file is kept at a time, in records and in bytes of their lines. */
const batchRecords = 500
const batchBytes = 4 * 2 ** 20
/**
 * How many records are read of a store at a time: few enough that it does no harm when each is as large as can be,
 * since how large they are is known only afterwards. The first few are to tell.
 */
const readRecords = 100
const firstRecords = 16
/** How much is written to a file at a time, in UTF-16 code units. */
const writeLength = 2 ** 20

export interface Progress {
  readonly kind: RecordKind
  /** Records so far and how many there are, of all kinds. */
  readonly records: number
  readonly totalRecords: number
  /** Bytes of the file so far. */
  readonly bytes: number
}

export interface ArchiveOptions {
  readonly store: Store
  readonly file: string
  readonly progress?: (progress: Progress) => void
  /** Aborting it stops between two batches; the same call goes on from there. Rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

type MutableCounts = Record<RecordKind, number>

/**
 * Writes everything in a store to a file that is new, or that an earlier export of this store did not finish, and
 * resolves to how many records of each kind the file then has. Nobody else may write to the store meanwhile: the file
 * would have a part of what they did, and is left unfinished when its counts are not those of the store. Throws an
 * `ArchiveError` for that, and for a file that is anything else.
 */
export function exportStore({ store, file, progress, signal }: ArchiveOptions): Promise<Counts> {
  return withFile(file, 'a+', async (handle) => {
    if (await readEnd(handle)) throw new ArchiveError('expected a new or an unfinished file, got a finished export')
    const { counts, last, bytes: found } = await resume(handle, signal)
    const totalRecords = total(await countAll(store))
    let bytes = found
    for (const kind of recordKinds.slice(last ? recordKinds.indexOf(last.kind) : 0)) {
      let after = last?.kind === kind ? last : undefined
      let limit = firstRecords
      for (;;) {
        signal?.throwIfAborted()
        const records = await store.readRecords(kind, after, limit)
        if (records.length === 0) break
        const written = await append(handle, records)
        after = records.at(-1)
        counts[kind] += records.length
        bytes += written
        limit = Math.min(readRecords, Math.ceil((batchBytes * records.length) / written))
        progress?.({ kind, records: total(counts), totalRecords, bytes })
      }
    }
    checkCounts(await countAll(store), counts, 'as the store has; stop the servers that write to it, and start anew')
    // Whoever sees the last line may trust that all before it is there, even after a power cut.
    await handle.sync()
    await handle.appendFile(endLine(counts))
    await handle.sync()
    return counts
  })
}

/** Resolves to how many bytes that was. */
async function append(handle: FileHandle, records: readonly StoreRecord[]): Promise<number> {
  let bytes = 0
  let text = ''
  for (const record of records) {
    text += recordLine(record)
    if (text.length < writeLength && record !== records.at(-1)) continue
    await handle.appendFile(text)
    bytes += Buffer.byteLength(text)
    text = ''
  }
  return bytes
}

/** Reads what an earlier export got done, cuts off a line it did not finish, and leaves the file ready for the next. */
async function resume(
  handle: FileHandle,
  signal: AbortSignal | undefined,
): Promise<{ counts: MutableCounts; last: StoreRecord | undefined; bytes: number }> {
  const counts = noCounts()
  if (!(await hasHeader(handle, headerLine))) {
    await handle.truncate(0)
    await handle.appendFile(headerLine)
    return { counts, last: undefined, bytes: headerLine.length }
  }
  let last: StoreRecord | undefined
  let bytes = 0
  for await (const { text, number, end } of readLines(handle)) {
    signal?.throwIfAborted()
    bytes = end
    if (number === 1) continue
    last = recordOf(parseLine(text, number), number)
    counts[last.kind] += 1
  }
  await handle.truncate(bytes)
  return { counts, last, bytes }
}

/** How many records of a kind the file had, and how many of those were not in the store yet. */
export interface Imported {
  readonly read: Counts
  readonly kept: Counts
}

/**
 * Keeps everything in a finished export in a store. What is there under the same key stays as it is, so that an import
 * that broke off is finished by starting it again. Throws an `ArchiveError` for a file that is no such export, before
 * anything is kept; for a line that is none, with its number; for counts that do not match; and for a record that the
 * store cannot have beside what it has.
 */
export function importStore({ store, file, progress, signal }: ArchiveOptions): Promise<Imported> {
  return withFile(file, 'r', async (handle) => {
    const { size } = await handle.stat()
    const whole = await hasHeader(handle, headerLine)
    const announced = whole ? await readEnd(handle) : undefined
    if (!announced) {
      throw new ArchiveError('expected a finished export, got one without its last line; run the export to its end')
    }
    const read = noCounts()
    const kept = noCounts()
    for await (const batch of batches(handle, size)) {
      signal?.throwIfAborted()
      const { kind, records } = batch
      const added = await store.keepRecords(records)
      if (added < records.length) await checkKept(store, records)
      read[kind] += records.length
      kept[kind] += added
      progress?.({ kind, records: total(read), totalRecords: total(announced.counts), bytes: batch.end })
    }
    checkCounts(announced.counts, read, 'as its last line says')
    return { read, kept }
  })
}

interface Batch {
  readonly kind: RecordKind
  readonly records: readonly StoreRecord[]
  /** Where the line after it begins, in bytes. */
  readonly end: number
}

/** The records of a file, in stretches of one kind. */
async function* batches(handle: FileHandle, size: number): AsyncGenerator<Batch, undefined> {
  let records: StoreRecord[] = []
  let start = 0
  let before = 0
  for await (const { text, number, end } of readLines(handle)) {
    if (number > 1) {
      const line = parseLine(text, number)
      const [first] = records
      if (first && (first.kind !== line.kind || records.length >= batchRecords || end - start > batchBytes)) {
        yield { kind: first.kind, records, end: before }
        records = []
        start = before
      }
      if (line.kind === 'end' && end === size) return
      records.push(recordOf(line, number))
    }
    before = end
  }
}

/**
 * A store leaves out what it has, but also an event whose idempotency key or a program whose name is taken by another:
 * that would be lost without a word.
 */
async function checkKept(store: Store, records: readonly StoreRecord[]): Promise<void> {
  const events = records.flatMap((record) => (record.kind === 'event' ? [record.value] : []))
  const there = new Set((await store.getEvents(events.map((it) => it.id))).map((it) => it.id))
  const event = events.find((it) => !there.has(it.id))
  if (event) {
    const key = JSON.stringify(event.idempotencyKey)
    throw new ArchiveError(`event ${event.id}: expected its idempotency key to be free, got ${key}, which is taken`)
  }
  for (const record of records) {
    if (record.kind !== 'program' || (await store.getProgram(record.value.id))) continue
    const { id, kind, name } = record.value
    throw new ArchiveError(`program ${id}: expected its name to be free, got ${kind} ${JSON.stringify(name)}, taken`)
  }
}

function checkCounts(expected: Counts, found: Counts, why: string): void {
  const wrong = recordKinds.filter((kind) => expected[kind] !== found[kind])
  if (wrong.length === 0) return
  const list = (counts: Counts) => wrong.map((kind) => `${counts[kind]} of kind ${kind}`).join(', ')
  throw new ArchiveError(`expected ${list(expected)}, ${why}, got ${list(found)}`)
}

function recordOf(line: StoreRecord | ArchiveEnd, number: number): StoreRecord {
  if (line.kind !== 'end') return line
  throw new ArchiveError(`line ${number}: expected a record, got the end, which only the last line can be`)
}

async function countAll(store: Store): Promise<Counts> {
  const counts = noCounts()
  for (const kind of recordKinds) counts[kind] = await store.countRecords(kind)
  return counts
}

function noCounts(): MutableCounts {
  return { version: 0, program: 0, programVersion: 0, event: 0, log: 0 }
}

function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
