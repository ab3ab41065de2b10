// Kills a server again and again while it works, and shows that nothing was lost. `npm run chaos`, and `-- --full` for
// the long run. `--seed N` repeats the choices of a run; when things happen is up to the machine.
import { parseArgs } from 'node:util'
import { createProgress } from './progress.ts'
import { runChaos } from './run.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string' },
    events: { type: 'string' },
    kills: { type: 'string' },
    shutdowns: { type: 'string' },
    poisons: { type: 'string' },
  },
})
const usual = values.full
  ? { events: 10_000, kills: 200, shutdowns: 50, poisons: 5, patient: 2 }
  : { events: 2_000, kills: 40, shutdowns: 10, poisons: 5, patient: 0 }
const seed = whole('seed') ?? Math.floor(Math.random() * 2 ** 31)
const options = {
  seed,
  events: whole('events') ?? usual.events,
  kills: whole('kills') ?? usual.kills,
  shutdowns: whole('shutdowns') ?? usual.shutdowns,
  poisons: whole('poisons') ?? usual.poisons,
  patient: usual.patient,
}
const { events, kills, shutdowns, poisons } = options
console.log(`Seed ${seed}: ${events} events, ${kills} SIGKILLs, ${shutdowns} shutdowns, ${poisons} poison events`)

const began = performance.now()
const progress = createProgress('chaos', events + kills + shutdowns)
const { violations, figures } = await runChaos({ ...options, progress })
for (const [name, figure] of Object.entries(figures)) console.log(`${name.padEnd(38)}${String(figure).padStart(8)}`)
console.log(`${'seconds'.padEnd(38)}${String(Math.round((performance.now() - began) / 1000)).padStart(8)}`)
for (const violation of violations.slice(0, 50)) console.log(`BROKEN: ${violation}`)
console.log(
  violations.length === 0
    ? 'Every promise held.'
    : `${violations.length} promises broken. Again: npm run chaos -- --seed ${seed}`,
)
process.exitCode = violations.length === 0 ? 0 : 1

function whole(name: 'seed' | 'events' | 'kills' | 'shutdowns' | 'poisons'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new Error(`--${name}: expected a whole number, got ${text}`)
  return Number(text)
}
