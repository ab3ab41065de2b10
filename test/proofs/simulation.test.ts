import { expect, test } from 'vitest'
import { runSimulation } from '../simulation/run.ts'

// Not in the time that it should take, which depends on the machine; what it took is printed.
test('10,000 seeds of 200 operations break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '10000', '--workers', '2')
  console.log(output.trimEnd().split('\n').at(-1))
  expect(code, output).toBe(0)
}, 600_000)
