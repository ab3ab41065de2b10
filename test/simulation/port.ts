import { UnavailableError } from '../../src/errors.ts'
import type { Event } from '../../src/event.ts'
import type { ForeignChanges, Store } from '../../src/ports.ts'
import type { Life, Write } from './life.ts'
import type { Model } from './model.ts'
import type { World } from './world.ts'

/** What may go wrong on the way to the store and back, in shares of all calls. */
export interface StoreFaults {
  /** Refused before it was kept. */
  refused: number
  /** Kept, but the answer is an error. */
  answerLost: number
  /** Takes up to `hangMs` instead of a moment. */
  hangs: number
  hangMs: number
  /** Renewals that land, or are answered, when the lease may be over already. */
  lateRenewals: number
  /** Those that are to land late. */
  readonly late: Set<LateRenewal>
  /** Usual time there and back, in milliseconds. */
  usualMs: number
  /** Nothing is answered but errors until then. */
  awayUntil: number
}

interface LateRenewal {
  readonly ids: readonly string[]
  /** Lands now: between somebody's look at a lease that is over and what is done about it. */
  readonly hurry: () => void
}

/** Longer than this without an answer counts as trouble, in milliseconds. */
const slowMs = 1000

/** How much longer than usual a call takes there and back, in milliseconds, and which events it is about. */
const onTime = { ids: [] as readonly string[], write: 0, answer: 0 }

/** The store as one process sees it: far away, slow, and not always there. */
export function createStorePort(world: World, model: Model, faults: StoreFaults, client: Life) {
  const { random } = world

  function call<T>(operation: (at: number) => T, answered?: (value: T) => void, late = onTime): Promise<T> {
    if (client.storeClosed) return Promise.reject(new UnavailableError('The store is closed.'))
    return new Promise((resolve, reject) => {
      // Dated when it leaves, however late it lands.
      const dated = now()
      const began = world.now()
      const write: Write = { lands: true, land: () => undefined }
      client.underWay.add(write)
      const time = (extra = 0) =>
        extra +
        (random.chance(faults.hangs)
          ? random.next() * faults.hangMs
          : random.delay(faults.usualMs, 2 * faults.usualMs + 500))
      const wait = (ms: number) => {
        // Trouble for as long as it lasts, not only once it is over.
        if (ms > slowMs) client.storeTroubleAt = Math.max(client.storeTroubleAt, world.now() + ms)
        return ms
      }
      /** What to answer, once that is on its way. */
      const land = (): (() => void) => {
        client.underWay.delete(write)
        if (world.now() < faults.awayUntil) return () => fail(new UnavailableError('The store is away.'))
        if (random.chance(faults.refused)) return () => fail(new UnavailableError('Refused: nothing was kept.'))
        try {
          const value = operation(dated)
          if (random.chance(faults.answerLost)) {
            return () => fail(new UnavailableError('It may or may not have been kept.'))
          }
          return () => {
            if (world.now() - began > slowMs) trouble()
            answered?.(value)
            resolve(value)
          }
        } catch (error) {
          return () => reject(error)
        }
      }
      const fail = (error: Error) => {
        trouble()
        reject(error)
      }
      // Either lands and is answered at the same moment, or lands whatever has become of the one who asked.
      if (late === onTime && random.chance(0.6)) world.after(wait(time() + time()), client, () => land()())
      else {
        const arrive = () => {
          faults.late.delete(renewal)
          if (!write.lands) return
          write.lands = false
          world.after(wait(time(late.answer)), client, land())
        }
        write.land = arrive
        world.after(wait(time(late.write)), undefined, arrive)
        const hurry = () => {
          faults.late.delete(renewal)
          world.after(random.int(0, 20), undefined, arrive)
        }
        const renewal = { ids: late.ids, hurry }
        if (late.write > 0) faults.late.add(renewal)
      }
    })
  }

  function trouble(): void {
    client.storeTroubleAt = Math.max(client.storeTroubleAt, world.now())
  }

  function lateness(ids: readonly string[]): typeof onTime {
    if (!random.chance(faults.lateRenewals)) return onTime
    if (random.chance(0.7)) return { ids, write: random.int(4000, 16_000), answer: 0 }
    return { ids, write: 0, answer: random.int(3000, 8000) }
  }

  function look(id: string): Event | undefined {
    const event = model.events.get(id)
    if (event?.status === 'Processing' && (event.leaseUntil ?? 0) <= world.now()) {
      for (const { ids, hurry } of faults.late) if (ids.includes(id) && random.chance(0.7)) hurry()
    }
    return event
  }

  /** Rounded down, as clocks are. */
  const now = () => Math.floor(world.now() + client.clockError)

  const port: Partial<Store> & ForeignChanges = {
    now,
    createEvents: (events) => call((at) => model.createEvents(events, at)),
    getEvent: (id) => call(() => look(id)),
    getEvents: (ids) => call(() => model.getEvents(ids)),
    listEvents: (filter, { limit }) => call(() => model.listEvents(filter, limit)),
    updateEvent(next, expiredBy) {
      client.asked(next, client)
      return call(
        (at) => {
          if (isTooLarge(next)) throw new Error('The document is too large')
          return model.updateEvent(next, expiredBy, at)
        },
        (kept) => client.answered(next, kept),
      )
    },
    renewLeases: (owner, ids, until) => call(() => model.renewLeases(owner, ids, until), undefined, lateness(ids)),
    backlog: () => call(() => model.backlog()),
    listDue: (time, limit, skip) => call(() => model.listDue(time, limit, skip)),
    appendLogs: (lines) => call(() => model.appendLogs(lines)),
    readLogs: (eventId, after, limit) => call(() => model.readLogs(eventId, after, limit)),
    getVersion: (hash) => call(() => model.versions.get(hash)),
    getProgram: (id) => call(() => model.programs.get(id)),
    findProgram: (kind, name) =>
      call(() => [...model.programs.values()].find((it) => it.kind === kind && it.name === name)),
    revisions: (ids) => call(() => model.revisions(ids)),
    changedSince: (time, limit) => call(() => model.changedSince(time, limit)),
    async close() {
      client.storeClosed = true
    },
  }
  // What else a store can do plays no part here.
  return port as Store & ForeignChanges
}

/** What no store would take, so that the refusal of an outcome is simulated too. */
export const tooLarge = 'too large to be kept'

function isTooLarge(event: Event): boolean {
  return event.data === tooLarge
}
