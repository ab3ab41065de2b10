import { readFileSync } from 'node:fs'

const intervalMs = 25

export interface MemoryWatch {
  /** Calls `onOver` once when the process holds more than `cap` bytes of memory. Does nothing without `/proc`. */
  add(pid: number, cap: number, onOver: () => void): Watched
}

export interface Watched {
  /** The most it was seen to hold, in bytes. */
  peak(): number
  stop(): void
}

/** One timer over all processes that are being watched; reading one takes about ten microseconds. */
export function createMemoryWatch(): MemoryWatch {
  const checks = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined

  function add(pid: number, cap: number, onOver: () => void): Watched {
    let peak = 0
    const stop = () => {
      checks.delete(check)
      if (checks.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
    const check = () => {
      peak = Math.max(peak, readRss(pid) ?? 0)
      if (peak <= cap) return
      stop()
      onOver()
    }
    checks.add(check)
    timer ??= setInterval(() => {
      for (const run of checks) run()
    }, intervalMs)
    return { peak: () => peak, stop }
  }

  return { add }
}

/** Memory a process holds, in bytes. Undefined where there is no `/proc`, or no such process any more. */
export function readRss(pid: number): number | undefined {
  const pages = readPages(pid)
  return pages === undefined ? undefined : pages * pageSize()
}

function readPages(pid: number | 'self'): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ', 2)[1])
  } catch {
    return undefined
  }
}

let knownPageSize: number | undefined

/** Node does not tell the size of a page, so it is taken from what is known of this process in both units. */
function pageSize(): number {
  knownPageSize ??= 2 ** Math.round(Math.log2(process.memoryUsage.rss() / (readPages('self') ?? 1)))
  return knownPageSize
}
