import type { FinalStatus } from './retention-days.ts'

/** What came of looking at a stretch of what may be deleted. `next`: where the rest begins. Undefined: that was all. */
export interface Pruned {
  readonly deleted: number
  readonly next: string | undefined
}

/** The part of a store that deletes. */
export interface Pruning {
  /**
   * Looks at up to `limit` events of that status with ids after `after`, and deletes those that ended before `before`
   * (milliseconds since the epoch), with their logs and keys.
   */
  deleteFinished(status: FinalStatus, before: number, after: string, limit: number): Promise<Pruned>
  /** Looks at the logs of up to `limit` events with ids after `after`, and deletes those whose event is gone. */
  deleteOrphanLogs(after: string, limit: number): Promise<Pruned>
}
