import { idBound } from '../id.ts'
import type { Pruned } from '../pruning.ts'
import type { FinalStatus } from '../retention-days.ts'
import type { Parameters, Row } from './sqlite-rows.ts'
import { statements } from './sqlite-statements.ts'

interface Needs {
  readonly get: (sql: string, parameters: Parameters) => Row | undefined
  readonly run: (sql: string, parameters: Parameters) => number
  /** Like `run`, for a statement that returns rows. */
  readonly runReturning: (sql: string, parameters: Parameters) => readonly Row[]
}

/** How much one transaction deletes before it ends: what waits behind it waits some ten milliseconds. */
const atATime = { lines: 2_000, bytes: 4 * 2 ** 20 } as const
/** Lines of log that one statement deletes. How large they are is known afterwards. */
const linesAtOnce = 50

type Room = Record<keyof typeof atATime, number>

/** What deletes; each call is to be one transaction. */
export function createPruning({ get, run, runReturning }: Needs) {
  /** Whether nothing is left of the log of an event. `room` is what the transaction may still delete. */
  function deleteLog(id: string, room: Room): boolean {
    while (room.lines > 0 && room.bytes > 0) {
      const limit = Math.min(room.lines, linesAtOnce)
      const deleted = runReturning(statements.deleteLogs, { id, limit })
      room.lines -= deleted.length
      for (const row of deleted) room.bytes -= Number(row['bytes'])
      if (deleted.length < limit) return true
    }
    return false
  }

  return {
    deleteFinished(status: FinalStatus, before: number, after: string, limit: number): Pruned {
      // What was made later cannot have ended earlier.
      const until = idBound('evt', before)
      const room: Room = { ...atATime }
      let deleted = 0
      let last = after
      for (let looked = 0; looked < limit; looked++) {
        const row = get(statements.nextEnded, { status, after: last, until })
        if (!row) return { deleted, next: undefined }
        const id = String(row['id'])
        if (Number(row['finished_at']) < before) {
          // The log goes first: without its event nobody would find it.
          if (!deleteLog(id, room)) return { deleted, next: last }
          deleted += run(statements.deleteEnded, { id, status, before })
        }
        last = id
        // When it ended stands behind these, so they are read also when it is kept.
        room.bytes -= Number(row['bytes'])
        if (room.bytes <= 0) break
      }
      return { deleted, next: last }
    },

    deleteOrphanLogs(after: string, limit: number): Pruned {
      const room: Room = { ...atATime }
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
