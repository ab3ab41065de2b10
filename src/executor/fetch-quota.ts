/** A number of places, of which each owner may hold a few. */
export interface Quota {
  /**
   * Resolves, once there is a place, to what must be called to give it back. Whoever comes first is served first, as
   * far as its owner has not enough already. Rejects with the signal's reason.
   */
  take(owner: string, signal: AbortSignal): Promise<() => void>
}

interface Waiting {
  readonly owner: string
  readonly enter: () => void
}

export function createQuota({ total, perOwner }: { readonly total: number; readonly perOwner: number }): Quota {
  const held = new Map<string, number>()
  const waiting = new Set<Waiting>()
  let taken = 0

  function admit(): void {
    for (const next of waiting) {
      if (taken >= total) return
      if ((held.get(next.owner) ?? 0) >= perOwner) continue
      waiting.delete(next)
      next.enter()
    }
  }

  function occupy(owner: string): () => void {
    taken++
    held.set(owner, (held.get(owner) ?? 0) + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      taken--
      const rest = (held.get(owner) ?? 1) - 1
      if (rest > 0) held.set(owner, rest)
      else held.delete(owner)
      admit()
    }
  }

  return {
    take: (owner, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const giveUp = () => {
          waiting.delete(place)
          reject(signal.reason)
        }
        const place: Waiting = {
          owner,
          enter() {
            signal.removeEventListener('abort', giveUp)
            resolve(occupy(owner))
          },
        }
        signal.addEventListener('abort', giveUp, { once: true })
        waiting.add(place)
        admit()
      }),
  }
}
