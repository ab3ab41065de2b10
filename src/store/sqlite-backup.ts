import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { askServer } from './sqlite-backup-client.ts'
import { socketFile } from './sqlite-backup-service.ts'
import { inWords, isBusy } from './sqlite-errors.ts'
import { dataFile, takeLock } from './sqlite-file.ts'
import { readersOf } from './sqlite-readers.ts'
import { migrations } from './sqlite-schema.ts'

/** Pages that are copied at a time. */
const pagesAtATime = 1000

/** What an operator can mend, as one line. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

export interface BackupOptions {
  readonly dataDir: string
  /** The backup. Must not exist yet when one is made. */
  readonly file: string
  /** Pages of the data file that were copied, and how many there are. */
  readonly progress?: (copied: number, total: number) => void
}

/** What was found in a backup. */
export interface Checked {
  readonly events: number
}

/**
 * Makes a copy of a data file, also while a server is writing to it: everything that was acknowledged before is in it,
 * and nothing by halves. The copy is checked and on disk before it gets its name. Throws a `BackupError`.
 */
export async function backUp({ dataDir, file, progress = () => undefined }: BackupOptions): Promise<Checked> {
  const source = join(dataDir, dataFile)
  if (!existsSync(source)) throw new BackupError(`DATA_DIR: expected a directory with ${dataFile}, got "${dataDir}"`)
  if (existsSync(file)) throw new BackupError(`FILE: expected a name that is not taken, got "${file}"`)
  const directory = dirname(file)
  if (!existsSync(directory)) throw new BackupError(`FILE: expected a directory "${directory}", which is not there`)
  const partial = resolve(`${file}.partial`)
  discard(partial)
  try {
    const answer = await askServer({ socket: join(dataDir, socketFile), file: partial, progress })
    if ('alone' in answer) await copyAlone(source, partial, progress)
    if ('error' in answer) throw new BackupError(`${partial}: expected a copy by the server, got: ${answer.error}`)
    if (!existsSync(partial)) {
      throw new BackupError(
        `FILE: expected a path that the server and this command both see, got "${file}": the server has ${partial}`,
      )
    }
  } catch (error) {
    discard(partial)
    throw error
  }
  const checked = check(partial, file)
  sync(partial)
  giveName(partial, file)
  sync(directory)
  return checked
}

/** Where no server can be asked. What one writes meanwhile stays in its write-ahead log. */
async function copyAlone(source: string, partial: string, progress: (copied: number, total: number) => void) {
  const db = new DatabaseSync(source, { readOnly: true })
  try {
    // What is read from here on is as it was at this moment, however much is written meanwhile.
    db.exec('BEGIN')
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    await backup(db, partial, {
      rate: pagesAtATime,
      progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
    })
  } finally {
    db.close()
  }
}

export interface Restored extends Checked {
  /** What was there before, if anything. */
  readonly aside: string | undefined
}

/**
 * Puts a backup in the place of the data file. What is there already is only replaced with `force`, and is kept under
 * another name. Whenever it is stopped, the data file is whole: the old one or the new one. Throws a `BackupError`,
 * or a `StartError` while a server uses the directory.
 */
export function restore({ dataDir, file, force }: BackupOptions & { readonly force: boolean }): Restored {
  if (!existsSync(file)) throw new BackupError(`FILE: expected a backup, got "${file}", which is not there`)
  mkdirSync(dataDir, { recursive: true })
  const lock = takeLock(dataDir)
  try {
    const target = join(dataDir, dataFile)
    const there = [target, `${target}-wal`, `${target}-shm`].filter((name) => existsSync(name))
    if (there.length > 0 && !force) {
      throw new BackupError(
        `DATA_DIR: expected a directory without data, got "${dataDir}"; --force puts what is there aside`,
      )
    }
    const copy = `${target}.restoring`
    discard(copy)
    copyFileSync(file, copy)
    const checked = check(copy, file)
    sync(copy)
    const aside = there.length > 0 ? putAside(target, copy) : undefined
    renameSync(copy, target)
    sync(dataDir)
    return { ...checked, aside }
  } finally {
    lock.close()
  }
}

/** Gives the data file a second name, so that there is one at any moment. */
function putAside(target: string, copy: string): string {
  const aside = `${target}.before-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
  // The log goes too, since it would be taken for that of the new file; without it the old one would lose what it holds.
  if (!emptyLog(target)) {
    discard(copy)
    const readers = readersOf(`${target}-shm`).join(', ')
    throw new BackupError(
      `DATA_DIR: expected a data file that nobody is reading, got one that ${readers || 'another process'} reads`,
    )
  }
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(target + suffix)) renameSync(target + suffix, aside + suffix)
  }
  if (existsSync(target)) linkSync(target, aside)
  return aside
}

/** Brings what the log holds into the file. False: another process reads it, so that cannot be done. */
function emptyLog(target: string): boolean {
  try {
    const db = new DatabaseSync(target)
    try {
      return Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy']) === 0
    } finally {
      db.close()
    }
  } catch (error) {
    // It is damaged, which may be why it is being replaced. Its log is kept beside it.
    return !isBusy(error)
  }
}

/** Looks at every page, and makes it one file that needs no other. */
function check(copy: string, file: string): Checked {
  try {
    const db = new DatabaseSync(copy)
    try {
      db.exec('PRAGMA journal_mode = DELETE')
      const found = db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
      if (found !== 'ok') throw new BackupError(`${file}: expected an intact data file, got one with: ${String(found)}`)
      const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
      if (version < 1 || version > migrations.length) {
        throw new BackupError(`${file}: expected a data file of version 1 to ${migrations.length}, got ${version}`)
      }
      return { events: Number(db.prepare('SELECT count(*) AS count FROM events').get()?.['count']) }
    } finally {
      db.close()
    }
  } catch (error) {
    discard(copy)
    if (error instanceof BackupError) throw error
    throw new BackupError(`${file}: expected an intact data file, got: ${inWords(error)}`)
  }
}

function giveName(partial: string, file: string): void {
  try {
    linkSync(partial, file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') throw new BackupError(`FILE: expected a name that is not taken, got "${file}"`)
    // A file system without second names cannot refuse a name that was taken just now.
    renameSync(partial, file)
  }
  rmSync(partial, { force: true })
}

function discard(file: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(file + suffix, { force: true })
}

/** Waits until a file, or the names in a directory, are on disk. */
function sync(name: string): void {
  const descriptor = openSync(name, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
