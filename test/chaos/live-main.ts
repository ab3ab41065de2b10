// Cuts and stalls the sockets of a thousand subscribers, and shows that each sees the end of what it watches.
// `npm run live`. `--seed N` repeats the choices of a run; when things happen is up to the machine.
import { parseArgs } from 'node:util'
import { brokenPromises } from './live-promises.ts'
import { runLive } from './live.ts'
import { createProgress } from './progress.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    subscribers: { type: 'string', default: '1000' },
    events: { type: 'string', default: '20000' },
    cuts: { type: 'string', default: '200' },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
const options = {
  seed,
  subscribers: Number(values.subscribers),
  events: Number(values.events),
  cuts: Number(values.cuts),
  slow: 0.05,
}
console.log(`Seed ${seed}: ${options.subscribers} subscribers, ${options.events} events, ${options.cuts} sockets cut`)
const began = performance.now()
const report = await runLive({ ...options, progress: createProgress('live', options.events) })
const { figures, broken } = brokenPromises(options, report)
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(44)}${String(figure).padStart(8)}`)
console.log(`${'seconds'.padEnd(44)}${String(Math.round((performance.now() - began) / 1000)).padStart(8)}`)
for (const what of broken.slice(0, 50)) console.log(`BROKEN: ${what}`)
console.log(broken.length === 0 ? 'Every promise held.' : `${broken.length} promises broken. Again: --seed ${seed}`)
process.exitCode = broken.length === 0 ? 0 : 1
