import type { DatabaseSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { asUnavailable } from './sqlite-errors.ts'
import type { FileWatch } from './sqlite-watch.ts'

/** Collects the writes of one turn of the event loop and commits them together, so that they share one fsync. */
export interface Writer {
  /** Resolves to what `operation` returned once that is durable. An operation that throws undoes only itself. */
  write<T>(operation: () => T): Promise<T>
  /** Commits what is waiting; every later write rejects. */
  close(): void
}

interface Operation {
  readonly run: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function createWriter(db: DatabaseSync, watch: FileWatch): Writer {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const save = db.prepare('SAVEPOINT operation')
  const release = db.prepare('RELEASE operation')
  const undo = db.prepare('ROLLBACK TO operation')
  let waiting: Operation[] = []
  let closed = false

  function commitAll(): void {
    const operations = waiting
    waiting = []
    const answers: (() => void)[] = []
    try {
      watch.guardWrite()
      begin.run()
      for (const operation of operations) answers.push(runOne(operation))
      commit.run()
      // What went into a file that is no longer there will not be found again, so it must not be acknowledged.
      watch.guardAnswer()
    } catch (error) {
      if (db.isTransaction) rollback.run()
      watch.sawError(error)
      for (const operation of operations) operation.reject(asUnavailable(error))
      return
    }
    for (const answer of answers) answer()
  }

  /** What to answer once the commit has succeeded. Throws when the whole transaction is lost. */
  function runOne({ run, resolve, reject }: Operation): () => void {
    save.run()
    try {
      run()
      release.run()
      return resolve
    } catch (error) {
      // A full disk, for one, makes SQLite roll back on its own.
      if (!db.isTransaction) throw error
      undo.run()
      release.run()
      watch.sawError(error)
      return () => reject(asUnavailable(error))
    }
  }

  return {
    write<T>(operation: () => T) {
      if (closed) return Promise.reject(new UnavailableError('The store is closed.'))
      if (waiting.length === 0) setImmediate(() => waiting.length > 0 && commitAll())
      return new Promise<T>((resolve, reject) => {
        let value: { readonly of: T } | undefined
        waiting.push({
          run: () => (value = { of: operation() }),
          resolve: () => value && resolve(value.of),
          reject,
        })
      })
    },
    close() {
      closed = true
      if (waiting.length > 0) commitAll()
    },
  }
}
