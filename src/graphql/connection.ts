import { z } from 'zod'
import { isId } from '../id.ts'
import type { IdPrefix } from '../id.ts'
import type { Page } from '../ports.ts'
import { builder } from './builder.ts'

/** Longest stretch of a list that can be asked for at once. */
const maxFirst = 100

const firstError = `a whole number from 0 to ${maxFirst}`
const first = z.int({ error: firstError }).min(0, { error: firstError }).max(maxFirst, { error: firstError }).nullish()

const cursor = (isCursor: (text: string) => boolean) =>
  z.string().refine(isCursor, { error: 'a cursor that this list gave' }).nullish()

/** Arguments of a list whose cursors are recognised by `isCursor`. */
export const pageArgs = (isCursor: (text: string) => boolean) =>
  builder.args((t) => ({ first: t.int({ validate: first }), after: t.string({ validate: cursor(isCursor) }) }))

/** Arguments of a list whose cursors are ids. */
export const idPageArgs = (prefix: IdPrefix) => pageArgs((text) => isId(prefix, text))

interface PageInput {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
}

/** What a list costs: as many times what one item costs as it may have items. */
export function pageCost({ first: wanted }: PageInput, standard = 20) {
  return { field: 1, multiplier: Math.min(Math.max(wanted ?? standard, 1), maxFirst) }
}

/** Reads one more than was asked for, to know whether the list goes on. */
export async function readPage<T>(
  { first: wanted, after }: PageInput,
  read: (page: Page) => Promise<readonly T[]>,
  cursorOf: (item: T) => string,
  standard = 20,
) {
  const length = wanted ?? standard
  const found = await read({ limit: length + 1, after: after ?? undefined })
  const edges = found.slice(0, length).map((node) => ({ node, cursor: cursorOf(node) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: found.length > length,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}
