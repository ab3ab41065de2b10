import { afterAll, describe, expect, test } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { deepest } from '../src/executor/nesting.ts'
import { createPlaces } from '../src/executor/places.ts'
import { openPool } from '../src/executor/pool.ts'
import { jobOf, run } from './suites/executor.ts'

describe('the depth of brackets', () => {
  test.each([
    ['', 0, 1, 1],
    ['f(a)[b]\n  .c({ d: [1] })', 3, 2, 11],
    [`'((((' + "[[[[" + \`((((\``, 0, 1, 1],
    ["'\\'((' + `\\`((` + f(1)", 1, 1, 20],
    ['// ((((\n/* [[[\n[[[ */ (1)', 1, 3, 8],
    ['`a${b(`${c}`)}((`', 3, 1, 8],
    ['a = /[(/(]\\/((/.test(b)', 1, 1, 21],
    ['return /((/', 0, 1, 1],
    ['a / (b / (c)) / d', 2, 1, 10],
    ['x.return / (1)', 1, 1, 12],
    ['"never ended (((\n(1)', 1, 2, 1],
    ['`never ended (((', 0, 1, 1],
    [')))]]]}}}((', 2, 1, 11],
  ])('%j', (code, depth, line, column) => {
    expect(deepest(code)).toEqual({ depth, line, column })
  })

  test('is found in one pass, whatever the text', () => {
    for (const code of ['(', '/', '=/[', "'", '`${', '"\\', '/*', ')', '=/a'].map((part) => part.repeat(300_000))) {
      const begun = performance.now()
      deepest(code)
      // Milliseconds if each character is looked at a few times; minutes if the rest is, from each.
      expect(performance.now() - begun).toBeLessThan(10_000)
    }
  })
})

test('places are had in order, are left once, and waiting can be given up', async () => {
  const places = createPlaces(1)
  const leave = await places.take()
  expect(places.takeNow()).toBeUndefined()
  const given = new AbortController()
  const order: string[] = []
  const first = places.take().then((it) => (order.push('first'), it))
  const none = places.take(given.signal)
  const second = places.take().then((it) => (order.push('second'), it))
  expect(places.waiting()).toBe(3)
  given.abort()
  expect(await none).toBeUndefined()
  leave?.()
  leave?.()
  const leaveFirst = await first
  expect(places.waiting()).toBe(1)
  leaveFirst?.()
  expect(await second).toBeDefined()
  expect(order).toEqual(['first', 'second'])
})

describe('sources', () => {
  const pool = openPool({ runners: 1 })
  afterAll(() => pool.close())
  const prepare = (code: string) => pool.prepare({ language: 'TypeScript', code })

  const nested: [string, (depth: number) => string][] = [
    ['round brackets', (n) => `${'('.repeat(n)}1${')'.repeat(n)}`],
    ['lists', (n) => `${'['.repeat(n)}1${']'.repeat(n)}`],
    ['objects', (n) => `${'{a:'.repeat(n)}1${'}'.repeat(n)}`.replace(/^/, '(').replace(/$/, ')')],
    ['calls', (n) => `${'f('.repeat(n)}1${')'.repeat(n)}`],
    ['arrow functions', (n) => `${'()=>('.repeat(n / 2)}1${')'.repeat(n / 2)}`],
    ['functions', (n) => `${'function(){ return '.repeat(n)}1${'}'.repeat(n)}`],
    ['templates', (n) => `${'`${'.repeat(n)}1${'}`'.repeat(n)}`],
    ['generic functions', (n) => `${'<T,>(x='.repeat(n)}1${')=>1'.repeat(n)}`],
    ['generic calls', (n) => `${'f<A>('.repeat(n)}1${')'.repeat(n)}`],
    ['types of objects', (n) => `1 as ${'{a:'.repeat(n)}B${'}'.repeat(n)}`],
    ['types of lists', (n) => `1 as ${'['.repeat(n)}B${']'.repeat(n)}`],
    ['types of functions', (n) => `1 as ${'(a: '.repeat(n)}B${') => void'.repeat(n)}`],
    ['generic types', (n) => `1 as ${'B<'.repeat(n)}C${'>'.repeat(n)}`],
    ['choices', (n) => `${'a ? b : '.repeat(n)}c`],
    ['choices in brackets', (n) => `${'a ? ('.repeat(n)}c${') : d'.repeat(n)}`],
    ['classes', (n) => `${'class { a = '.repeat(n)}1${'}'.repeat(n)}`],
  ]

  test.each(nested)('%s may be nested 395 deep, and run', { timeout: 60_000 }, async (_what, source) => {
    const code = `const a = 1, b = 1, c = 1, d = 1, f = (x: unknown) => x\nexport default () => { typeof (() => ${source(395)}); return 1 }`
    const prepared = await prepare(code)
    expect(prepared).toMatchObject({ kind: 'Ready' })
    if (prepared.kind !== 'Ready') return
    const job = jobOf(code, { language: 'TypeScript', script: prepared.script, timeoutMs: 30_000 })
    expect(await run(pool, job)).toMatchObject({ kind: 'Success', data: 1 })
  })

  test('brackets beyond the configured depth are refused with their place', async () => {
    const strict = openPool({ runners: 1, caps: { ...defaultCaps, sourceDepth: 12 } })
    const code = (depth: number) => `export default () =>\n  ${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(await strict.prepare({ language: 'JavaScript', code: code(12) })).toMatchObject({ kind: 'Ready' })
    expect(await strict.prepare({ language: 'JavaScript', code: code(13) })).toMatchObject({
      failure: {
        code: 'SYNTAX_ERROR',
        message: 'The code is nested too deeply: expected at most 12 levels of brackets, got 13',
        line: 2,
        column: 15,
      },
    })
    await strict.close()
  })

  test('what nests without brackets is refused too if the stripper falls over it', async () => {
    const found = await prepare(`export default ${'a => '.repeat(30_000)}1`)
    expect(found).toMatchObject({ failure: { message: 'The code is nested too deeply' } })
    expect(await prepare('export default (a: number) => a')).toMatchObject({ kind: 'Ready' })
  })

  test('sources that keep the stripper busy for ever do not keep others waiting', { timeout: 120_000 }, async () => {
    const endless = `export default ${'<T>('.repeat(40)}`
    const begun = performance.now()
    const hostile = Array.from({ length: 6 }, () => prepare(endless))
    let over = 0
    for (const it of hostile) void it.then(() => over++)
    const waits: number[] = []
    for (let n = 0; n < 5; n++) {
      const asked = performance.now()
      expect(await prepare(`export default (a: number) => a + ${n}`)).toMatchObject({ kind: 'Ready' })
      waits.push(performance.now() - asked)
    }
    console.log(`honest sources waited ${waits.map(Math.round).join(', ')} ms beside 6 endless ones`)
    expect(over).toBeLessThan(hostile.length)
    for (const it of hostile) {
      expect(await it).toMatchObject({
        failure: { message: expect.stringMatching(/takes longer than \d+ ms to check$/) },
      })
    }
    // One that found no place among the long ones lost its process twice.
    expect(pool.stats().checker.ended['timeout']).toBeGreaterThanOrEqual(hostile.length)
    console.log(`they ended after ${Math.round(performance.now() - begun)} ms`)
  })
})
