import { expect, test } from 'vitest'
import { inParallel } from '../client.ts'
import { firstSeeds } from '../simulation/first-seeds.ts'
import { mutations } from '../simulation/mutations.ts'
import { runSimulation } from '../simulation/run.ts'

/** How many seeds it may take where the one that noticed last time does not any more. */
const most = 300

test('the simulation notices every fault that is put into the sources', async () => {
  const names = Object.keys(mutations)
  const missed: string[] = []
  await inParallel(2, names.length, async (index) => {
    const name = names[index] ?? ''
    const known = await notice(name, '--only', String(firstSeeds[name] ?? 1))
    const noticed = known ?? (await notice(name, '--seeds', String(most)))
    console.log(`${name}: ${noticed ?? `not noticed by ${most} seeds`}${known ? '' : ' (searched)'}`)
    if (!noticed) missed.push(name)
  })
  expect(missed).toEqual([])
}, 600_000)

/** What the first seed says that notices that fault. Rejects when the fault cannot be put in. */
async function notice(name: string, ...seeds: readonly string[]): Promise<string | undefined> {
  const { output } = await runSimulation(...seeds, '--mutation', name)
  if (!/^\d+ seeds of/m.test(output)) throw new Error(`${name}: ${output}`)
  return /^seed .*/m.exec(output)?.[0]
}
