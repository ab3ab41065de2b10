import { expect, test } from 'vitest'
import { regressions } from './simulation/regressions.ts'
import { runSimulation } from './simulation/run.ts'

test('200 seeds break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '200')
  expect(code, output).toBe(0)
}, 300_000)

test('nor do the seeds that once found a fault', async () => {
  const { code, output } = await runSimulation('--only', regressions.map(({ seed }) => seed).join(','))
  expect(code, output).toBe(0)
}, 60_000)
