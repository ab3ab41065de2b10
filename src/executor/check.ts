import type { Prepared, Source } from '../ports.ts'
import type { Child } from './child-handle.ts'
import { syntaxFailure } from './failures.ts'

const mb = 1024 * 1024

/** Memory the checking of a source may take beyond what the child holds, in bytes. The stripper takes 60 times its size. */
const allowance = (length: number) => 192 * mb + 96 * length

/** How long a check may take, in milliseconds. */
export interface CheckTime {
  readonly ms: number
  /** Called when it is over. What it gives is added; undefined: the check is ended. */
  more(): number | undefined
}

/** The source took longer than it may. */
export const late = Symbol('late')

/**
 * Checks a source in a child that was taken for it, and gives the child back or kills it. Undefined: the child was
 * lost, because of the source or by accident, or the signal was aborted.
 */
export function checkIn(
  child: Child,
  id: number,
  source: Source,
  time: CheckTime,
  signal: AbortSignal,
): Promise<Prepared | typeof late | undefined> {
  const ended = Promise.withResolvers<Prepared | typeof late | undefined>()
  let timer = setTimeout(expire, time.ms)
  const interrupt = () => drop('interrupted')

  function expire(): void {
    const more = time.more()
    if (more !== undefined) timer = setTimeout(expire, more)
    else {
      child.kill('timeout')
      end(late)
    }
  }

  function end(result: Prepared | typeof late | undefined): void {
    clearTimeout(timer)
    signal.removeEventListener('abort', interrupt)
    ended.resolve(result)
  }

  function drop(cause: string): void {
    child.kill(cause)
    end(undefined)
  }

  signal.addEventListener('abort', interrupt, { once: true })
  child.send(
    { type: 'check', id, language: source.language, code: source.code },
    { most: (child.baseRss() ?? 0) + allowance(source.code.length), lasting: Infinity },
    {
      message: (received) => {
        if (received.type !== 'checked') {
          drop('sandbox_crash')
          return
        }
        const { result } = received
        if (result.kind === 'failure' && result.isSpent) child.kill('check')
        else child.release()
        end(result.kind === 'ready' ? { kind: 'Ready', script: result.script } : refuse(source, result))
      },
      lost: ({ outOfMemory }) =>
        end(outOfMemory ? refuse(source, { message: 'The code takes too much memory to check' }) : undefined),
    },
  )
  return ended.promise
}

export function refuse(source: Source, problem: Parameters<typeof syntaxFailure>[0]): Prepared {
  return { kind: 'Failure', failure: syntaxFailure(problem, source.code) }
}
