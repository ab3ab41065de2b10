import { UnavailableError } from '../errors.ts'
import { NoAnswerError, asUnavailable, inWords, mayPass } from './mongo-errors.ts'

/** How long a call may take before its caller is told to come back, in milliseconds. Mutations promise 5 s. */
const callMs = 4_500
/** How long one try may take, so that a server which does not answer leaves time for another try. */
const tryMs = 2_000
/** Pauses between tries, in milliseconds: the first and the longest. */
const pauses = { first: 20, longest: 500 }

/** Calls to the store, made again while that can help, and waited for when it closes. */
export interface Calls {
  /** A read. Rejects with an `UnavailableError` when no try succeeded in time. */
  read<T>(attempt: () => Promise<T>): Promise<T>
  /**
   * A write that may be repeated: `attempt` is told whether an earlier try may have been kept already, and must then
   * find out instead of writing twice. Rejects with an `UnavailableError`, which says so when it may have been kept.
   */
  write<T>(attempt: (mayBeKept: boolean) => Promise<T>): Promise<T>
  /** Any other call, however long it takes. */
  long<T>(attempt: () => Promise<T>): Promise<T>
  /** Refuses every later call; resolves when those under way have ended. */
  close(): Promise<void>
}

/** `whyNot` says which servers cannot be reached and why, if any. */
export function createCalls(whyNot: () => string | undefined): Calls {
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  async function call<T>(attempt: () => Promise<T>): Promise<T> {
    if (closed) throw new UnavailableError('The store is closed.')
    const running = attempt()
    const settled = running.then(
      () => undefined,
      () => undefined,
    )
    underWay.add(settled)
    void settled.then(() => underWay.delete(settled))
    return running
  }

  async function repeat<T>(attempt: (again: boolean) => Promise<T>, meaning: string): Promise<T> {
    const deadline = performance.now() + callMs
    for (let pause = pauses.first, again = false; ; pause = Math.min(2 * pause, pauses.longest), again = true) {
      const left = deadline - performance.now()
      try {
        return await within(Math.min(tryMs, left), attempt(again))
      } catch (error) {
        if (!mayPass(error)) throw asUnavailable(error)
        if (deadline - performance.now() <= pause) {
          const reason = (error instanceof NoAnswerError && whyNot()) || inWords(error)
          throw new UnavailableError(`MongoDB cannot be used now: ${reason}.${meaning}`)
        }
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  return {
    read: (attempt) => call(() => repeat(attempt, '')),
    write: (attempt) => call(() => repeat(attempt, ' It may or may not have been kept: repeat it.')),
    long: (attempt) =>
      call(async () => {
        try {
          return await attempt()
        } catch (error) {
          throw asUnavailable(error)
        }
      }),
    async close() {
      closed = true
      await Promise.all(underWay)
    },
  }
}

/** Rejects with a `NoAnswerError` after `ms`. What comes of a call that is no longer waited for is of no interest. */
export async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswerError('the server does not answer')), ms)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
    // It must only not count as unhandled.
    call.catch(() => undefined)
  }
}
