/**
 * What brings a data file from each version to the next: the file's `user_version` counts how many of these it has
 * been through. Add to the end; never change what has been released.
 *
 * The secondary indexes end in `id` because every list runs from the newest to the oldest, and ids rise with time. The
 * partial ones hold only what waits or runs, so they stay small however many events have ended.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE events (
    id TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    workflow TEXT,
    execution TEXT,
    version TEXT,
    input TEXT NOT NULL,
    data TEXT NOT NULL,
    error TEXT NOT NULL,
    attempts TEXT NOT NULL,
    attempts_used INTEGER NOT NULL,
    idempotency_key TEXT,
    request_hash TEXT,
    limits TEXT NOT NULL,
    rerun_of TEXT,
    run_at INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    owner TEXT,
    lease_until INTEGER,
    crashes INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX events_by_status ON events (status, id);
  CREATE INDEX events_by_type ON events (type, id);
  CREATE INDEX events_by_workflow ON events (workflow, id) WHERE workflow IS NOT NULL;
  CREATE INDEX events_by_execution ON events (execution, id) WHERE execution IS NOT NULL;
  CREATE UNIQUE INDEX events_by_key ON events (idempotency_key) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX events_pending ON events (run_at) WHERE status = 'Pending';
  CREATE INDEX events_leased ON events (lease_until) WHERE status = 'Processing';
  CREATE INDEX events_owned ON events (owner) WHERE status = 'Processing';

  CREATE TABLE logs (
    event_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (event_id, attempt, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE programs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    version TEXT NOT NULL,
    limits TEXT NOT NULL,
    rev INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX programs_by_name ON programs (kind, name) WHERE deleted_at IS NULL;
  CREATE INDEX programs_by_kind ON programs (kind, id) WHERE deleted_at IS NULL;

  CREATE TABLE versions (
    hash TEXT PRIMARY KEY,
    language TEXT NOT NULL,
    code TEXT NOT NULL,
    -- Null where it equals the code.
    script TEXT,
    created_at INTEGER NOT NULL
  ) STRICT;

  -- Which versions a program has had; "saved" is the program's rev when it last took this one.
  CREATE TABLE program_versions (
    program TEXT NOT NULL,
    hash TEXT NOT NULL,
    saved INTEGER NOT NULL,
    PRIMARY KEY (program, hash)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX program_versions_by_saved ON program_versions (program, saved);
  `,
  // A heartbeat names the events it is for.
  'DROP INDEX events_owned',
]
