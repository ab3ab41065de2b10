import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Below the server, which is to be served first when children use every core. */
export const childNice = 5

/** What has used much of the processor gives way to what has just begun, and to children that start. */
export const busyNice = 19

/**
 * Changes the priority of a process. Linux keeps one for each thread, and a new thread takes that of the one that makes
 * it. Lowering it is allowed to everybody, raising it again to few. False: it could not be changed, or the process is
 * gone.
 */
export function changePriority(pid: number, nice: number): boolean {
  try {
    for (const id of threads(pid)) setPriority(id, nice)
    return true
  } catch {
    return false
  }
}

function threads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number)
  } catch {
    return [pid]
  }
}
