import { expect, test } from 'vitest'
import { brokenPromises } from '../chaos/live-promises.ts'
import { runLive } from '../chaos/live.ts'

test(
  '200 subscribers whose sockets are cut and stall each see the end of what they watch',
  { timeout: 300_000 },
  async () => {
    const options = { seed: Math.floor(Math.random() * 2 ** 31), subscribers: 200, events: 2000, cuts: 40, slow: 0.05 }
    const report = await runLive({ ...options, progress: { update() {}, stop() {} } })
    const { broken, figures } = brokenPromises(options, report)
    console.log(JSON.stringify({ seed: options.seed, ...figures }))
    expect(broken).toEqual([])
  },
)
