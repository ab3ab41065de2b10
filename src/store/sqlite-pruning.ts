import { idBound } from '../id.ts'
import type { Pruned } from '../pruning.ts'
import type { FinalStatus } from '../retention-days.ts'
import type { Parameters, Row } from './sqlite-rows.ts'
import { statements } from './sqlite-statements.ts'

interface Needs {
  readonly get: (sql: string, parameters: Parameters) => Row | undefined
  readonly all: (sql: string, parameters: Parameters) => readonly Row[]
  readonly run: (sql: string, parameters: Parameters) => number
}

/** Lines of log that one transaction deletes at most: what waits behind it waits a few milliseconds. */
const linesAtATime = 2_000

/** What deletes; each call is to be one transaction. */
export function createPruning({ get, all, run }: Needs) {
  /** Whether nothing is left of the log of an event. `room` is what the transaction may still delete. */
  function deleteLog(id: string, room: { lines: number }): boolean {
    const limit = room.lines
    const deleted = run(statements.deleteLogs, { id, limit })
    room.lines -= deleted
    return deleted < limit
  }

  return {
    deleteFinished(status: FinalStatus, before: number, after: string, limit: number): Pruned {
      // What was made later cannot have ended earlier.
      const found = all(statements.listEnded, { status, after, until: idBound('evt', before), limit })
      const room = { lines: linesAtATime }
      let deleted = 0
      let last = after
      for (const row of found) {
        const id = String(row['id'])
        if (Number(row['finished_at']) < before) {
          // The log goes first: without its event nobody would find it.
          if (!deleteLog(id, room)) return { deleted, next: last }
          deleted += run(statements.deleteEnded, { id, status, before })
        }
        last = id
      }
      return { deleted, next: found.length < limit ? undefined : last }
    },

    deleteOrphanLogs(after: string, limit: number): Pruned {
      const room = { lines: linesAtATime }
      let deleted = 0
      let last = after
      for (let looked = 0; looked < limit; looked++) {
        const id = get(statements.nextLogged, { after: last })?.['event_id']
        if (typeof id !== 'string') return { deleted, next: undefined }
        if (!get(statements.getEvent, { id })) {
          if (!deleteLog(id, room)) return { deleted, next: last }
          deleted++
        }
        last = id
      }
      return { deleted, next: last }
    },
  }
}
