import { DatabaseSync } from 'node:sqlite'

/** An event as it is in the data file. */
export interface Stored {
  readonly id: string
  /** Its idempotency key. Its id, where it has none. */
  readonly key: string
  readonly status: string
  readonly code: string | undefined
  readonly input: unknown
  readonly data: unknown
  readonly successes: number
  readonly attemptsUsed: number
  /** Attempts that have no outcome. */
  readonly openAttempts: number
  /** Whether it names a runner, or a time until which one holds it. */
  readonly isHeld: boolean
}

/** All that are there. The file is read as it is, without the server's code. */
export function readStore(file: string, wrong: (what: string) => void): Stored[] {
  try {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      const found = db.prepare('PRAGMA integrity_check').all()
      if (JSON.stringify(found) !== '[{"integrity_check":"ok"}]') {
        wrong(`The data file is damaged: ${JSON.stringify(found).slice(0, 500)}`)
      }
      return db.prepare('SELECT * FROM events').all().map(toStored)
    } finally {
      db.close()
    }
  } catch (error) {
    wrong(`The data file cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}

function toStored(row: Record<string, unknown>): Stored {
  const attempts: { outcome: string | null }[] = JSON.parse(String(row['attempts']))
  const error: { code: string } | null = JSON.parse(String(row['error']))
  return {
    id: String(row['id']),
    key: String(row['idempotency_key'] ?? row['id']),
    status: String(row['status']),
    code: error?.code,
    input: JSON.parse(String(row['input'])),
    data: JSON.parse(String(row['data'])),
    successes: attempts.filter(({ outcome }) => outcome === 'Success').length,
    attemptsUsed: Number(row['attempts_used']),
    openAttempts: attempts.filter(({ outcome }) => outcome === null).length,
    isHeld: row['owner'] !== null || row['lease_until'] !== null,
  }
}
