import type { Db } from 'mongodb'

/** The server's time, which several processes share, told without asking for it each time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Asks the server; resolves to how far its clock is ahead of ours, in milliseconds. */
  measure(): Promise<number>
  /** Measures again from time to time, since clocks drift and another server may take over. */
  start(): void
  stop(): void
}

const measureAgainMs = 60_000
const warnAtMs = 1_000
const samples = 3

export function createClock(db: Db, warn: (message: string) => void): Clock {
  let offset = 0
  let warned = false
  let timer: NodeJS.Timeout | undefined

  async function sample(): Promise<{ offset: number; took: number }> {
    const before = Date.now()
    const began = performance.now()
    const { localTime } = await db.admin().command({ hello: 1 })
    const took = performance.now() - began
    // The server looked at its clock somewhere on the way; half of the way is wrong by at most the other half.
    return { offset: localTime.getTime() - (before + took / 2), took }
  }

  async function measure(): Promise<number> {
    const all = []
    for (let index = 0; index < samples; index++) all.push(await sample())
    const best = all.reduce((a, b) => (b.took < a.took ? b : a))
    offset = Math.round(best.offset)
    const isFar = Math.abs(offset) >= warnAtMs
    if (isFar && !warned) {
      const where = offset > 0 ? 'ahead of' : 'behind'
      warn(`MongoDB's clock is ${Math.abs(offset)} ms ${where} ours; its time is used, but both should be set by NTP`)
    }
    warned = isFar
    return offset
  }

  return {
    now: () => Date.now() + offset,
    measure,
    start() {
      // A server that is away keeps the offset it had; that it is away is told elsewhere.
      timer = setInterval(() => void measure().catch(() => undefined), measureAgainMs).unref()
    },
    stop: () => clearInterval(timer),
  }
}
