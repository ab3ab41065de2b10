// The server, with one fault at one point of an event's life. Faults only befall events of type `target`, once in a
// process, and from P3 on only after SIGUSR2, by which the test says that the client has its answer.
//
// CRASH_POINT  P0 before the commit of a new event         P1 committed, not answered
//              P2 committed, before it is queued           P3 queued, before it is claimed
//              P4 claimed, before its code starts          P5 while its code runs
//              P6 code done, before the outcome is written P7 outcome written, before anybody is told
//              P10 while it is recovered from a runner that died: `P10-before` and `P10-after` the write
//              `claim-before`: the write of a claim fails without having happened
// CRASH_HOW    kill: SIGKILL; throw: as when a store or an executor is away; hang: the call never returns
// EFFECTS      file that gets a line for each effect of user code, which is each log line `effect`
import { openSync, writeSync } from 'node:fs'
import { once } from 'node:events'
import type { Adapters } from '../../src/app.ts'
import { UnavailableError } from '../../src/errors.ts'
import type { Event } from '../../src/event.ts'
import { isFinal } from '../../src/event.ts'
import type { Executor, Queue, Store } from '../../src/ports.ts'
import { serve } from '../../src/serve.ts'

const { CRASH_POINT, CRASH_HOW, EFFECTS = '/dev/null' } = process.env
const effects = openSync(EFFECTS, 'a')
const answered = once(process, 'SIGUSR2')
const targets = new Set<string>()
let struck = false

function isDue(point: string): boolean {
  if (struck || CRASH_POINT !== point) return false
  struck = true
  return true
}

/** A call that is struck returns as its process dies, with an error, or never. */
async function strike(point: string): Promise<void> {
  if (!isDue(point)) return
  if (!['P0', 'P1'].includes(point) && !point.startsWith('P10')) await answered
  if (CRASH_HOW === 'kill') process.kill(process.pid, 'SIGKILL')
  if (CRASH_HOW === 'throw') throw new UnavailableError(`Struck at ${point}.`)
  await new Promise(() => {})
}

/** The same for a call that nobody awaits: when it hangs, everything does. */
function strikeNow(point: string): void {
  if (!isDue(point)) return
  if (CRASH_HOW === 'kill') process.kill(process.pid, 'SIGKILL')
  if (CRASH_HOW === 'throw') throw new UnavailableError(`Struck at ${point}.`)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function struckStore(store: Store): Store {
  const claims = (next: Event) => next.status === 'Processing'
  const recovers = (next: Event) => next.status === 'Pending' && next.crashes > 0
  return {
    ...store,
    async createEvents(events) {
      if (!events.some(({ type }) => type === 'target')) return store.createEvents(events)
      await strike('P0')
      const kept = await store.createEvents(events)
      for (const { id } of kept) targets.add(id)
      await strike('P1')
      return kept
    },
    async updateEvent(next, ...rest) {
      if (next.type !== 'target') return store.updateEvent(next, ...rest)
      if (claims(next)) await strike('claim-before')
      if (isFinal(next)) await strike('P6')
      if (recovers(next)) await strike('P10-before')
      const kept = await store.updateEvent(next, ...rest)
      if (claims(next)) await strike('P4')
      if (isFinal(next)) await strike('P7')
      if (recovers(next)) await strike('P10-after')
      return kept
    },
  }
}

function struckQueue(queue: Queue): Queue {
  return {
    ...queue,
    push(event) {
      if (targets.has(event.id)) strikeNow('P2')
      queue.push(event)
    },
    consume: (run) =>
      queue.consume(async (id) => {
        if (targets.has(id)) await strike('P3')
        await run(id)
      }),
  }
}

function struckExecutor(executor: Executor): Executor {
  return {
    ...executor,
    async run(job, host) {
      const struckInside = Promise.withResolvers<never>()
      const stop = new AbortController()
      const run = executor.run(job, {
        signal: AbortSignal.any([host.signal, stop.signal]),
        log(lines) {
          for (const { message } of lines) {
            if (message === 'effect') writeSync(effects, `${job.eventId} ${job.attempt}\n`)
            if (message === 'working' && job.event.type === 'target') strike('P5').catch(struckInside.reject)
          }
          host.log(lines)
        },
      })
      try {
        return await Promise.race([run, struckInside.promise])
      } finally {
        stop.abort()
      }
    },
  }
}

await serve(({ store, queue, executor, hub }): Adapters => ({
  store: struckStore(store),
  queue: struckQueue(queue),
  executor: struckExecutor(executor),
  hub,
}))
