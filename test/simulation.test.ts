import { expect, test } from 'vitest'
import { runSimulation } from './simulation/run.ts'

test('200 seeds break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '200')
  expect(code, output).toBe(0)
}, 300_000)
