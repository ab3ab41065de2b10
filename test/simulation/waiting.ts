import type { Event } from '../../src/event.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

/**
 * How long an event that is due may wait for a server that is well and has nothing to do, in milliseconds: a few
 * sweeps, and their questions to the store.
 */
const idleMs = 6000
/** How often it is looked whether one waits for longer, in milliseconds. */
const lookMs = 1000

interface Needs {
  readonly world: World
  readonly open: () => Iterable<Event>
  readonly servers: () => Iterable<Life>
  /** Who holds an event that is processing. */
  readonly holderOf: (event: Event) => Life | undefined
  readonly fail: (rule: string, id: string, text: string) => void
}

/** No event that is due may wait while a server that is well has nothing to do. */
export function createWaiting({ world, open, servers, holderOf, fail }: Needs) {
  let lookAt = 0
  /** When a server last began or ended something, or was first seen. */
  const busyAt = new Map<Life, number>()
  /** When an event came to stand as it does. */
  const changedAt = new Map<string, number>()

  function isIdleSince(time: number, server: Life): boolean {
    const { alive, closing, frozenUntil, storeTroubleAt, executorBrokenUntil } = server
    const knownSince = busyAt.get(server) ?? world.now()
    busyAt.set(server, knownSince)
    return alive && !closing && Math.max(knownSince, frozenUntil, storeTroubleAt, executorBrokenUntil) <= time
  }

  return {
    changed: (event: Event) => void changedAt.set(event.id, world.now()),
    worked: (server: Life) => void busyAt.set(server, world.now()),
    check(): void {
      if (world.now() < lookAt) return
      lookAt = world.now() + lookMs
      const since = world.now() - idleMs
      const events = [...open()]
      const holders = new Set(events.map((event) => event.status === 'Processing' && holderOf(event)))
      const isLate = (event: Event) => Math.max(dueAt(event), changedAt.get(event.id) ?? 0) < since
      for (const server of servers()) {
        if (!isIdleSince(since, server) || holders.has(server)) continue
        const late = events.find(isLate)
        if (late) fail('wait', late.id, `is ${late.status} although ${server.name} has nothing to do`)
      }
    },
  }
}

/** When a server may take it. */
function dueAt({ status, runAt, leaseUntil }: Event): number {
  return (status === 'Pending' ? runAt : leaseUntil) ?? Infinity
}
