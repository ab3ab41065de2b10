import type { Prepared, Source } from '../ports.ts'
import type { Child } from './child-handle.ts'
import { syntaxFailure } from './failures.ts'

/** How long it may take to check a source, in milliseconds. The largest sensible one takes a tenth of a second. */
const checkMs = 4000
/** Memory the checking of one source may take beyond what the child holds, in bytes. */
const allowance = 512 * 1024 * 1024

/**
 * Checks a source in a child that was taken for it, and gives the child back or kills it. Undefined: the child was
 * lost, because of the source or by accident, or the signal was aborted.
 */
export function checkIn(child: Child, id: number, source: Source, signal: AbortSignal): Promise<Prepared | undefined> {
  const ended = Promise.withResolvers<Prepared | undefined>()
  const timer = setTimeout(() => refuse(`The code takes longer than ${checkMs} ms to check`), checkMs)

  function end(prepared: Prepared | undefined): void {
    clearTimeout(timer)
    signal.removeEventListener('abort', drop)
    ended.resolve(prepared)
  }

  function refuse(message: string): void {
    child.kill()
    end({ kind: 'Failure', failure: syntaxFailure({ message }, source.code) })
  }

  function drop(): void {
    child.kill()
    end(undefined)
  }

  signal.addEventListener('abort', drop, { once: true })
  child.send(
    { type: 'check', id, language: source.language, code: source.code },
    { most: (child.baseRss() ?? 0) + allowance, lasting: Infinity },
    {
      message: (received) => {
        if (received.type !== 'checked') {
          drop()
          return
        }
        const { result } = received
        if (result.kind === 'failure' && result.isSpent) child.kill()
        else child.release()
        if (result.kind === 'ready') end({ kind: 'Ready', script: result.script })
        else end({ kind: 'Failure', failure: syntaxFailure(result, source.code) })
      },
      lost: ({ outOfMemory }) => (outOfMemory ? refuse('The code takes too much memory to check') : end(undefined)),
    },
  )
  return ended.promise
}
