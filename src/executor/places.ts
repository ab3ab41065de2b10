import { createLine } from './line.ts'

/** Leaves a place. A second call does nothing. */
export type Leave = () => void

/** A number of places, each held by one at a time. Who waits gets one in the order of coming, those who go first before others. */
export interface Places {
  /** Undefined once the signal is aborted. */
  take(signal?: AbortSignal, goesFirst?: boolean): Promise<Leave | undefined>
  /** Undefined: none is free. */
  takeNow(): Leave | undefined
  waiting(): number
}

export function createPlaces(count: number): Places {
  const waiters = createLine<(leave: Leave) => void>()
  let free = count

  function hold(): Leave {
    let isLeft = false
    return () => {
      if (isLeft) return
      isLeft = true
      const next = waiters.shift()
      if (!next) {
        free++
        return
      }
      next(hold())
    }
  }

  function takeNow(): Leave | undefined {
    if (free === 0) return undefined
    free--
    return hold()
  }

  return {
    takeNow,
    waiting: () => waiters.size(),
    async take(signal, goesFirst = false) {
      if (signal?.aborted) return undefined
      const now = takeNow()
      if (now) return now
      const { promise, resolve } = Promise.withResolvers<Leave | undefined>()
      const giveUp = () => {
        waiters.delete(resolve)
        resolve(undefined)
      }
      waiters.add(resolve, goesFirst)
      signal?.addEventListener('abort', giveUp, { once: true })
      const leave = await promise
      signal?.removeEventListener('abort', giveUp)
      return leave
    },
  }
}
