import type { Turn } from '../lanes.ts'
import { createLanes } from '../lanes.ts'
import type { Queue, WakeUp } from '../ports.ts'

export interface MemoryQueueOptions {
  /** How many events are run at the same time. */
  readonly concurrency: number
  /** How many of one lane: of one workflow, function or text of inline code. Default: as many. */
  readonly perLane?: number
  /**
   * How many wake-ups are remembered of what is due, and how many of what is due within the hour; beyond that they are
   * dropped, and the sweep brings them back.
   */
  readonly capacity?: number
  /** The clock that times to run at are of, in milliseconds since the epoch. */
  readonly now?: () => number
}

export interface MemoryQueue extends Queue {
  /** How many wake-ups wait for a place. */
  waiting(): number
}

/**
 * What is due later than so many milliseconds from now is left to the sweep, which finds it up to a second late: the
 * queue is not told of what is canceled meanwhile, and events of next year must not take the place of those of today.
 */
const longestTimer = 3_600_000

/**
 * Wake-ups within this process, those of each lane by the time they are due. Needs no durability: what it loses, the
 * sweep finds.
 */
export function createMemoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { concurrency, perLane = concurrency, capacity = 100_000, now = Date.now } = options
  const lanes = createLanes({ places: concurrency, perLane, capacity })
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Map<string, Promise<void>>()
  /** What was woken while it ran: the run under way may not have seen what it is woken for. */
  const again = new Map<string, WakeUp>()
  let run: ((eventId: string) => Promise<void>) | undefined
  let closed = false

  function deliver(): void {
    if (!run || closed) return
    for (let turn = lanes.next(); turn; turn = lanes.next()) running.set(turn.id, start(run, turn))
  }

  async function start(handle: (eventId: string) => Promise<void>, { id, leave }: Turn): Promise<void> {
    // Begins in a later turn, so that `running` knows of it first, and whoever pushed is not kept waiting.
    await Promise.resolve()
    try {
      await handle(id)
    } finally {
      running.delete(id)
      leave()
      const woken = again.get(id)
      again.delete(id)
      if (woken) push(woken)
      deliver()
    }
  }

  function wakeLater(event: WakeUp, delay: number): void {
    if (delay > longestTimer || timers.size >= capacity) return
    const timer = setTimeout(() => {
      timers.delete(event.id)
      push(event)
    }, delay)
    timers.set(event.id, timer.unref())
  }

  // The fields that matter, not the event: its input may be large.
  function push({ id, runAt, workflow, execution, version }: WakeUp): void {
    const event = { id, runAt, workflow, execution, version }
    if (closed) return
    clearTimeout(timers.get(id))
    timers.delete(id)
    if (runAt !== null && runAt > now()) return wakeLater(event, runAt - now())
    if (running.has(id)) again.set(id, event)
    else lanes.add(event)
    deliver()
  }

  return {
    push,
    waiting: () => lanes.waiting(),
    consume(handle) {
      run = handle
      deliver()
    },
    async close() {
      closed = true
      lanes.clear()
      again.clear()
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(running.values())
    },
  }
}
