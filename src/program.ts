import { createHash } from 'node:crypto'

/** What one run may use. */
export interface Limits {
  /** Wall-clock time one attempt may take, in milliseconds. */
  readonly timeoutMs: number
  /** Heap of the isolate, in megabytes (2^20 bytes). */
  readonly memoryMb: number
  /** How many attempts may be used up before the event ends as `Error`. */
  readonly maxAttempts: number
}

export type Language = 'JavaScript' | 'TypeScript'

/** One immutable source text, known by its hash. Kept as long as the store, so past events always find their code. */
export interface Version {
  /** Lower-case hex SHA-256 of language and code. */
  readonly hash: string
  readonly language: Language
  /** The source as the user wrote it. */
  readonly code: string
  /** What runs: the source with types blanked out, line and column kept. Equal to `code` for JavaScript. */
  readonly script: string
  readonly createdAt: number
}

export type ProgramKind = 'workflow' | 'function'

/** Named code: a workflow or a function. The two differ in what they are for, not in how they are kept. */
export interface Program {
  /** `wfl_` or `fun_` and a UUIDv7. */
  readonly id: string
  readonly kind: ProgramKind
  /** Unique among the programs of its kind that are not deleted. */
  readonly name: string
  readonly description: string | null
  /** Hash of the version that new events pin. */
  readonly version: string
  /** Overrides of the server's default limits for events that run this program. */
  readonly limits: Partial<Limits>
  readonly createdAt: number
  readonly updatedAt: number
  /** Rises by one with every change. */
  readonly rev: number
  /** Set once deleted: its events still point at it, but nothing new can run it and its name is free again. */
  readonly deletedAt: number | null
}

export function versionHash(language: Language, code: string): string {
  return createHash('sha256').update(language).update('\0').update(code).digest('hex')
}

/** The prefix of a program's id tells its kind. */
export const idPrefix = { workflow: 'wfl', function: 'fun' } as const
