// The server, which at SIGUSR2 collects its garbage and says what it holds. Needs `--expose-gc`.
import { serve } from '../../src/serve.ts'

await serve((adapters) => {
  process.on('SIGUSR2', () => {
    // Twice: what the first one finalizes, the second one frees.
    globalThis.gc?.()
    globalThis.gc?.()
    const { rss, heapUsed, external } = process.memoryUsage()
    const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const measured = { rss, heapUsed, external, timers, watchers: adapters.hub.watchers() }
    process.stdout.write(`${JSON.stringify({ measured })}\n`)
  })
  return adapters
})
