import { expect, test } from 'vitest'
import { runSimulation } from '../simulation/run.ts'

// On two free cores it is done in time; on a machine that is busy or slow it does as many as it can, and says how many.
test('10,000 seeds of 200 operations break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '10000', '--workers', '2', '--within', '240')
  console.log(output.trimEnd().split('\n').at(-1))
  expect(code, output).toBe(0)
}, 600_000)
