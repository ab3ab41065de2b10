import { closeSync, openSync, readSync } from 'node:fs'

const intervalMs = 25
/** How long a process may hold more than it may for long, in milliseconds. */
const lastingMs = 500

/** How much memory a process may hold, in bytes. */
export interface MemoryLimit {
  /** Never more than this. */
  readonly most: number
  /** Not more than this for half a second: a collection of garbage takes room for a moment only. */
  readonly lasting: number
}

export interface MemoryWatch {
  /** Calls `onOver` once when the process holds more memory than it may. Does nothing without `/proc`. */
  add(pid: number, onOver: () => void): Watched
}

/** A process that is looked at until `stop`. All amounts are bytes. */
export interface Watched {
  /** What it holds now. Undefined where there is no `/proc`, or no such process any more. */
  rss(): number | undefined
  /** From now on it may hold so much, and what it held before is forgotten. */
  limit(limit: MemoryLimit): void
  /** Whether it came so close to its limit that an end it came to was likely one of memory. */
  wasNear(): boolean
  stop(): void
}

/** One timer over all processes that are being watched; reading one takes some microseconds. */
export function createMemoryWatch(): MemoryWatch {
  const checks = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined

  function add(pid: number, onOver: () => void): Watched {
    const read = openStatm(pid)
    let cap: MemoryLimit = { most: Infinity, lasting: Infinity }
    let overSince: number | undefined
    let peak = 0
    let firstData: number | undefined
    let grown = 0

    const look = () => {
      const now = read?.()
      if (!now) return undefined
      peak = Math.max(peak, now.rss)
      firstData ??= now.data
      grown = Math.max(grown, now.data - firstData)
      return now.rss
    }
    const stop = () => {
      if (!checks.delete(check)) return
      read?.close()
      if (checks.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
    const isOver = (rss: number) => {
      if (rss > cap.lasting) overSince ??= performance.now()
      else overSince = undefined
      return rss > cap.most || (overSince !== undefined && performance.now() - overSince > lastingMs)
    }
    const check = () => {
      if (!isOver(look() ?? 0)) return
      stop()
      onOver()
    }

    if (read) {
      checks.add(check)
      timer ??= setInterval(() => {
        for (const run of checks) run()
      }, intervalMs)
    }
    return {
      rss: look,
      limit: (limit) => {
        cap = limit
        overSince = undefined
        peak = 0
        firstData = undefined
        grown = 0
      },
      // Memory that was reserved and not yet touched counts for the kernel's limit, and for nothing else.
      wasNear: () => peak > 0.9 * cap.most || grown > cap.most,
      stop,
    }
  }

  return { add }
}

/** Reads how much memory a process holds, and how much of it the kernel's limit counts. The file is kept open. */
function openStatm(pid: number) {
  let file: number
  try {
    file = openSync(`/proc/${pid}/statm`, 'r')
  } catch {
    return undefined
  }
  const buffer = Buffer.alloc(128)
  const read = () => {
    try {
      const length = readSync(file, buffer, 0, buffer.length, 0)
      const pages = buffer.toString('latin1', 0, length).split(' ')
      return { rss: Number(pages[1]) * pageSize(), data: Number(pages[5]) * pageSize() }
    } catch {
      return undefined
    }
  }
  read.close = () => closeSync(file)
  return read
}

let knownPageSize: number | undefined

/** Node does not tell the size of a page, so it is taken from what is known of this process in both units. */
function pageSize(): number {
  knownPageSize ??= 2 ** Math.round(Math.log2(process.memoryUsage.rss() / ownPages()))
  return knownPageSize
}

function ownPages(): number {
  const file = openSync('/proc/self/statm', 'r')
  const buffer = Buffer.alloc(128)
  const length = readSync(file, buffer, 0, buffer.length, 0)
  closeSync(file)
  return Number(buffer.toString('latin1', 0, length).split(' ')[1])
}
