import { expect, test } from 'vitest'
import { inParallel } from '../client.ts'
import { mutations } from '../simulation/mutations.ts'
import { regressions } from '../simulation/regressions.ts'
import { runSimulation } from '../simulation/run.ts'

/** How many seeds it may take: most need fewer than five. */
const most = 600

test('the simulation notices every fault that is put into the sources', async () => {
  const names = Object.keys(mutations)
  const missed: string[] = []
  await inParallel(2, names.length, async (index) => {
    const name = names[index] ?? ''
    const seed = String(regressions.find((it) => it.mutation === name)?.seed ?? 1)
    const { output } = await runSimulation('--seed', seed, '--seeds', String(most), '--mutation', name)
    const noticed = /^seed .*/m.exec(output)
    console.log(`${name}: ${noticed?.[0] ?? output}`)
    if (!noticed) missed.push(name)
  })
  expect(missed).toEqual([])
}, 600_000)
