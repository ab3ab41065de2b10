import { expect, test } from 'vitest'
import { runSimulation } from '../simulation/run.ts'

const seeds = 10_000
/**
 * How long they may take on two cores that do nothing else, in seconds: by the processor time of the slower of the two
 * processes, which compute all the while. By the clock it is longer where others use the machine too.
 */
const within = 120

test('10,000 seeds of 200 operations break no promise, within two minutes', async () => {
  const { code, output } = await runSimulation('--seeds', String(seeds), '--workers', '2')
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  console.log(last)
  expect(code, output).toBe(0)
  expect(Number(/^(\d+) seeds of/.exec(last)?.[1])).toBe(seeds)
  expect(Number(/([\d.]+) s of each core$/.exec(last)?.[1])).toBeLessThan(within)
}, 1_200_000)
