import { availableParallelism } from 'node:os'
import { afterAll, expect, test } from 'vitest'
import { createLine, Turn } from '../src/executor/line.ts'
import { openPool } from '../src/executor/pool.ts'
import { jobOf, run, start } from './suites/executor.ts'

const runners = 2 * availableParallelism() + 4
const pool = openPool({ runners })
afterAll(() => pool.close())

const limit = { timeoutMs: 600_000 }
const waits = `export default ({ console }) => { console.log('started'); return new Promise(() => {}) }`
const loops = `export default ({ console }) => { console.log('started'); for (;;); }`

test.each([
  ['that wait for ever', waits],
  ['that loop for ever', loops],
])('runs %s take no place from those that have just begun', { timeout: 60_000 }, async (_what, code) => {
  // One less than may run at all, and more than may be young.
  const going = Array.from({ length: runners - 1 }, () => start(pool, jobOf(code, limit)))
  await Promise.all(going.map((it) => it.logged('started')))
  const times: number[] = []
  for (let n = 0; n < 10; n++) {
    const begun = performance.now()
    expect(await run(pool, jobOf('export default () => 1', { timeoutMs: 30_000 }))).toMatchObject({ kind: 'Success' })
    times.push(Math.round(performance.now() - begun))
  }
  console.log(`runs beside ${going.length} ${_what} took ${times.join(', ')} ms`)
  for (const it of going) it.abort()
  for (const it of going) expect(await it.outcome).toEqual({ kind: 'Interrupted' })
})

test('a place is given back by whatever ends a run', { timeout: 60_000 }, async () => {
  const ends = [
    'return 1',
    `throw new Error('x')`,
    'for (;;);',
    'return () => {}',
    `return 'x'.repeat(2 ** 28).split('')`,
  ]
  const outcomes = await Promise.all(
    Array.from({ length: 3 * runners }, (_, n) =>
      run(pool, jobOf(`export default () => { ${ends[n % ends.length]} }`, { timeoutMs: 100 })),
    ),
  )
  expect(outcomes).toHaveLength(3 * runners)
  expect(await run(pool, jobOf('export default () => 1', { timeoutMs: 30_000 }))).toMatchObject({ kind: 'Success' })
})

test('code with many runs that wait, or whose runs cost their process, does not keep others waiting', async () => {
  const small = openPool({ runners: 2 })
  const order: string[] = []
  const tell = async (name: string, code: string, timeoutMs = 30_000) => {
    const { kind } = await run(small, jobOf(code, { timeoutMs }))
    order.push(`${name}: ${kind}`)
  }
  const slow = 'export default () => new Promise((resolve) => setTimeout(resolve, 300))'
  const many = Array.from({ length: 9 }, () => tell('one of many', slow))
  await Promise.all([...many, tell('alone', 'export default () => 1')])
  expect(order.indexOf('alone: Success')).toBeLessThan(6)
  order.length = 0
  const loop = 'export default () => { for (;;); }'
  await tell('loop', loop, 50)
  await Promise.all([
    ...Array.from({ length: 6 }, () => tell('loop', loop, 300)),
    tell('after', 'export default () => 2'),
  ])
  expect(order.indexOf('after: Success')).toBeLessThan(4)
  expect(order.filter((it) => it === 'loop: Failure')).toHaveLength(7)
  await small.close()
})

test('those whose turn is later are served now and then, however many go before them', () => {
  const line = createLine<string>()
  line.add('costly', Turn.Costly)
  line.add('many', Turn.Many)
  const served: (string | undefined)[] = []
  for (let n = 0; n < 20; n++) {
    line.add('first', Turn.First)
    served.push(line.shift())
  }
  expect(served.indexOf('costly')).toBeLessThan(10)
  expect(served.indexOf('many')).toBeLessThan(20)
})
