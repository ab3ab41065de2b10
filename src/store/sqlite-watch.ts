import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { inWords, isDamage } from './sqlite-errors.ts'
import type { Wal, WalOptions } from './sqlite-wal.ts'
import { watchWal } from './sqlite-wal.ts'

/** How often the file is looked at while nothing is written, in milliseconds. */
const lookMs = 1_000
const header = 'SQLite format 3\0'
/** What precedes all pages in the log, and each of them: https://sqlite.org/fileformat2.html#walformat. */
const walHeaderBytes = 32
const frameHeaderBytes = 24

const mend = 'Nothing is written until the server is started again'

/** Looks after the data file on disk: whether it is still the one that was opened, and how long its log has got. */
export interface FileWatch {
  /**
   * Why nothing may be written to the file any more, as a sentence. Undefined: nothing is known against it. Names files
   * without their directory, since whoever asks `/ready` may read it.
   */
  trouble(): string | undefined
  /** Throws an `UnavailableError` when nothing may be written now; it takes microseconds. */
  guardWrite(): void
  /** Throws one when what was just written is not in a file that will be found again. */
  guardAnswer(): void
  /** To be told of every error of SQLite: a file that was found damaged is not written to any more. */
  sawError(error: unknown): void
  readonly wal: Pick<Wal, 'bytes' | 'guardRoom'>
  /** Before the database is closed. */
  stop(): void
  /** After it: closing any file of the database gives up the locks that this process has on it. */
  closed(): void
}

interface Identity {
  readonly dev: number
  readonly ino: number
}

export interface WatchOptions extends WalOptions {
  readonly file: string
  /** The file whose lock says that nobody else writes. */
  readonly lockFile: string
  /** Takes that lock on the file that has its name now. Throws when it cannot be had. */
  readonly takeLock: () => void
}

export function watchFile(db: DatabaseSync, { file, lockFile, takeLock, ...options }: WatchOptions): FileWatch {
  const wal = watchWal(db, file, options)
  const names = [file, `${file}-wal`, `${file}-shm`]
  const opened: readonly (Identity | undefined)[] = names.map(lookAt)
  let lock: Identity | undefined = lookAt(lockFile)
  const descriptor = openSync(file, 'r')
  const start = Buffer.alloc(header.length)
  const pageBytes = Number(db.prepare('PRAGMA page_size').get()?.['page_size'])
  // Does nothing but count.
  const frameCount = db.prepare('PRAGMA wal_checkpoint(NOOP)')
  let size = 0
  let damage: string | undefined
  let isRescued = false

  function trouble(): string | undefined {
    return found(([bytes, logBytes]) => {
      if (!isLocked()) {
        return `${basename(lockFile)} was removed, and another server may use the same data. Nothing is written as long as it does.`
      }
      return damageFound(bytes ?? 0, logBytes ?? 0)
    })
  }

  /** What is wrong with the files under their names; where nothing is, what `inspect` says of their lengths in bytes. */
  function found(inspect: (lengths: readonly number[]) => string | undefined): string | undefined {
    if (damage !== undefined) return damage
    try {
      const files = names.map(lookAt)
      const fates = files.map((it, index) => fateOf(opened[index], it))
      const index = fates.findIndex((fate) => fate !== 'there')
      if (index >= 0) {
        if (isSame(lock, lookAt(lockFile)) && fates[0] === 'there' && !fates.includes('replaced')) rescue()
        return lost(names[index] ?? file, fates[index] === 'removed')
      }
      isRescued = false
      return inspect(files.map((it) => it?.size ?? 0))
    } catch (error) {
      return `${basename(file)} cannot be looked at now: ${inWords(error).replace(/, \w+ '.*'$/, '')}.`
    }
  }

  function lost(name: string, isRemoved: boolean): string {
    const what = `${basename(name)} was ${isRemoved ? 'removed' : 'replaced'} while the server was using it`
    if (isRescued && isRemoved) return `${what}. ${mend}, which loses nothing: the data file has it all.`
    return isRemoved
      ? `${what}. ${mend}; put it back or restore a backup.`
      : `${what}. ${mend}, which will use what is there then.`
  }

  /** Where nobody has taken the lock since it was removed or replaced, it is taken again, and keeps others out. */
  function isLocked(): boolean {
    if (isSame(lock, lookAt(lockFile))) return true
    try {
      takeLock()
      lock = lookAt(lockFile)
      return true
    } catch {
      return false
    }
  }

  /** A log without a name is still open, and has what was acknowledged. Nobody will find it there: the file gets it. */
  function rescue(): void {
    if (isRescued) return
    try {
      const { log: frames, checkpointed } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {}
      isRescued = frames === checkpointed
    } catch {
      // As on a full disk. It is tried again whenever the file is looked at.
    }
  }

  function damageFound(bytes: number, logBytes: number): string | undefined {
    if (bytes < size) return damaged('it is shorter than it was')
    size = bytes
    readSync(descriptor, start, 0, start.length, 0)
    if (start.toString('latin1') !== header) return damaged('it does not begin like a data file any more')
    // Looked at twice, in case another process has cut the log just now, which is no damage.
    const isShort = logBytes < leastLogBytes() && wal.bytes() < leastLogBytes()
    return isShort ? damaged('its log is shorter than what is in it') : undefined
  }

  function leastLogBytes(): number {
    const frames = Number(frameCount.get()?.['log'])
    return frames > 0 ? walHeaderBytes + frames * (frameHeaderBytes + pageBytes) : 0
  }

  function damaged(how: string): string {
    damage ??= `${basename(file)} is damaged: ${how}. ${mend}; restore a backup before that (docs/operations.md).`
    return damage
  }

  function look(): void {
    try {
      if (trouble() === undefined) wal.look()
    } catch {
      // What is wrong is told by the next write.
    }
  }

  const timer = setInterval(look, lookMs)
  timer.unref()

  return {
    trouble,
    guardWrite: () => refuse(trouble() ?? wal.tooLong()),
    guardAnswer: () => refuse(found(() => undefined)),
    sawError(error) {
      if (isDamage(error)) damaged(inWords(error))
    },
    wal,
    stop: () => clearInterval(timer),
    closed: () => closeSync(descriptor),
  }
}

function fateOf(before: Identity | undefined, found: Identity | undefined): 'there' | 'removed' | 'replaced' {
  if (!found) return 'removed'
  return !before || isSame(before, found) ? 'there' : 'replaced'
}

function isSame(before: Identity | undefined, found: Identity | undefined): boolean {
  return before !== undefined && found?.ino === before.ino && found.dev === before.dev
}

function refuse(why: string | undefined): void {
  if (why !== undefined) throw new UnavailableError(why)
}

/** For a database in memory. */
export const noWatch: FileWatch = {
  trouble: () => undefined,
  guardWrite: () => undefined,
  guardAnswer: () => undefined,
  sawError: () => undefined,
  wal: { bytes: () => 0, guardRoom: () => undefined },
  stop: () => undefined,
  closed: () => undefined,
}

function lookAt(name: string) {
  return statSync(name, { throwIfNoEntry: false })
}
