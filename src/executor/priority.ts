import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Below the server, which is to be served first when children use every core. */
export const childNice = 10

/**
 * Lowers the priority of a process that has started: starting at a low one could take for ever beside code that uses
 * every core. Linux keeps a priority for each thread, and a new thread takes that of the one that makes it. Lowering is
 * allowed to everybody, and nothing is lost where it fails, since then the process is gone.
 */
export function lowerPriority(pid: number, nice: number): void {
  for (const id of threads(pid)) {
    try {
      setPriority(id, nice)
    } catch {
      // It ended in between.
    }
  }
}

function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
