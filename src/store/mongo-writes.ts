import type { Collection } from 'mongodb'
import { MongoBulkWriteError } from 'mongodb'
import { UnavailableError } from '../errors.ts'
import { duplicateKey, isDuplicate } from './mongo-errors.ts'

/** How many of its writes a document remembers in `recentWrites`, by which one whose answer was lost knows itself. */
const rememberedWrites = 10

/** Makes a document know a write of itself later. */
export function remember(writeId: string) {
  return { $push: { recentWrites: { $each: [writeId], $slice: -rememberedWrites } } }
}

/** Whether a write that made `next` is part of what is found, whatever came after it. */
export function wasKept(
  found: { readonly rev: number; readonly recentWrites: readonly string[] } | null,
  next: { readonly rev: number },
  writeId: string,
): boolean {
  if (found?.recentWrites.includes(writeId)) return true
  if (!found || found.rev - next.rev < rememberedWrites) return false
  throw new UnavailableError(
    'MongoDB did not answer in time. It may or may not have been kept: look before repeating it.',
  )
}

/**
 * Inserts what is not there yet. Resolves to the positions of those whose id or unique field is taken; a call that is
 * repeated finds its own documents among them.
 */
export async function insertNew<T extends { _id: string }>(
  collection: Collection<T>,
  documents: readonly T[],
): Promise<ReadonlySet<number>> {
  if (documents.length === 0) return new Set()
  try {
    await collection.insertMany(documents as Parameters<typeof collection.insertMany>[0], { ordered: false })
    return new Set()
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || !isDuplicate(error)) throw error
    const errors = [error.writeErrors].flat()
    if (errors.length === 0 || errors.some((it) => it.code !== duplicateKey)) throw error
    return new Set(errors.map((it) => it.index))
  }
}
