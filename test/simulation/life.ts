import type { Event } from '../../src/event.ts'
import type { Actor } from './world.ts'

/** Something on its way to the store. */
export interface Write {
  /** False once it has landed, or when it is not to. */
  lands: boolean
  /** Lands it now, if it is to land by itself. */
  land: () => void
}

/** One life of one server process, from its start to its end, as the world knows it. */
export interface Life extends Actor {
  /** How far what it believes to be the store's time is from it, in milliseconds. */
  clockError: number
  /** When it last got an error instead of an answer, or waited long for one. */
  storeTroubleAt: number
  storeClosed: boolean
  /** What is on its way to the store: a death leaves some of it to land. */
  readonly underWay: Set<Write>
  executorBrokenUntil: number
  closing: boolean
  closedAt: number
  /** When the grace of its shutdown is over. */
  hurryAt: number | undefined
  /** Told of each write it asks for before that leaves, and once it is answered. */
  readonly asked: (next: Event, life: Life) => void
  readonly answered: (next: Event, kept: boolean) => void
}
