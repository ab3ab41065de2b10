import { createLine, Turn } from './line.ts'

/** Leaves a place. A second call does nothing. */
export type Leave = () => void

/** A number of places, each held by one at a time. Who waits gets one in its turn, as `Line` has it. */
export interface Places {
  /** Undefined once the signal is aborted. */
  take(signal?: AbortSignal, turn?: Turn): Promise<Leave | undefined>
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
    async take(signal, turn = Turn.First) {
      if (signal?.aborted) return undefined
      const now = takeNow()
      if (now) return now
      const { promise, resolve } = Promise.withResolvers<Leave | undefined>()
      const giveUp = () => {
        waiters.delete(resolve)
        resolve(undefined)
      }
      waiters.add(resolve, turn)
      signal?.addEventListener('abort', giveUp, { once: true })
      const leave = await promise
      signal?.removeEventListener('abort', giveUp)
      return leave
    },
  }
}
