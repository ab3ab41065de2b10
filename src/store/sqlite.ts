import type { StatementSync } from 'node:sqlite'
import { UnavailableError } from '../errors.ts'
import type { Event, EventStatus } from '../event.ts'
import { oldestAfterClaim } from '../event.ts'
import type { EventFilter, Page, Store } from '../ports.ts'
import { asUnavailable } from './sqlite-errors.ts'
import { openSqliteFile } from './sqlite-file.ts'
import { createPruning } from './sqlite-pruning.ts'
import { countRecords, keepRecord, readRecords } from './sqlite-records.ts'
import type { Parameters, Row } from './sqlite-rows.ts'
import {
  eventRow,
  logRow,
  programRow,
  toBacklog,
  toDueEvent,
  toEvent,
  toLogLine,
  toProgram,
  toVersion,
  versionRow,
} from './sqlite-rows.ts'
import { beforeAll, listEventsSql, statements } from './sqlite-statements.ts'
import { usualWalLimit } from './sqlite-wal.ts'
import { createWriter } from './sqlite-writer.ts'

export interface SqliteOptions {
  /** Directory of the data file, made when missing; `:memory:` keeps everything in memory, for tests. */
  readonly dataDir: string
  /** Told of what an operator may want to look at. */
  readonly warn?: (message: string) => void
  /** Length of the write-ahead log at which writing stops while another process keeps it from being cut, in bytes. */
  readonly walLimit?: number
}

export interface SqliteStore extends Store {
  /** Length of the write-ahead log, in bytes. */
  walBytes(): number
}

/**
 * Keeps everything in one SQLite file, which only this process may write. Survives the death of the process and, as
 * far as the disk keeps what it was told to keep, of the machine. Throws a `StartError` for what an operator can mend.
 */
