import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from '../errors.ts'
import { serveBackups } from './sqlite-backup-service.ts'
import { createCopying } from './sqlite-copy.ts'
import { inWords, isBusy } from './sqlite-errors.ts'
import { migrations } from './sqlite-schema.ts'
import type { WalOptions } from './sqlite-wal.ts'
import { walCutBytes } from './sqlite-wal.ts'
import type { FileWatch } from './sqlite-watch.ts'
import { noWatch, watchFile } from './sqlite-watch.ts'

/** Name of the data file in its directory. */
export const dataFile = 'workcell.db'
const lockFile = 'workcell.lock'

export interface SqliteFile {
  readonly db: DatabaseSync
  readonly watch: FileWatch
  /** When to write: see `Copying`. */
  readonly turn: (act: () => void) => void
  close(): Promise<void>
}

/** Opens the data file of a directory, or `:memory:`, as its only writer. Throws a `StartError` of one line. */
export function openSqliteFile(dataDir: string, options: WalOptions): SqliteFile {
  if (dataDir === ':memory:') {
    const db = new DatabaseSync(':memory:')
    migrate(db, dataDir)
    return { db, watch: noWatch, turn: setImmediate, close: async () => db.close() }
  }
  let lock = attempt(dataDir, () => {
    mkdirSync(dataDir, { recursive: true })
    return takeLock(dataDir)
  })
  try {
    const file = join(dataDir, dataFile)
    const db = attempt(dataDir, () => {
      const opened = new DatabaseSync(file)
      opened.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA journal_size_limit = ${walCutBytes};
        PRAGMA temp_store = MEMORY;
      `)
      migrate(opened, dataDir)
      // Nobody else can hold a lease on a file that only this process can write: what ran, ran in a process that died.
      opened.exec("UPDATE events SET lease_until = 0 WHERE status = 'Processing'")
      return opened
    })
    const keeper = attempt(dataDir, () => openKeeper(file))
    const watch = watchFile(db, {
      ...options,
      file,
      lockFile: join(dataDir, lockFile),
      takeLock() {
        const again = takeLock(dataDir)
        lock.close()
        lock = again
      },
    })
    const copying = createCopying(db)
    const backups = serveBackups(copying, dataDir, options.warn)
    return {
      db,
      watch,
      turn: copying.turn,
      async close() {
        watch.stop()
        await backups.close()
        // What is there now may be the log of another file.
        const isSound = watch.trouble() === undefined
        try {
          if (isSound) db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        } catch {
          // A full disk, for one. It was only to be tidy: the next start reads the log.
        }
        const [first, last] = isSound ? [keeper, db] : [db, keeper]
        first.close()
        last.close()
        watch.closed()
        lock.close()
      },
    }
  } catch (error) {
    lock.close()
    throw error
  }
}

/**
 * Whatever connection is closed last, SQLite copies the log into the file and removes it, without asking whether the
 * file is sound. One that can only read does not: where it is the last, all stays as it is.
 */
function openKeeper(file: string): DatabaseSync {
  const keeper = new DatabaseSync(file, { readOnly: true })
  // From the first read on it counts as one that has the file open.
  keeper.prepare('SELECT count(*) FROM sqlite_schema').get()
  return keeper
}

/**
 * One process writes a data file: a second one would take the first one's leases for lost. The lock is an open
 * transaction on a file of its own, which the kernel ends with the process however that dies, and which leaves the
 * data file open to whoever only wants to read it.
 */
export function takeLock(dataDir: string): DatabaseSync {
  const lock = new DatabaseSync(join(dataDir, lockFile))
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (isBusy(error)) refuse(dataDir, 'a directory that no other Workcell is using', 'one that is in use')
    throw error
  }
}

function migrate(db: DatabaseSync, dataDir: string): void {
  const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
  if (found > migrations.length) {
    refuse(
      dataDir,
      `a data file of version ${migrations.length} or earlier`,
      `version ${found}, made by a newer Workcell`,
    )
  }
  migrations.slice(found).forEach((sql, index) => {
    db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${found + index + 1}; COMMIT`)
  })
}

function attempt<T>(dataDir: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (error instanceof StartError) throw error
    return refuse(dataDir, 'a directory with a data file that can be read and written', inWords(error))
  }
}

function refuse(dataDir: string, expected: string, received: string): never {
  throw new StartError(`DATA_DIR: expected ${expected}, got ${JSON.stringify(dataDir)}: ${received}`)
}
