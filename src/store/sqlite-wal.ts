import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { readersOf } from './sqlite-readers.ts'
import type { Parameters } from './sqlite-rows.ts'

/** Size of the write-ahead log from which on it is cut back as soon as no reader needs it, in bytes. */
export const walCutBytes = 16 * 2 ** 20
/** How large it may get unless the operator says otherwise, in bytes. */
export const usualWalLimit = 64 * 2 ** 20
/**
 * Shares of that limit: what is worth a word to the operator, and where writing stops. What is left above that is for
 * changed pages that SQLite still has in its cache of 2 MB, and are in the log only after the commit.
 */
const shares = { warn: 0.5, stop: 0.875 } as const
/** How often that word is repeated, in milliseconds. */
const warnMs = 60_000
/** What a statement changes besides the values it is given, mostly pages of indexes: more than they come to, in bytes. */
const statementBytes = 65_536

/** Keeps the write-ahead log below its limit, whoever reads meanwhile and however much is written in one go. */
export interface Wal {
  /** Its length, in bytes. */
  bytes(): number
  /** Why nothing may be written now, as a sentence. Cuts the log before, if need be. */
  tooLong(): string | undefined
  /** Throws an `UnavailableError` when a statement with these parameters would make it too long. */
  guardRoom(parameters: Parameters): void
  /** To be called from time to time: cuts it, or warns of who keeps that from being done. */
  look(): void
}

export interface WalOptions {
  readonly warn: (message: string) => void
  /** Length that is not to be passed, in bytes. */
  readonly walLimit: number
}

export function watchWal(db: DatabaseSync, file: string, { warn, walLimit }: WalOptions): Wal {
  const most = shares.stop * walLimit
  /** What can surely be written before its length has to be looked at again, in bytes. */
  let room = 0
  /** Whether something found no room since the log was last cut. */
  let wasShort = false
  let lastWarning = -warnMs

  function bytes(): number {
    return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** False: a reader that began before the log was last cut back still needs what is in it. */
  function cut(): boolean {
    return Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']) === 0
  }

  /** Who keeps the log long, in words. */
  function growth(): string {
    const readers = readersOf(`${file}-shm`).join(', ')
    const who = readers === '' ? 'another process' : readers
    return `The write-ahead log has grown to ${Math.round(bytes() / 2 ** 20)} MB, since ${who} keeps reading the data file.`
  }

  return {
    bytes,
    tooLong() {
      room = most - bytes()
      if (room > 0 && !wasShort) return undefined
      wasShort = !cut() && wasShort
      room = most - bytes()
      return room > 0 && !wasShort
        ? undefined
        : `${growth()} Nothing is written until that ends, or WAL_LIMIT_MB is raised.`
    },
    guardRoom(parameters) {
      const needed = statementBytes + bytesOf(parameters)
      room -= needed
      if (room > 0) return
      room = most - bytes() - needed
      if (room > 0) return
      wasShort = true
      throw new UnavailableError('The write-ahead log has no room for this below WAL_LIMIT_MB.')
    },
    look() {
      if (bytes() > walCutBytes) cut()
      if (bytes() < shares.warn * walLimit || performance.now() - lastWarning < warnMs) return
      lastWarning = performance.now()
      warn(growth())
    },
  }
}

function bytesOf(parameters: Parameters): number {
  let bytes = 0
  for (const value of Object.values(parameters)) if (typeof value === 'string') bytes += Buffer.byteLength(value)
  return bytes
}
