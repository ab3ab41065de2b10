import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Event } from '../event.ts'
import type { Backlog, DueEvent, LogLine, ProgramVersion } from '../ports.ts'
import type { Program, Version } from '../program.ts'

export type Row = Record<string, SQLOutputValue>
export type Parameters = Record<string, SQLInputValue>

/**
 * Between the rows of the data file and the values of the core. The casts below are the one place where a row is
 * believed to hold what was written: the tables are STRICT, and only this program writes them.
 */
const text = (value: SQLOutputValue | undefined) => value as string
const integer = (value: SQLOutputValue | undefined) => value as number
const textOrNull = (value: SQLOutputValue | undefined) => value as string | null
const integerOrNull = (value: SQLOutputValue | undefined) => value as number | null
const json = <T>(value: SQLOutputValue | undefined) => JSON.parse(text(value)) as T

export function eventRow(event: Event): Parameters {
  return {
    id: event.id,
    rev: event.rev,
    type: event.type,
    status: event.status,
    workflow: event.workflow,
    execution: event.execution,
    version: event.version,
    input: JSON.stringify(event.input),
    data: JSON.stringify(event.data),
    error: JSON.stringify(event.error),
    attempts: JSON.stringify(event.attempts),
    attempts_used: event.attemptsUsed,
    idempotency_key: event.idempotencyKey,
    request_hash: event.requestHash,
    limits: JSON.stringify(event.limits),
    rerun_of: event.rerunOf,
    run_at: event.runAt,
    created_at: event.createdAt,
    started_at: event.startedAt,
    finished_at: event.finishedAt,
    owner: event.owner,
    lease_until: event.leaseUntil,
    crashes: event.crashes,
  }
}

export function toEvent(row: Row): Event {
  return {
    id: text(row['id']),
    rev: integer(row['rev']),
    type: text(row['type']),
    status: text(row['status']) as Event['status'],
    workflow: textOrNull(row['workflow']),
    execution: textOrNull(row['execution']),
    version: textOrNull(row['version']),
    input: json(row['input']),
    data: json(row['data']),
    error: json(row['error']),
    attempts: json(row['attempts']),
    attemptsUsed: integer(row['attempts_used']),
    idempotencyKey: textOrNull(row['idempotency_key']),
    requestHash: textOrNull(row['request_hash']),
    limits: json(row['limits']),
    rerunOf: textOrNull(row['rerun_of']),
    runAt: integerOrNull(row['run_at']),
    createdAt: integer(row['created_at']),
    startedAt: integerOrNull(row['started_at']),
    finishedAt: integerOrNull(row['finished_at']),
    owner: textOrNull(row['owner']),
    leaseUntil: integerOrNull(row['lease_until']),
    crashes: integer(row['crashes']),
  }
}

export function toDueEvent(row: Row): DueEvent {
  return {
    id: text(row['id']),
    status: text(row['status']) as Event['status'],
    runAt: integerOrNull(row['run_at']),
    workflow: textOrNull(row['workflow']),
    execution: textOrNull(row['execution']),
    version: textOrNull(row['version']),
  }
}

/** Of rows with a count and an earliest time each. */
export function toBacklog(pending: Row, processing: Row): Backlog {
  return {
    pending: integer(pending['count']),
    processing: integer(processing['count']),
    earliestRunAt: integerOrNull(pending['earliest']),
    earliestStart: integerOrNull(processing['earliest']),
  }
}

export function logRow(line: LogLine): Parameters {
  const { eventId, ...rest } = line
  return { event_id: eventId, ...rest }
}

export function toLogLine(row: Row): LogLine {
  return {
    eventId: text(row['event_id']),
    attempt: integer(row['attempt']),
    seq: integer(row['seq']),
    at: integer(row['at']),
    level: text(row['level']) as LogLine['level'],
    message: text(row['message']),
  }
}

export function programRow(program: Program): Parameters {
  return {
    id: program.id,
    kind: program.kind,
    name: program.name,
    description: program.description,
    version: program.version,
    limits: JSON.stringify(program.limits),
    rev: program.rev,
    created_at: program.createdAt,
    updated_at: program.updatedAt,
    deleted_at: program.deletedAt,
  }
}

export function toProgram(row: Row): Program {
  return {
    id: text(row['id']),
    kind: text(row['kind']) as Program['kind'],
    name: text(row['name']),
    description: textOrNull(row['description']),
    version: text(row['version']),
    limits: json(row['limits']),
    rev: integer(row['rev']),
    createdAt: integer(row['created_at']),
    updatedAt: integer(row['updated_at']),
    deletedAt: integerOrNull(row['deleted_at']),
  }
}

export function versionRow({ hash, language, code, script, createdAt }: Version): Parameters {
  return { hash, language, code, script: script === code ? null : script, created_at: createdAt }
}

export function toVersion(row: Row): Version {
  const code = text(row['code'])
  return {
    hash: text(row['hash']),
    language: text(row['language']) as Version['language'],
    code,
    script: textOrNull(row['script']) ?? code,
    createdAt: integer(row['created_at']),
  }
}

export function programVersionRow({ program, hash, saved }: ProgramVersion): Parameters {
  return { program, hash, saved }
}

export function toProgramVersion(row: Row): ProgramVersion {
  return { program: text(row['program']), hash: text(row['hash']), saved: integer(row['saved']) }
}