export function openSqliteStore(options: SqliteOptions): SqliteStore {
  const { dataDir, warn = () => undefined, walLimit = usualWalLimit } = options
  const { db, watch, turn, close } = openSqliteFile(dataDir, { warn, walLimit })
  const writer = createWriter(db, watch, turn)
  const prepared = new Map<string, StatementSync>()
  const version = db.prepare('PRAGMA user_version').get()?.['user_version']
  let closed = false

  /** There are some fifty statements in all, so keeping each prepared is bounded. */
  function statement(sql: string): StatementSync {
    const known = prepared.get(sql) ?? db.prepare(sql)
    prepared.set(sql, known)
    return known
  }

  const get = (sql: string, parameters: Parameters) => statement(sql).get(parameters)
  const all = (sql: string, parameters: Parameters) => statement(sql).all(parameters)
  const run = (sql: string, parameters: Parameters) => {
    watch.wal.guardRoom(parameters)
    return Number(statement(sql).run(parameters).changes)
  }

  const runReturning = (sql: string, parameters: Parameters) => {
    watch.wal.guardRoom(parameters)
    return all(sql, parameters)
  }

  const pruning = createPruning({ get, run, runReturning })

  async function read<T>(operation: () => T): Promise<T> {
    if (closed) throw new UnavailableError('The store is closed.')
    try {
      return operation()
    } catch (error) {
      watch.sawError(error)
      throw asUnavailable(error)
    }
  }

  function createEvent(event: Event): Event {
    if (run(statements.insertEvent, eventRow(event)) === 1) return event
    const row =
      get(statements.getEvent, { id: event.id }) ??
      get(statements.getEventByKey, { idempotency_key: event.idempotencyKey })
    return row ? toEvent(row) : event
  }

  function updateEvent(next: Event, expiredBy: number | undefined): boolean {
    const changed =
      expiredBy === undefined
        ? run(statements.updateEvent, eventRow(next))
        : run(statements.updateExpired, { ...eventRow(next), expired_by: expiredBy })
    if (changed === 0) return false
    const oldest = oldestAfterClaim(next)
    if (oldest !== undefined) run(statements.deleteEarlierLogs, { id: next.id, oldest })
    return true
  }

  function listEvents(filter: EventFilter, status: EventStatus | undefined, { after, limit }: Page): Row[] {
    const { statuses: _statuses, ...equal } = filter
    const given = Object.fromEntries(Object.entries({ ...equal, status }).filter(([, value]) => value !== undefined))
    return all(listEventsSql(filter), { ...given, after: after ?? beforeAll, limit })
  }

  return {
    now: () => Date.now(),
    createEvents: (events) => writer.write(() => events.map(createEvent)),
    getEvent: (id) => read(() => one(toEvent, get(statements.getEvent, { id }))),
    getEvents: (ids) => read(() => all(statements.getEvents, { ids: JSON.stringify(ids) }).map(toEvent)),
    listEvents: (filter, page) =>
      read(() =>
        (filter.statuses ? [...new Set(filter.statuses)] : [undefined])
          .flatMap((status) => listEvents(filter, status, page))
          .map(toEvent)
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, page.limit),
      ),
    updateEvent: (next, expiredBy) => writer.write(() => updateEvent(next, expiredBy)),
    renewLeases: (owner, ids, until) =>
      writer.write(() =>
        runReturning(statements.renewLeases, { owner, ids: JSON.stringify(ids), until }).map((row) =>
          String(row['id']),
        ),
      ),
    listDue: (now, limit, skip = 0) =>
      read(() => {
        const expired = all(statements.listExpired, { now, limit })
        const pending = all(statements.listPending, { now, limit: limit - expired.length, skip })
        return [...expired, ...pending].map(toDueEvent)
      }),

    backlog: (limit) =>
      read(() =>
        toBacklog(get(statements.countPending, { limit }) ?? {}, get(statements.countProcessing, { limit }) ?? {}),
      ),

    appendLogs: (lines) =>
      writer.write(() => {
        for (const line of lines) run(statements.insertLog, logRow(line))
      }),
    readLogs: (id, after, limit) =>
      read(() => {
        const { attempt, seq } = after ?? { attempt: 0, seq: 0 }
        return all(statements.readLogs, { id, attempt, seq, limit }).map(toLogLine)
      }),

    saveVersion: (it) => writer.write(() => void run(statements.insertVersion, versionRow(it))),
    getVersion: (hash) => read(() => one(toVersion, get(statements.getVersion, { hash }))),
    listVersions: (program, { after, limit }) =>
      read(() => all(statements.listVersions, { program, after: after ?? null, limit }).map(toVersion)),
    saveProgram: (next, it) =>
      writer.write(() => {
        const sql = next.rev === 1 ? statements.insertProgram : statements.updateProgram
        if (run(sql, programRow(next)) === 0) return false
        run(statements.insertVersion, versionRow(it))
        run(statements.insertProgramVersion, { program: next.id, hash: it.hash, saved: next.rev })
        return true
      }),
    getProgram: (id) => read(() => one(toProgram, get(statements.getProgram, { id }))),
    findProgram: (kind, name) => read(() => one(toProgram, get(statements.findProgram, { kind, name }))),
    listPrograms: (kind, { after, limit }) =>
      read(() => all(statements.listPrograms, { kind, after: after ?? beforeAll, limit }).map(toProgram)),

    countRecords: (kind) => read(() => countRecords(all, kind)),
    readRecords: (kind, after, limit) => read(() => readRecords(all, kind, after, limit)),
    keepRecords: (records) => writer.write(() => records.reduce((kept, record) => kept + keepRecord(run, record), 0)),

    deleteFinished: (...given) => writer.write(() => pruning.deleteFinished(...given)),
    deleteOrphanLogs: (...given) => writer.write(() => pruning.deleteOrphanLogs(...given)),

    // Written as it stands: a real write to the file that changes nothing.
    check: () => writer.write(() => db.exec(`PRAGMA user_version = ${Number(version)}`)),
    walBytes: () => watch.wal.bytes(),
    async close() {
      if (closed) return
      closed = true
      writer.close()
      await close()
    },
  }
}

function one<T>(map: (row: Row) => T, row: Row | undefined): T | undefined {
  return row && map(row)
}
