// The server of a chaos run: the same process as `src/main.ts`, which also writes down what it does, and which dies
// with code whose input says so. CHAOS_RECORD names the file.
import { serve } from '../../src/serve.ts'
import { attemptNumber } from '../../src/event.ts'
import type { Event } from '../../src/event.ts'
import type { Executor, Store } from '../../src/ports.ts'
import { mustRunAlone } from '../../src/transitions.ts'
import { openRecord } from './record.ts'

const record = openRecord(process.env['CHAOS_RECORD'] ?? '/dev/null')
const { pid } = process

// Before the server's own: what it claims from here on, it claims after the signal.
process.on('SIGTERM', () => record({ op: 'stopping', pid }))

function recorded(store: Store): Store {
  return {
    ...store,
    async updateEvent(next, ...rest) {
      if (next.status === 'Processing') return claim(next)
      const kept = await store.updateEvent(next, ...rest)
      const run = runOf(next)
      if (kept) record({ op: 'settled', ...run, status: next.status })
      return kept
    },
  }

  async function claim(next: Event): Promise<boolean> {
    const run = runOf(next)
    record({ op: 'claim', ...run, alone: mustRunAlone(next) })
    const kept = await store.updateEvent(next)
    if (!kept) record({ op: 'unclaimed', ...run })
    return kept
  }
}

function deadly(executor: Executor): Executor {
  return {
    ...executor,
    async run(job, host) {
      const run = { pid, id: job.eventId, attempt: job.attempt }
      record({ op: 'begin', ...run })
      if (isPoison(job.input)) {
        record({ op: 'poison', ...run })
        process.kill(pid, 'SIGKILL')
      }
      const outcome = await executor.run(job, host)
      record({ op: 'end', ...run, outcome: outcome.kind })
      return outcome
    },
  }
}

function isPoison(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'poison' in input && input.poison === true
}

function runOf(event: Event) {
  return { pid, id: event.id, attempt: attemptNumber(event) }
}

await serve((adapters) => ({
  ...adapters,
  store: recorded(adapters.store),
  executor: deadly(adapters.executor),
}))
