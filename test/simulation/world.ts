import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'

/** Who does something: a simulated process or the clients. What a dead one waited for never comes. */
export interface Actor {
  readonly name: string
  alive: boolean
  /** Stands still until then: what it waits for comes all at once afterwards. */
  frozenUntil: number
  /** How far its wall clock is from the truth, in milliseconds. */
  wallSkew: number
}

export interface World {
  readonly random: Random
  /** True time, in milliseconds since the epoch. */
  now(): number
  /** Whose turn it is. */
  actor(): Actor
  /** `undefined` as the actor: something outside of all processes, such as a write that is on its way. */
  after(delay: number, actor: Actor | undefined, act: () => void): Timer
  /** Goes on until nothing is left to happen, `done` says so, or the time is over. Checks `after` every step. */
  run(until: number, done: () => boolean, afterStep: () => void): void
  /** Ids of events are replaced by shorter ones, which are the same each time a seed is run. */
  trace(text: string): void
  readable(text: string): string
}

export class Timer {
  at: number
  readonly order: number
  readonly actor: Actor | undefined
  act: (() => void) | undefined

  constructor(at: number, order: number, actor: Actor | undefined, act: () => void) {
    this.at = at
    this.order = order
    this.actor = actor
    this.act = act
  }

  cancel(): void {
    this.act = undefined
  }

  // What the sources under test ask of Node's timers.
  unref(): this {
    return this
  }
}

/** Where time begins in every simulation, well before anything real. */
export const epoch = 1_700_000_000_000

let world: World | undefined

function here(): World {
  if (!world) throw new Error('A timer or a clock was asked for outside of a simulation')
  return world
}

export function createWorld(random: Random, trace?: (text: string) => void): World {
  const nobody: Actor = { name: '-', alive: true, frozenUntil: 0, wallSkew: 0 }
  const heap: Timer[] = []
  let now = epoch
  let order = 0
  let actor = nobody

  const aliases = new Map<string, string>()

  function alias(id: string): string {
    const known = aliases.get(id) ?? `event ${aliases.size + 1}`
    aliases.set(id, known)
    return known
  }

  const made: World = {
    random,
    now: () => now,
    actor: () => actor,
    after(delay, whose, act) {
      const timer = new Timer(now + Math.max(0, delay), order++, whose, act)
      push(heap, timer)
      return timer
    },
    run(until, done, afterStep) {
      for (let timer = heap[0]; timer && timer.at <= until && !done(); timer = heap[0]) {
        pop(heap)
        now = Math.max(now, timer.at)
        const whose = timer.actor
        if (!timer.act || whose?.alive === false) continue
        if (whose && whose.frozenUntil > now) {
          timer.at = whose.frozenUntil
          push(heap, timer)
          continue
        }
        actor = whose ?? nobody
        const act = timer.act
        timer.act = undefined
        act()
        runMicrotasks()
        actor = nobody
        afterStep()
      }
    },
    trace(text) {
      if (!trace) return
      trace(`${((now - epoch) / 1000).toFixed(3).padStart(8)} ${actor.name.padEnd(8)} ${made.readable(text)}`)
    },
    readable: (text) => text.replaceAll(/evt_[-0-9a-f]{36}/g, alias),
  }
  world = made
  return made
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length
  heap.push(timer)
  while (index > 0) {
    const up = (index - 1) >> 1
    const above = heap[up]
    if (!above || isBefore(above, timer)) break
    heap[index] = above
    index = up
  }
  heap[index] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let index = 0
  for (;;) {
    let down = 2 * index + 1
    let below = heap[down]
    const right = heap[down + 1]
    if (right && below && isBefore(right, below)) {
      down++
      below = right
    }
    if (!below || isBefore(last, below)) break
    heap[index] = below
    index = down
  }
  heap[index] = last
}

/**
 * Puts virtual time and chance in the place of the real ones, for this whole process. The sources under test know
 * nothing of it: they use Node's timers, clocks and random numbers as ever.
 */
export function installWorld(): void {
  const setTimeout = (act: () => void, delay = 0) => here().after(delay, here().actor(), act)
  const clear = (timer: unknown) => {
    if (timer instanceof Timer) timer.cancel()
  }
  const setInterval = (act: () => void, delay: number) => {
    const actor = here().actor()
    const again = new Timer(0, 0, actor, () => undefined)
    let inner: Timer | undefined
    const arm = () => {
      inner = here().after(delay, actor, () => {
        if (!again.act) return
        arm()
        act()
      })
    }
    again.cancel = () => {
      again.act = undefined
      inner?.cancel()
    }
    arm()
    return again
  }
  const sleep = (delay: number, value?: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(() => resolve(value), delay)
      signal?.addEventListener('abort', () => {
        timer.cancel()
        reject(signal.reason)
      })
      return undefined
    })
  // Of its own: how much of it is taken depends on the seeds before, since whoever makes ids takes some in advance.
  const random = createRandom(0)
  const fill = (bytes: Uint8Array | Uint32Array) => {
    for (let index = 0; index < bytes.length; index++) bytes[index] = random.int(0, 2 ** 32 - 1)
    return bytes
  }
  // Most errors are refusals that somebody expects; where they were made costs more than all the rest.
  Error.stackTraceLimit = 0
  Object.assign(globalThis, { setTimeout, setInterval, clearTimeout: clear, clearInterval: clear })
  Object.assign(Date, { now: () => Math.floor(here().now() + here().actor().wallSkew) })
  Object.assign(Math, { random: () => here().random.next() })
  Object.assign(performance, { now: () => here().now() - epoch })
  Object.assign(timers, { setTimeout: sleep })
  Object.assign(crypto, { randomUUID: () => `owner ${here().random.int(0, 2 ** 32 - 1)}` })
  Object.assign(crypto.webcrypto, { getRandomValues: fill })
  syncBuiltinESMExports()
}

/**
 * Runs every continuation that can go on. Without it each step would have to wait for a turn of the event loop, which
 * takes longer than the step itself.
 */
const runMicrotasks = nativeFunction('%PerformMicrotaskCheckpoint()')

function nativeFunction(body: string): () => void {
  setFlagsFromString('--allow-natives-syntax')
  const made = new Function(body)
  setFlagsFromString('--no-allow-natives-syntax')
  return () => void made()
}
