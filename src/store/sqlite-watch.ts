import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { inWords, isDamage } from './sqlite-errors.ts'
import type { Wal, WalOptions } from './sqlite-wal.ts'
import { watchWal } from './sqlite-wal.ts'

/** How often the file is looked at while nothing is written, in milliseconds. */
const lookMs = 1_000
const header = 'SQLite format 3\0'

const mend = 'Nothing is written until the server is started again'

/** Looks after the data file on disk: whether it is still the one that was opened, and how long its log has got. */
export interface FileWatch {
  /** Why the file is not the one that was opened any more, as a sentence. Undefined: nothing is known against it. */
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

export function watchFile(db: DatabaseSync, file: string, options: WalOptions): FileWatch {
  const wal = watchWal(db, file, options)
  const names = [file, `${file}-wal`, `${file}-shm`]
  // SQLite makes the two others with the first read or write.
  const opened: readonly (Identity | undefined)[] = names.map(lookAt)
  const descriptor = openSync(file, 'r')
  const start = Buffer.alloc(header.length)
  let size = 0
  let damage: string | undefined

  function trouble(): string | undefined {
    if (damage !== undefined) return damage
    try {
      for (const [index, name] of names.entries()) {
        const before = opened[index]
        const found = lookAt(name)
        if (!found)
          return `${name} was removed while the server was using it. ${mend}; put it back or restore a backup.`
        if (before && (found.ino !== before.ino || found.dev !== before.dev)) {
          return `${name} was replaced while the server was using it. ${mend}, which will use what is there then.`
        }
        if (index > 0) continue
        if (found.size < size) return damaged('it is shorter than it was')
        size = found.size
      }
    } catch (error) {
      return `${file} cannot be looked at now: ${inWords(error)}.`
    }
    return undefined
  }

  function damaged(how: string): string {
    damage ??= `${file} is damaged: ${how}. ${mend}; restore a backup before that (docs/operations.md).`
    return damage
  }

  function look(): void {
    if (trouble() !== undefined) return
    try {
      readSync(descriptor, start, 0, start.length, 0)
      if (start.toString('latin1') !== header) return void damaged('it does not begin like a data file any more')
      wal.look()
    } catch {
      // What is wrong is told by the next write.
    }
  }

  const timer = setInterval(look, lookMs)
  timer.unref()

  return {
    trouble,
    guardWrite: () => refuse(trouble() ?? wal.tooLong()),
    guardAnswer: () => refuse(trouble()),
    sawError(error) {
      if (isDamage(error)) damaged(inWords(error))
    },
    wal,
    stop: () => clearInterval(timer),
    closed: () => closeSync(descriptor),
  }
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
