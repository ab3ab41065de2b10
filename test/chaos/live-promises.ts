import type { LiveOptions, LiveReport } from './live.ts'

/** From the commit of a final state, or from coming back, until a subscriber sees it, in milliseconds. */
const longestDelay = 10_000
/** How much more a server may hold afterwards than before. */
const growth = 1.1

/** What subscribers are promised and were not given, with the figures that show it. */
export function brokenPromises(options: Pick<LiveOptions, 'events' | 'cuts'>, report: LiveReport) {
  const { seen, cuts, resubscribed, pauses, delays, violations, before, after } = report
  const held = ({ heapUsed, external }: typeof before) => heapUsed + external
  const mb = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1))
  const longest = delays.at(-1) ?? 0
  const broken = [...violations]
  if (seen !== options.events) broken.push(`${options.events - seen} final states were not seen`)
  // The last ones may find nobody connected any more.
  if (cuts < 0.9 * options.cuts) broken.push(`${cuts} sockets were cut instead of ${options.cuts}`)
  if (longest > longestDelay) broken.push(`A final state was seen ${longest} ms late`)
  if (held(after) > growth * held(before)) broken.push('Memory is not back within a tenth of what it was')
  return {
    broken,
    figures: {
      'final states seen': seen,
      'sockets cut': cuts,
      'subscribed again': resubscribed,
      stalls: pauses,
      'median delay in ms': delays[Math.floor(delays.length / 2)] ?? 0,
      '99th percentile in ms': delays[Math.floor(0.99 * delays.length)] ?? 0,
      'longest delay in ms': longest,
      'heap and buffers before in MB': mb(held(before)),
      'heap and buffers after in MB': mb(held(after)),
      'resident memory before in MB': mb(before.rss),
      'resident memory after in MB': mb(after.rss),
    },
  }
}
