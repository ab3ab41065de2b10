import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ArchiveEnd } from './archive-format.ts'
import { ArchiveError, checkHeader, parseLine } from './archive-format.ts'

/** How much is read of a file at a time, in bytes. */
const chunkBytes = 2 ** 18
/** More than the first and the last line of an archive can have, in bytes. */
const edgeBytes = 4096
const lineFeed = 0x0a

export interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
  /** Where the next line begins, in bytes from the beginning of the file. */
  readonly end: number
}

/**
 * Opens a file, and closes it when `use` has ended. Throws an `ArchiveError` of one line in the place of what the
 * operating system said, and names the file in those that `use` throws.
 */
export async function withFile<T>(
  file: string,
  flags: 'r' | 'a+',
  use: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, flags)
    return await use(handle)
  } catch (error) {
    if (error instanceof ArchiveError) throw new ArchiveError(`${file}: ${error.message}`, { cause: error })
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const expected = flags === 'r' ? 'a file that can be read' : 'a file that can be written'
    throw new ArchiveError(`${file}: expected ${expected}, got ${error.message}`, { cause: error })
  } finally {
    await handle?.close()
  }
}

/** The lines that end in a line feed. What comes after the last of those was torn off while it was written. */
export async function* readLines(handle: FileHandle): AsyncGenerator<Line, undefined> {
  let number = 0
  let end = 0
  let begun: Buffer[] = []
  for (let position = 0; ;) {
    const chunk = await readAt(handle, position, chunkBytes)
    if (chunk.length === 0) return
    position += chunk.length
    let start = 0
    for (let stop = chunk.indexOf(lineFeed); stop !== -1; stop = chunk.indexOf(lineFeed, start)) {
      const bytes = Buffer.concat([...begun, chunk.subarray(start, stop)])
      begun = []
      start = stop + 1
      number += 1
      end += bytes.length + 1
      yield { text: decoded(bytes, number), number, end }
    }
    begun.push(chunk.subarray(start))
  }
}

/** Throws an `ArchiveError` unless the file begins like an archive. False: it has not even a whole first line yet. */
export async function hasHeader(handle: FileHandle, header: string): Promise<boolean> {
  const bytes = await readAt(handle, 0, edgeBytes)
  const stop = bytes.indexOf(lineFeed)
  if (stop === -1 && header.startsWith(bytes.toString())) return false
  checkHeader(bytes.toString('utf8', 0, stop === -1 ? undefined : stop))
  return true
}

/** The last line of a file whose export was finished, without reading what comes before. */
export async function readEnd(handle: FileHandle): Promise<ArchiveEnd | undefined> {
  const { size } = await handle.stat()
  const tail = await readAt(handle, Math.max(0, size - edgeBytes), edgeBytes)
  const start = tail.lastIndexOf(lineFeed, -2) + 1
  if (tail.at(-1) !== lineFeed || start === 0) return undefined
  try {
    const last = parseLine(tail.toString('utf8', start), 0)
    return last.kind === 'end' ? last : undefined
  } catch (error) {
    if (error instanceof ArchiveError) return undefined
    throw error
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  // A buffer of its own each time: a line that has begun keeps what it needs of the last one.
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafeSlow(length), position })
  return buffer.subarray(0, bytesRead)
}

function decoded(bytes: Buffer, number: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new ArchiveError(`line ${number}: expected text in UTF-8, got other bytes`, { cause: error })
  }
}
