// What the kernel tells of processes: whose children they are, what they hold, what they burn.
import { readFileSync, readdirSync } from 'node:fs'

export interface Usage {
  readonly pid: number
  /** Milliseconds on a processor since its start; the kernel counts in hundredths of a second. */
  readonly cpuMs: number
  readonly rssMb: number
}

const pageMb = 4096 / 1024 / 1024

/** The processes below this one, at any depth. Those that end meanwhile are left out. */
export function descendants(root: number): readonly Usage[] {
  const children = new Map<number, (Usage & { readonly parent: number })[]>()
  for (const name of readdirSync('/proc')) {
    const it = /^\d+$/.test(name) ? stat(Number(name)) : undefined
    if (it) children.set(it.parent, [...(children.get(it.parent) ?? []), it])
  }
  const found: Usage[] = []
  const walk = (pid: number) => {
    for (const child of children.get(pid) ?? []) {
      found.push(child)
      walk(child.pid)
    }
  }
  walk(root)
  return found
}

export function usageOf(pid: number): Usage | undefined {
  return stat(pid)
}

function stat(pid: number): (Usage & { readonly parent: number }) | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const at = (index: number) => Number(fields[index])
    return { pid, parent: at(1), cpuMs: (at(11) + at(12)) * 10, rssMb: at(21) * pageMb }
  } catch {
    return undefined
  }
}

export interface MemoryRecord {
  /** Processes that held more than the limit for longer than a second, with what was run at the time. */
  readonly over: readonly string[]
  /** The most that any child held, in megabytes. */
  peakMb(): number
  stop(): void
}

/** Looks at the memory of every process below `root`, every 50 ms. */
export function watchMemory(root: number, limitMb: number, running: () => string): MemoryRecord {
  const since = new Map<number, number>()
  const over: string[] = []
  let peak = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const high = new Map(descendants(root).map(({ pid, rssMb }) => [pid, rssMb]))
    for (const pid of since.keys()) if ((high.get(pid) ?? 0) <= limitMb) since.delete(pid)
    for (const [pid, rssMb] of high) {
      peak = Math.max(peak, rssMb)
      if (rssMb <= limitMb) continue
      const start = since.get(pid) ?? now
      since.set(pid, start)
      if (now - start <= 1000) continue
      over.push(`${Math.round(rssMb)} MB while running ${running()}`)
      since.set(pid, Infinity)
    }
  }, 50)
  return { over, peakMb: () => peak, stop: () => clearInterval(timer) }
}

/** Resolves once no process below `root` uses more than half a core; to what still burns if that takes longer. */
export async function quiet(root: number, withinMs: number): Promise<string | undefined> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const before = new Map(descendants(root).map((it) => [it.pid, it.cpuMs]))
    const start = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const elapsed = performance.now() - start
    const burning = descendants(root).filter(({ pid, cpuMs }) => cpuMs - (before.get(pid) ?? 0) > elapsed / 2)
    if (burning.length === 0) return undefined
    if (performance.now() > deadline) return burning.map(({ pid, cpuMs }) => `${pid} (${cpuMs} ms)`).join(', ')
  }
}
