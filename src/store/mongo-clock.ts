import type { Db } from 'mongodb'

/** The server's time, which several processes share, told without asking for it each time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Asks the server; resolves to how far its clock is ahead of ours, in milliseconds. */
  measure(): Promise<number>
  /** Measures again from time to time, since clocks drift, and at once when this machine has slept. */
  start(): void
  stop(): void
}

const measureAgainMs = 60_000
const warnAtMs = 1_000
const samples = 3
/** How often is looked whether this machine has slept, in milliseconds, and what counts as that. */
const lookMs = 1_000
const sleptMs = 500

interface Measured {
  readonly serverTime: number
  /** By this process's monotonic clock, which nobody sets. */
  readonly at: number
  /** How long the question took, in milliseconds. */
  readonly took: number
}

/**
 * Between two measurements time goes on by the monotonic clock: were it that of the wall, setting this machine's clock
 * an hour ahead would end every lease there is.
 */
export function createClock(admin: Db, warn: (message: string) => void): Clock {
  let measured: Measured = { serverTime: Date.now(), at: performance.now(), took: 0 }
  let warned = false
  let timer: NodeJS.Timeout | undefined

  async function sample(): Promise<Measured> {
    const began = performance.now()
    const { localTime } = await admin.command({ hello: 1 })
    const took = performance.now() - began
    // The server looked at its clock somewhere on the way; half of the way is wrong by at most the other half.
    return { serverTime: localTime.getTime(), at: began + took / 2, took }
  }

  function now(): number {
    return Math.round(measured.serverTime + performance.now() - measured.at)
  }

  async function measure(): Promise<number> {
    const all = []
    for (let index = 0; index < samples; index++) all.push(await sample())
    measured = all.reduce((a, b) => (b.took < a.took ? b : a))
    const offset = now() - Date.now()
    const isFar = Math.abs(offset) >= warnAtMs
    if (isFar && !warned) {
      const where = offset > 0 ? 'ahead of' : 'behind'
      warn(`MongoDB's clock is ${Math.abs(offset)} ms ${where} ours; its time is used, but both should be set by NTP`)
    }
    warned = isFar
    return offset
  }

  return {
    now,
    measure,
    start() {
      let drift = Date.now() - performance.now()
      let measuredAt = performance.now()
      timer = setInterval(() => {
        // The monotonic clock stands still while a machine sleeps, the wall clock does not.
        const slept = Math.abs(Date.now() - performance.now() - drift) > sleptMs
        if (!slept && performance.now() - measuredAt < measureAgainMs) return
        drift = Date.now() - performance.now()
        measuredAt = performance.now()
        // A server that is away leaves the time as it was; that it is away is told elsewhere.
        void measure().catch(() => undefined)
      }, lookMs).unref()
    },
    stop: () => clearInterval(timer),
  }
}
