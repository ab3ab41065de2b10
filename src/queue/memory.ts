import type { Queue } from '../ports.ts'

export interface MemoryQueueOptions {
  /** How many events are run at the same time. */
  readonly concurrency: number
  /** How many wake-ups are remembered; beyond that they are dropped, and the sweep brings them back. */
  readonly capacity?: number
  /** The clock that times to run at are of, in milliseconds since the epoch. */
  readonly now?: () => number
}

/** The longest a timer can be set for, in milliseconds: beyond 31 bits it would fire at once. */
const longestTimer = 2 ** 31 - 1

/** Wake-ups within this process, first come first served. Needs no durability: what it loses, the sweep finds. */
export function createMemoryQueue({ concurrency, capacity = 100_000, now = Date.now }: MemoryQueueOptions): Queue {
  const waiting = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  const running = new Map<string, Promise<void>>()
  let run: ((eventId: string) => Promise<void>) | undefined
  let closed = false

  function deliver(): void {
    if (!run || closed) return
    for (const id of waiting) {
      if (running.size >= concurrency) return
      // One that is woken while it runs waits its turn: the run under way may not have seen what it is woken for.
      if (running.has(id)) continue
      waiting.delete(id)
      running.set(id, start(run, id))
    }
  }

  async function start(handle: (eventId: string) => Promise<void>, id: string): Promise<void> {
    // Begins in a later turn, so that `running` knows of it first, and whoever pushed is not kept waiting.
    await Promise.resolve()
    try {
      await handle(id)
    } finally {
      running.delete(id)
      deliver()
    }
  }

  function wakeLater(id: string, runAt: number): void {
    clearTimeout(timers.get(id))
    const delay = Math.min(runAt - now(), longestTimer)
    const timer = setTimeout(() => {
      timers.delete(id)
      push({ id, runAt })
    }, delay)
    timers.set(id, timer.unref())
  }

  function push({ id, runAt }: Parameters<Queue['push']>[0]): void {
    if (closed || waiting.has(id)) return
    if (waiting.size + timers.size >= capacity && !timers.has(id)) return
    if (runAt !== null && runAt > now()) return wakeLater(id, runAt)
    clearTimeout(timers.get(id))
    timers.delete(id)
    waiting.add(id)
    deliver()
  }

  return {
    push,
    consume(handle) {
      run = handle
      deliver()
    },
    async close() {
      closed = true
      waiting.clear()
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      await Promise.all(running.values())
    },
  }
}
