import { UnavailableError } from '../../src/errors.ts'
import type { Failure, Outcome } from '../../src/event.ts'
import type { Executor } from '../../src/ports.ts'
import type { Checker } from './checker.ts'
import type { Life } from './life.ts'
import { tooLarge } from './port.ts'
import type { World } from './world.ts'

/** What the code of a simulated event does, told by its input. */
export interface Behaviour {
  readonly does:
    'succeeds' | 'fails' | 'fails at first' | 'is hopeless' | 'kills its child' | 'kills the server' | 'is too large'
  /** How long it runs, in milliseconds. */
  readonly ms: number
  readonly lines: number
}

interface Needs {
  readonly world: World
  readonly checker: Checker
  readonly server: Life
  readonly kill: (server: Life) => void
  /** No code runs longer than `longestMs` milliseconds. */
  readonly runs: { longestMs: number }
}

/** In the place of the isolates: code that does what its event's input says, in virtual time. */
export function createSimulatedExecutor({ world, checker, server, kill, runs }: Needs): Executor {
  const { random } = world

  return {
    prepare: () => Promise.reject(new Error('Not simulated')),
    trouble: () => (server.executorBrokenUntil > world.now() ? 'No child starts.' : undefined),
    close: async () => {},
    run(job, { log, signal }) {
      const { does, ms: given, lines } = job.input as unknown as Behaviour
      const ms = Math.min(given, runs.longestMs)
      if (server.executorBrokenUntil > world.now()) return Promise.reject(new UnavailableError('No child starts.'))
      const run = checker.start(job, server, signal)
      if (!run || signal.aborted) return Promise.resolve({ kind: 'Interrupted' })
      return new Promise((resolve) => {
        let over = false
        const end = (outcome: Outcome) => {
          over = true
          for (const timer of timers) timer.cancel()
          checker.end(run, outcome)
          world.trace(`ends ${job.eventId} attempt ${job.attempt} ${outcome.kind}`)
          resolve(outcome)
        }
        const timers = Array.from({ length: lines }, (_, index) =>
          world.after((ms * index) / lines, server, () => {
            run.logged++
            const at = Math.floor(world.now())
            log([{ eventId: job.eventId, attempt: job.attempt, seq: index + 1, at, level: 'info', message: '' }])
          }),
        )
        timers.push(
          world.after(ms, server, () =>
            does === 'kills the server' ? kill(server) : end(outcomeOf(does, job.attempt)),
          ),
        )
        signal.addEventListener('abort', () => {
          if (over) return
          for (const timer of timers) timer.cancel()
          // A child takes a moment to die, and may have been done before it did.
          const outcome =
            random.chance(0.3) && does !== 'kills the server'
              ? outcomeOf(does, job.attempt)
              : ({ kind: 'Interrupted' } as const)
          timers.push(world.after(random.int(0, 30), server, () => end(outcome)))
        })
      })
    },
  }

  function outcomeOf(does: Behaviour['does'], attempt: number): Outcome {
    const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }
    const failed = (code: Failure['code'], retryable: boolean): Outcome => {
      const place = { stack: null, codeFrame: null, line: null, column: null }
      return { kind: 'Failure', failure: { code, name: 'E', message: '', retryable, ...place }, usage }
    }
    if (does === 'fails' || (does === 'fails at first' && attempt < 3)) return failed('USER_ERROR', true)
    if (does === 'is hopeless') return failed('SYNTAX_ERROR', false)
    if (does === 'kills its child') return failed('SANDBOX_CRASH', true)
    return { kind: 'Success', data: does === 'is too large' ? tooLarge : random.int(0, 2 ** 30), usage }
  }
}
