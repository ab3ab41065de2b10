import { readdirSync, readFileSync } from 'node:fs'
import { eventually } from '../client.ts'
import type { ServerProcess } from '../server-process.ts'

/** What a server holds once its garbage is collected, in bytes, with the timers and the watchers in it. */
export interface Held {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
  readonly timers: number
  readonly watchers: number
}

/** Asks a `measured-server.ts` started with `--expose-gc`. */
export async function measure(server: ServerProcess): Promise<Held> {
  const said = () => server.log.filter((line) => line['measured'])
  const before = said().length
  process.kill(server.pid, 'SIGUSR2')
  const line = await eventually(() => said()[before], 60)
  return line['measured'] as Held
}

/** Resident memory of a process in bytes, without asking it. Zero once it is gone. */
export function rssOf(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return 1024 * Number(kilobytes)
  } catch {
    return 0
  }
}

export function openFiles(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

/** How much `y` rises with each unit of `x`, by least squares. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanX = mean(points.map(({ x }) => x))
  const meanY = mean(points.map(({ y }) => y))
  const covariance = mean(points.map(({ x, y }) => (x - meanX) * (y - meanY)))
  return covariance / mean(points.map(({ x }) => (x - meanX) ** 2))
}
