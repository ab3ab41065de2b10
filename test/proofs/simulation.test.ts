import { expect, test } from 'vitest'
import { runSimulation } from '../simulation/run.ts'

/** Begun within so many seconds. On two free cores all of them take about half of it. */
const within = 240
/** A machine that does fewer in that time is too slow for this to be a proof. */
const least = 3000

test('10,000 seeds of 200 operations break no promise', async () => {
  const { code, output } = await runSimulation('--seeds', '10000', '--workers', '2', '--within', String(within))
  console.log(output.trimEnd().split('\n').at(-1))
  expect(code, output).toBe(0)
  expect(Number(/^(\d+) seeds of/m.exec(output)?.[1])).toBeGreaterThanOrEqual(least)
}, 600_000)
