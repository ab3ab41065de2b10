import { UnavailableError } from '../errors.ts'
import { createLine, Turn } from './line.ts'
import { spawnChild, type Child, type SpawnOptions } from './child-handle.ts'

/** Boots at a time: more would only slow each other down, and what waits may be served by a child that gets free. */
const bootsAtOnce = 2
/** Failed boots in a row from which on there is something wrong that trying again at once does not mend. */
const failuresTolerated = 5
const backOffMs = { first: 100, last: 5000 } as const
const usesPerChild = 1000
const startTrouble = 'The processes that run code do not start'

export interface ChildrenOptions extends SpawnOptions {
  /** How many there may be. */
  readonly max: number
  /** Kept even if nothing is to be done. */
  readonly min: number
  /** Kept ready beyond those that are busy. */
  readonly spare: number
  /** How long one that is not needed is kept, in milliseconds. */
  readonly idleMs: number
  /** A child that holds more when it is ready is replaced, in bytes: what its runs left behind grows slowly. */
  readonly rssLimit: number
  readonly warn: (message: string) => void
}

export interface ChildrenStats {
  /** How many there are in each state. */
  readonly states: Readonly<Record<string, number>>
  /** How many ended so far, by cause. */
  readonly ended: Readonly<Record<string, number>>
}

/** Processes of one role: as many as are needed, each used by one task at a time. */
export interface Children {
  /**
   * Takes a child, which is given back with `release()` or `kill()`. Undefined once the signal is aborted or these
   * are closed. Who is likely to cost a process is not given the last
   * one that is ready. Rejects with `UnavailableError` while no child can be started.
   */
  acquire(signal?: AbortSignal, turn?: Turn): Promise<Child | undefined>
  trouble(): string | undefined
  stats(): ChildrenStats
  /** Kills all, and resolves when they are gone. */
  close(): Promise<void>
}

export function createChildren(options: ChildrenOptions): Children {
  const { min, max, spare, idleMs, rssLimit, warn } = options
  const living = new Set<Child>()
  const dying = new Set<Promise<void>>()
  const ended: Record<string, number> = {}
  const waiting = createLine<PromiseWithResolvers<Child | undefined>>()
  let failures = 0
  let hasBooted = false
  let isClosed = false
  let retryTimer: NodeJS.Timeout | undefined
  let shrinkTimer: NodeJS.Timeout | undefined

  const count = (state: ReturnType<Child['state']>) => [...living].filter((child) => child.state() === state).length
  /** The one used last is the first to be used again: its memory is warm, and the others can be given up. */
  const nextReady = () => [...living].findLast((child) => child.state() === 'ready')
  const wanted = () => Math.max(min, Math.min(max, count('busy') + waiting.size() + spare))
  /** The last one that is ready is for those who give it back, as long as another can be started. */
  const mustWait = () => waiting.turn() === Turn.Costly && count('ready') < 2 && living.size < max

  function balance(): void {
    if (isClosed) return
    serve()
    const missing = wanted() - living.size
    if (missing < 0) shrinkTimer ??= setTimeout(shrink, idleMs)
    else {
      clearTimeout(shrinkTimer)
      shrinkTimer = undefined
    }
    if (retryTimer) return
    for (let n = Math.min(missing, bootsAtOnce - count('booting')); n > 0; n--) {
      living.add(spawnChild(options, { ready: whenReady, gone }))
    }
  }

  function serve(): void {
    while (waiting.size() > 0) {
      const child = nextReady()
      if (!child || mustWait()) return
      child.take()
      waiting.shift()?.resolve(child)
    }
  }

  function shrink(): void {
    shrinkTimer = undefined
    const ready = [...living].filter((child) => child.state() === 'ready')
    for (const child of ready.slice(0, Math.max(0, living.size - wanted()))) child.kill('idle')
    balance()
  }

  function whenReady(child: Child): void {
    failures = 0
    hasBooted = true
    const isSpent = child.uses() >= usesPerChild || (child.baseRss() ?? 0) > rssLimit
    // A fresh one is kept whatever it holds, or one that starts too large would be replaced for ever.
    if (isSpent && child.uses() > 0) child.kill('spent')
    // Moved to the end, where the next one is taken from.
    else if (living.delete(child)) living.add(child)
    balance()
  }

  function gone(child: Child, bootProblem: string | undefined, cause: string): void {
    living.delete(child)
    ended[cause] = (ended[cause] ?? 0) + 1
    const exit = child.exited.finally(() => dying.delete(exit))
    dying.add(exit)
    // One that was killed while the pool closes says nothing about the others.
    if (bootProblem !== undefined && !isClosed) bootFailed(bootProblem)
    balance()
  }

  function bootFailed(problem: string): void {
    failures++
    if (failures < failuresTolerated) return
    if (failures === failuresTolerated) warn(`${startTrouble}: ${problem}`)
    dismiss((waiter) => waiter.reject(new UnavailableError(startTrouble)))
    retryTimer ??= setTimeout(() => {
      retryTimer = undefined
      balance()
    }, backOff())
  }

  function dismiss(tell: (waiter: PromiseWithResolvers<Child | undefined>) => void): void {
    for (let waiter = waiting.shift(); waiter; waiter = waiting.shift()) tell(waiter)
  }

  function backOff(): number {
    return Math.min(backOffMs.last, backOffMs.first * 2 ** (failures - failuresTolerated))
  }

  function trouble(): string | undefined {
    if (failures >= failuresTolerated)
      return `${startTrouble}: ${failures} tries failed, the next is ${backOff()} ms later`
    return hasBooted ? undefined : 'The processes that run code are starting'
  }

  async function acquire(signal?: AbortSignal, turn = Turn.First): Promise<Child | undefined> {
    if (isClosed || signal?.aborted) return undefined
    if (failures >= failuresTolerated) throw new UnavailableError(startTrouble)
    const taken = Promise.withResolvers<Child | undefined>()
    const giveUp = () => {
      waiting.delete(taken)
      taken.resolve(undefined)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    waiting.add(taken, turn)
    balance()
    return await taken.promise.finally(() => signal?.removeEventListener('abort', giveUp))
  }

  async function close(): Promise<void> {
    isClosed = true
    clearTimeout(retryTimer)
    clearTimeout(shrinkTimer)
    dismiss((waiter) => waiter.resolve(undefined))
    for (const child of living) child.kill('shutdown')
    await Promise.all(dying)
  }

  function stats(): ChildrenStats {
    const states = { booting: count('booting'), ready: count('ready'), busy: count('busy'), warming: count('warming') }
    return { states, ended: { ...ended } }
  }

  balance()
  return { acquire, trouble, stats, close }
}
