import type { DatabaseSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import { asUnavailable } from './sqlite-errors.ts'
import type { FileWatch } from './sqlite-watch.ts'

/** Collects the writes of one turn of the event loop and commits them together, so that they share one fsync. */
export interface Writer {
  /**
   * Resolves to what `operation` returned once that is durable. An operation that throws undoes only itself. One that
   * throws an `UnavailableError` is undone and called once more, in a transaction of which it is the first.
   */
  write<T>(operation: () => T): Promise<T>
  /** Commits what is waiting; every later write rejects. */
  close(): void
}

interface Operation {
  readonly run: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  /** Whether the log had no room for it in the transaction before. */
  isLate: boolean
}

/** `turn` says when to commit. */
export function createWriter(db: DatabaseSync, watch: FileWatch, turn: (act: () => void) => void): Writer {
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
      for (const operation of operations) {
        const answer = runOne(operation)
        if (!answer) break
        answers.push(answer)
      }
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
    // Between two transactions the log can be cut, so that there may be room for these.
    waiting = operations.slice(answers.length)
    if (waiting.length > 0) turn(commitWaiting)
  }

  function commitWaiting(): void {
    if (waiting.length > 0) commitAll()
  }

  /**
   * What to answer once the commit has succeeded. Undefined: there is no room for it in this transaction. Throws when
   * the whole transaction is lost.
   */
  function runOne(operation: Operation): (() => void) | undefined {
    save.run()
    try {
      operation.run()
      release.run()
      return operation.resolve
    } catch (error) {
      // A full disk, for one, makes SQLite roll back on its own.
      if (!db.isTransaction) throw error
      undo.run()
      release.run()
      if (error instanceof UnavailableError && !operation.isLate) {
        operation.isLate = true
        return undefined
      }
      watch.sawError(error)
      return () => operation.reject(asUnavailable(error))
    }
  }

  return {
    write<T>(operation: () => T) {
      if (closed) return Promise.reject(new UnavailableError('The store is closed.'))
      if (waiting.length === 0) turn(commitWaiting)
      return new Promise<T>((resolve, reject) => {
        let value: { readonly of: T } | undefined
        waiting.push({
          run: () => (value = { of: operation() }),
          resolve: () => value && resolve(value.of),
          reject,
          isLate: false,
        })
      })
    },
    close() {
      closed = true
      while (waiting.length > 0) commitAll()
    },
  }
}
