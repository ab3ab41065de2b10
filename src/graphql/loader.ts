/** Looks one thing up by its key. */
export type Load<T> = (key: string) => Promise<T | undefined>

/**
 * Gathers the keys asked for in one turn of the event loop and looks each of them up once, so that a list of events
 * costs one look-up per workflow and not one per event. Nothing outlives the turn: a subscription that lasts for
 * hours never sees a stale value, and all requests may share one loader.
 */
export function createLoader<T>(loadMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>): Load<T> {
  let batch: Map<string, PromiseWithResolvers<T | undefined>> | undefined

  async function dispatch(): Promise<void> {
    const waiting = batch ?? new Map<string, PromiseWithResolvers<T | undefined>>()
    batch = undefined
    try {
      const found = await loadMany([...waiting.keys()])
      for (const [key, { resolve }] of waiting) resolve(found.get(key))
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error)
    }
  }

  return (key) => {
    if (!batch) {
      batch = new Map()
      // Behind the microtasks of this turn, since sibling fields may ask a few promises later.
      queueMicrotask(() => process.nextTick(() => void dispatch()))
    }
    const known = batch.get(key)
    if (known) return known.promise
    const asked = Promise.withResolvers<T | undefined>()
    batch.set(key, asked)
    return asked.promise
  }
}

/** A `loadMany` for a store that looks up one at a time. */
export function oneByOne<T>(
  loadOne: (key: string) => Promise<T | undefined>,
): (keys: readonly string[]) => Promise<ReadonlyMap<string, T>> {
  return async (keys) => {
    const found = await Promise.all(keys.map(async (key) => [key, await loadOne(key)] as const))
    return new Map(found.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])))
  }
}
