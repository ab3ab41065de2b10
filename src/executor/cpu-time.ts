import { readFileSync } from 'node:fs'

/** The unit of `/proc`, whatever the kernel counts in itself. */
const ticksPerSecond = 100

/** Processor time that a process has used so far, in milliseconds. Undefined where there is no `/proc`. */
export function cpuTime(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name before it may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
  } catch {
    return undefined
  }
}
