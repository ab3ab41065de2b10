import { expect, test } from 'vitest'
import { firstSeeds } from './simulation/first-seeds.ts'
import { runSimulation } from './simulation/run.ts'

test('200 seeds break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '200')
  expect(code, output).toBe(0)
}, 300_000)

test('nor do the seeds that notice a fault which is put into the sources', async () => {
  const seeds = [...new Set(Object.values(firstSeeds))]
  const { code, output } = await runSimulation('--only', seeds.join(','))
  expect(code, output).toBe(0)
  expect(output).toContain(`${seeds.length} seeds of`)
}, 300_000)
