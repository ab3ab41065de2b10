import type { EventFilter } from '../ports.ts'

const eventColumns = columns(
  'id rev type status workflow execution version input data error attempts attempts_used idempotency_key request_hash',
  'limits rerun_of run_at created_at started_at finished_at owner lease_until crashes',
)
const programColumns = columns('id kind name description version limits rev created_at updated_at deleted_at')
const dueColumns = 'id, status, run_at, workflow, execution, version'

/** Greater than every id: what a list begins before. */
export const beforeAll = '~'

/**
 * Every statement the store issues, apart from those of `listEvents`. Without statistics SQLite would take the
 * index of all events by status where one of the few that are pending or running is meant, hence INDEXED BY.
 */
export const statements = {
  insertEvent: `${insert('events', eventColumns)} ON CONFLICT DO NOTHING`,
  getEvent: 'SELECT * FROM events WHERE id = :id',
  getEventByKey: 'SELECT * FROM events WHERE idempotency_key = :idempotency_key',
  getEvents: 'SELECT * FROM events WHERE id IN (SELECT value FROM json_each(:ids))',
  updateEvent: `UPDATE events SET ${assign(eventColumns)} WHERE id = :id AND rev = :rev - 1`,
  updateExpired: `UPDATE events SET ${assign(eventColumns)} WHERE id = :id AND rev = :rev - 1
    AND lease_until <= :expired_by`,
  renewLeases: `UPDATE events SET lease_until = :until WHERE id IN (SELECT value FROM json_each(:ids))
    AND status = 'Processing' AND owner = :owner RETURNING id`,
  listPending: `SELECT ${dueColumns} FROM events INDEXED BY events_pending WHERE status = 'Pending' AND run_at <= :now
    ORDER BY run_at LIMIT :limit OFFSET :skip`,
  listExpired: `SELECT ${dueColumns} FROM events INDEXED BY events_leased WHERE status = 'Processing' AND lease_until <= :now
    ORDER BY lease_until LIMIT :limit`,
  countPending: `SELECT count(*) AS count, min(run_at) AS earliest FROM (SELECT run_at FROM events
    INDEXED BY events_pending WHERE status = 'Pending' AND run_at >= 0 ORDER BY run_at LIMIT :limit)`,
  countProcessing: `SELECT count(*) AS count, min(json_extract(attempts, '$[#-1].startedAt')) AS earliest FROM (SELECT
    attempts FROM events INDEXED BY events_leased WHERE status = 'Processing' AND lease_until >= 0 LIMIT :limit)`,
  insertLog: `${insert('logs', columns('event_id attempt seq at level message'))} ON CONFLICT DO NOTHING`,
  readLogs: `SELECT * FROM logs WHERE event_id = :id AND (attempt, seq) > (:attempt, :seq)
    ORDER BY attempt, seq LIMIT :limit`,
  nextEnded: `SELECT id, finished_at, octet_length(input) + octet_length(data) AS bytes FROM events
    WHERE status = :status AND id > :after AND id < :until ORDER BY id LIMIT 1`,
  deleteLogs: `DELETE FROM logs WHERE (event_id, attempt, seq) IN
    (SELECT event_id, attempt, seq FROM logs WHERE event_id = :id ORDER BY attempt, seq LIMIT :limit)
    RETURNING octet_length(message) AS bytes`,
  deleteEarlierLogs: 'DELETE FROM logs WHERE event_id = :id AND attempt < :oldest',
  deleteEnded: 'DELETE FROM events WHERE id = :id AND status = :status AND finished_at < :before',
  nextLogged: 'SELECT event_id FROM logs WHERE event_id > :after ORDER BY event_id LIMIT 1',
  insertVersion: `${insert('versions', columns('hash language code script created_at'))} ON CONFLICT DO NOTHING`,
  getVersion: 'SELECT * FROM versions WHERE hash = :hash',
  insertProgram: `${insert('programs', programColumns)} ON CONFLICT DO NOTHING`,
  updateProgram: `UPDATE OR IGNORE programs SET ${assign(programColumns)} WHERE id = :id AND rev = :rev - 1`,
  insertProgramVersion: `INSERT INTO program_versions VALUES (:program, :hash, :saved)
    ON CONFLICT (program, hash) DO UPDATE SET saved = excluded.saved`,
  listVersions: `SELECT versions.* FROM program_versions JOIN versions USING (hash) WHERE program = :program
    AND saved < (SELECT coalesce(max(saved), 9e15) FROM program_versions WHERE program = :program AND hash = :after)
    ORDER BY saved DESC LIMIT :limit`,
  getProgram: 'SELECT * FROM programs WHERE id = :id',
  findProgram: 'SELECT * FROM programs WHERE kind = :kind AND name = :name AND deleted_at IS NULL',
  listPrograms: `SELECT * FROM programs WHERE kind = :kind AND deleted_at IS NULL AND id < :after
    ORDER BY id DESC LIMIT :limit`,
  keepProgramVersion: 'INSERT INTO program_versions VALUES (:program, :hash, :saved) ON CONFLICT DO NOTHING',
  readVersions: 'SELECT * FROM versions WHERE hash > :hash ORDER BY hash LIMIT :limit',
  readPrograms: 'SELECT * FROM programs WHERE id > :id ORDER BY id LIMIT :limit',
  readProgramVersions: `SELECT * FROM program_versions WHERE (program, hash) > (:program, :hash)
    ORDER BY program, hash LIMIT :limit`,
  readEvents: 'SELECT * FROM events WHERE id > :id ORDER BY id LIMIT :limit',
  readAllLogs: `SELECT * FROM logs WHERE (event_id, attempt, seq) > (:event_id, :attempt, :seq)
    ORDER BY event_id, attempt, seq LIMIT :limit`,
}

/**
 * The statement for events of at most one status. For several there would be no index that has them in order, so the
 * store asks once for each and merges.
 */
export function listEventsSql(filter: EventFilter): string {
  const conditions = [
    filter.statuses && 'status = :status',
    filter.type !== undefined && 'type = :type',
    filter.workflow !== undefined && 'workflow = :workflow',
    filter.execution !== undefined && 'execution = :execution',
    filter.idempotencyKey !== undefined && 'idempotency_key = :idempotencyKey',
    'id < :after',
  ]
  return `SELECT * FROM events WHERE ${conditions.filter(Boolean).join(' AND ')} ORDER BY id DESC LIMIT :limit`
}

function columns(...names: readonly string[]): readonly string[] {
  return names.join(' ').split(' ')
}

function insert(table: string, names: readonly string[]): string {
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`
}

function assign(names: readonly string[]): string {
  return names
    .filter((name) => name !== 'id')
    .map((name) => `${name} = :${name}`)
    .join(', ')
}
