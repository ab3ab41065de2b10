import { LRUCache } from 'lru-cache'
import type { Outcome } from './event.ts'
import { finalFailure, noUsage } from './event.ts'
import type { Store } from './ports.ts'
import type { Version } from './program.ts'

/** Source texts kept in memory, in characters: enough for hundreds of ordinary workflows. */
const cacheSize = 16_000_000

/** Reads versions, keeping those used last in memory: a version never changes and is never removed. */
export interface Versions {
  get(hash: string | null): Promise<Version | undefined>
  /** Remembers a version that is in the store. */
  add(version: Version): void
}

export function createVersions(store: Pick<Store, 'getVersion'>): Versions {
  const cache = new LRUCache<string, Version>({
    maxSize: cacheSize,
    sizeCalculation: ({ code, script }) => code.length + script.length + 1,
  })
  return {
    async get(hash) {
      if (hash === null) return undefined
      const known = cache.get(hash)
      if (known) return known
      const version = await store.getVersion(hash)
      if (version) cache.set(hash, version)
      return version
    },
    add: (version) => void cache.set(version.hash, version),
  }
}

/** What becomes of an attempt whose code is not in the store. */
export function versionIsGone(hash: string | null): Outcome {
  const message = `The code of this event, version ${hash ?? 'none'}, is not in the store.`
  return { kind: 'Failure', failure: finalFailure('NOT_FOUND', 'NotFound', message), usage: noUsage }
}
