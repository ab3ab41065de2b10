import { OverloadedError } from './errors.ts'
import type { Store } from './ports.ts'

/** How old a count may be, in milliseconds: other processes create events too, and every runner ends some. */
const staleMs = 1_000
/** The least time between two counts, in milliseconds, so that refusing costs next to nothing. */
const pauseMs = 200
/** When a caller who was refused is to come back, in milliseconds: not all at the same time. */
const retryMs = { least: 1_000, most: 2_000 } as const

/** Keeps the backlog of unfinished events bounded. */
export interface Admission {
  /** Calls `create`, which makes one unfinished event. Rejects with an `OverloadedError` when there are too many. */
  admit<T>(create: () => Promise<T>): Promise<T>
}

/**
 * The store counts, at most once per `pauseMs`; in between, what was created here since is added. So the bound is kept
 * by one process exactly, and by several within what they create in a second.
 */
export function createAdmission(store: Pick<Store, 'backlog'>, max: number): Admission {
  let counted: number | undefined
  let countedAt = -Infinity
  /** Events that were created here, in all. */
  let created = 0
  /** The same when the last count began. */
  let createdBefore = 0
  let underWay = 0
  let counting: Promise<void> | undefined

  const unfinished = () => (counted ?? 0) + created - createdBefore + underWay

  async function count(): Promise<void> {
    const before = created
    // Also after a count that failed: a store that is away is not asked by every request.
    countedAt = performance.now()
    const { pending, processing } = await store.backlog(max)
    counted = pending + processing
    createdBefore = before
  }

  /** One count at a time, shared by all who wait for it. */
  function recount(): Promise<void> {
    counting ??= count().finally(() => (counting = undefined))
    return counting
  }

  async function refresh(): Promise<void> {
    const age = performance.now() - countedAt
    if (counted === undefined || (unfinished() >= max && age >= pauseMs)) return recount()
    // Nobody waits for the next count as long as there is room.
    if (age >= staleMs) recount().catch(() => undefined)
  }

  return {
    async admit(create) {
      await refresh()
      if (unfinished() >= max) {
        const issue = { path: 'input', expected: `fewer than ${max} unfinished events`, received: `${max} or more` }
        const wait = retryMs.least + Math.random() * (retryMs.most - retryMs.least)
        throw new OverloadedError(issue, Math.round(wait))
      }
      underWay++
      try {
        const made = await create()
        created++
        return made
      } finally {
        underWay--
      }
    },
  }
}
