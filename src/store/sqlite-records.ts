import type { RecordKind, StoreRecord } from '../ports.ts'
import type { Parameters, Row } from './sqlite-rows.ts'
import {
  eventRow,
  logRow,
  programRow,
  programVersionRow,
  toEvent,
  toLogLine,
  toProgram,
  toProgramVersion,
  toVersion,
  versionRow,
} from './sqlite-rows.ts'
import { statements } from './sqlite-statements.ts'

type All = (sql: string, parameters: Parameters) => readonly Row[]
type Run = (sql: string, parameters: Parameters) => number

/** Less than every key. */
const start = ''

/** Records of one kind in the order of their keys: SQLite compares texts by their bytes. */
export function readRecords(
  all: All,
  kind: RecordKind,
  after: StoreRecord | undefined,
  limit: number,
): readonly StoreRecord[] {
  switch (kind) {
    case 'version': {
      const hash = after?.kind === kind ? after.value.hash : start
      return all(statements.readVersions, { hash, limit }).map((row) => ({ kind, value: toVersion(row) }))
    }
    case 'program': {
      const id = after?.kind === kind ? after.value.id : start
      return all(statements.readPrograms, { id, limit }).map((row) => ({ kind, value: toProgram(row) }))
    }
    case 'programVersion': {
      const { program, hash } = after?.kind === kind ? after.value : { program: start, hash: start }
      const rows = all(statements.readProgramVersions, { program, hash, limit })
      return rows.map((row) => ({ kind, value: toProgramVersion(row) }))
    }
    case 'event': {
      const id = after?.kind === kind ? after.value.id : start
      return all(statements.readEvents, { id, limit }).map((row) => ({ kind, value: toEvent(row) }))
    }
    case 'log': {
      const { eventId, attempt, seq } = after?.kind === kind ? after.value : { eventId: start, attempt: 0, seq: 0 }
      const rows = all(statements.readAllLogs, { event_id: eventId, attempt, seq, limit })
      return rows.map((row) => ({ kind, value: toLogLine(row) }))
    }
  }
}

const tables = {
  version: 'versions',
  program: 'programs',
  programVersion: 'program_versions',
  event: 'events',
  log: 'logs',
} as const

export function countRecords(all: All, kind: RecordKind): number {
  return Number(all(`SELECT count(*) AS count FROM ${tables[kind]}`, {})[0]?.['count'])
}

/** Keeps one record unless one is there under its key. Returns how many were kept, 1 or 0. */
export function keepRecord(run: Run, { kind, value }: StoreRecord): number {
  switch (kind) {
    case 'version':
      return run(statements.insertVersion, versionRow(value))
    case 'program':
      return run(statements.insertProgram, programRow(value))
    case 'programVersion':
      return run(statements.keepProgramVersion, programVersionRow(value))
    case 'event':
      return run(statements.insertEvent, eventRow(value))
    case 'log':
      return run(statements.insertLog, logRow(value))
  }
}
