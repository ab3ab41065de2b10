import type { Caps } from '../caps.ts'
import { UnavailableError } from '../errors.ts'
import type { Prepared, Source } from '../ports.ts'
import { checkIn, late, refuse, type CheckTime } from './check.ts'
import { createChildren, type Children, type ChildrenOptions } from './children.ts'
import { sizeText } from './limits.ts'
import { createPlaces } from './places.ts'
import { changePriority } from './priority.ts'

/** Checks of sources that have not taken long so far, at a time. */
const briefAtOnce = 2
/** Checks of those that have. */
const longAtOnce = 6
/** So many may wait for their turn among those that take long. */
const longWaiting = 64
/** Below the processes that run code. */
const longNice = 15
/** How often a check is given more time that got too little of the processor to tell. */
const patience = 3
const mb = 1024 * 1024

export interface ChecksOptions extends Pick<ChildrenOptions, 'launch' | 'caps' | 'memory' | 'idleMs' | 'warn'> {
  readonly caps: Caps
}

export interface Checks extends Pick<Children, 'trouble' | 'stats' | 'close'> {
  prepare(source: Source): Promise<Prepared>
}

/** How long a source may take that others wait for, in milliseconds: many times what a usual one of its size does. */
const briefMs = (source: Source) => 250 + 1.5e-3 * source.code.length
/** How long it may take in all. */
const longMs = (source: Source) => Math.ceil(2000 + 4e-3 * source.code.length)

/**
 * Checks sources in processes of their own. Some sources of a few lines keep the stripper of types busy for ever, so
 * each gets a brief turn first. Those that are not done by then go on beside the others, a few at a time, and wait only
 * for each other.
 */
export function createChecks({ caps, ...options }: ChecksOptions): Checks {
  const max = briefAtOnce + longAtOnce
  const checkers = createChildren({ ...options, caps, role: 'checker', min: 1, max, spare: 0, rssLimit: 240 * mb })
  const stopping = new AbortController()
  const brief = createPlaces(briefAtOnce)
  const long = createPlaces(longAtOnce)
  let lastId = 0

  async function prepare(source: Source): Promise<Prepared> {
    if (Buffer.byteLength(source.code) > caps.sourceBytes) {
      return refuse(source, { message: `The code is larger than ${sizeText(caps.sourceBytes)}` })
    }
    let place = await brief.take(stopping.signal)
    let isLong = false
    try {
      // Once more in case the first child was lost by accident and not because of this source.
      for (let lost = 0; lost < 2;) {
        const child = place && (await checkers.acquire(stopping.signal))
        if (!child) throw new UnavailableError('The server is shutting down')
        const lower = () => {
          if (child.pid !== undefined) changePriority(child.pid, longNice)
        }
        if (isLong) lower()
        let given = 0
        const isStarved = () => (child.cpuUsed() ?? Infinity) < longMs(source) / 4
        const goOn = () => {
          if (isLong) return given++ < patience && isStarved() ? longMs(source) / 2 : undefined
          const next = long.takeNow()
          if (!next) return undefined
          place?.()
          place = next
          isLong = true
          lower()
          return longMs(source) - briefMs(source)
        }
        const time: CheckTime = { ms: isLong ? longMs(source) : briefMs(source), more: goOn }
        const result = await checkIn(child, ++lastId, source, time, stopping.signal)
        // Its priority cannot be raised again.
        if (isLong) child.kill('spent')
        if (result === undefined) lost++
        else if (result !== late) return result
        else if (isLong) return refuse(source, { message: `The code takes longer than ${longMs(source)} ms to check` })
        else {
          place?.()
          if (long.waiting() >= longWaiting)
            throw new UnavailableError('Too much code is being checked; try again later')
          place = await long.take(stopping.signal)
          isLong = true
        }
      }
      return refuse(source, { message: 'The code crashes the process that checks it' })
    } finally {
      place?.()
    }
  }

  return {
    prepare,
    trouble: checkers.trouble,
    stats: checkers.stats,
    async close() {
      stopping.abort()
      await checkers.close()
    },
  }
}
