import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failure } from '../src/event.ts'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, run } from './suites/executor.ts'

let executor: Executor
beforeAll(() => {
  executor = openPool({ runners: 1 })
})
afterAll(() => executor.close())

async function failureOf(code: string, language: 'JavaScript' | 'TypeScript' = 'JavaScript'): Promise<Failure> {
  const prepared = await executor.prepare({ language, code })
  if (prepared.kind !== 'Ready') return prepared.failure
  const outcome = await run(executor, jobOf(code, { language, script: prepared.script }))
  if (outcome.kind !== 'Failure') throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`)
  return outcome.failure
}

describe('errors', () => {
  test.each([
    [
      'a chain of awaits',
      `const wait = () => new Promise((r) => setTimeout(r, 1))
async function inner() { await wait(); throw new Error('deep') }
async function outer() { await inner() }
export default async () => { await outer() }`,
      ['at inner (workflow.js:2:46)', 'at async outer (workflow.js:3:26)', 'at async default (workflow.js:4:30)'],
    ],
    [
      'a callback of a promise',
      `export default () => Promise.resolve(1).then(function step() { throw new Error('x') })`,
      ['at step (workflow.js:1:70)'],
    ],
    [
      'a timer',
      `export default () => new Promise(() => setTimeout(function fire() { throw new Error('x') }, 1))`,
      ['at fire (workflow.js:1:75)'],
    ],
    [
      'classes',
      `class Order { get total() { throw new Error('x') } static make() { return new Order().total } constructor() {} }
export default () => Order.make()`,
      ['at get total (workflow.js:1:35)', 'at Order.make (workflow.js:1:87)', 'at default (workflow.js:2:28)'],
    ],
    [
      'a built-in that calls back',
      `export default () => [1].map((one) => one.two.three)`,
      ['at workflow.js:1:47', 'at default (workflow.js:1:26)'],
    ],
    [
      'an async generator',
      `async function* gen() { yield 1; throw new Error('x') }
export default async () => { for await (const one of gen()); }`,
      ['at gen (workflow.js:1:40)', 'at default (workflow.js:2:47)'],
    ],
    [
      'code made of a text',
      `export default () => eval("throw new Error('x')")`,
      ['at eval (eval at default (workflow.js:1:22), <anonymous>:1:7)', 'at default (workflow.js:1:22)'],
    ],
    ['JSON that does not parse', `export default () => JSON.parse('{')`, ['at default (workflow.js:1:27)']],
  ])('in %s the frames are those of the user', async (_where, code, frames) => {
    const { stack, line, column, codeFrame } = await failureOf(code)
    expect((stack ?? '').split('\n').slice(1)).toEqual(frames.map((frame) => `    ${frame}`))
    const [, atLine, atColumn] = /workflow\.js:(\d+):(\d+)/.exec(frames[0] ?? '') ?? []
    expect([line, column]).toEqual([Number(atLine), Number(atColumn)])
    expect(codeFrame).toContain(`> ${line} | `)
  })

  test('in TypeScript lines and columns are those of the code as it was written', async () => {
    const code = `interface Order { total: number }
type Rows = Map<string, Order[]>

class Shop<T extends Order> {
  constructor(readonly name: string, private rows?: T[]) {}
}
export default () => 1`
    // What only types are made of is left out; these are none.
    expect(await failureOf(code, 'TypeScript')).toMatchObject({ code: 'SYNTAX_ERROR', line: 5 })
    const fine = code
      .replace('readonly name: string, private rows?: T[]', 'name: string, rows?: T[]')
      .replace(
        'export default () => 1',
        'export default async ({ input }: { input: Order }): Promise<number> => {\n  const shop = new Shop<Order>("a" as string); await null; return (shop as any).missing!.total satisfies number\n}',
      )
    expect(await failureOf(fine, 'TypeScript')).toMatchObject({
      name: 'TypeError',
      line: 8,
      column: 90,
      stack: expect.stringMatching(/\n {4}at default \(workflow\.ts:8:90\)$/),
    })
  })

  test.each([
    ['frozen', `Object.freeze(new Error('m'))`, { name: 'Error', message: 'm', line: 1 }],
    ['without a message', `new RangeError()`, { name: 'RangeError', message: '', line: 1 }],
    [
      'with a stack that is no text',
      `Object.assign(new Error('m'), { stack: 5 })`,
      { message: 'm', stack: 'Error: m', line: null },
    ],
    [
      'with a name that is no text',
      `Object.assign(new Error('m'), { name: { toString() { throw 1 } } })`,
      { name: 'Error', message: 'm' },
    ],
    ['with an empty name', `Object.assign(new Error('m'), { name: '' })`, { name: 'Error' }],
    [
      'with a message that is a symbol',
      `Object.assign(new Error(), { message: Symbol('m') })`,
      { message: 'Symbol(m)', line: 1 },
    ],
    ['with a message that is a number', `Object.assign(new Error(), { message: 5 })`, { message: '5' }],
    [
      'with a message that looks like a frame',
      `new Error('a\\n    at forged (workflow.js:77:7)')`,
      { line: 1, column: 30 },
    ],
    [
      'with getters that throw',
      `Object.defineProperties(new Error('m'), { name: { get() { throw 1 } }, message: { get() { throw 1 } }, stack: { get() { throw 1 } }, cause: { get() { throw 1 } }, retryable: { get() { throw 1 } } })`,
      { name: 'Error', message: '', stack: 'Error', retryable: true },
    ],
    [
      'of a class',
      `new (class OrderError extends Error { name = 'OrderError'; retryable = false })('m')`,
      { name: 'OrderError', message: 'm', retryable: false, line: 1 },
    ],
    ['of the web', `new DOMException('m', 'AbortError')`, { name: 'AbortError', message: 'm', line: 1 }],
    [
      'whose stack the user would write',
      `(Error.prepareStackTrace = () => { for (;;); }, new Error('m'))`,
      { message: 'm', line: 1 },
    ],
    [
      'whose errors are a revoked list',
      `(() => { const { proxy, revoke } = Proxy.revocable([], {}); revoke(); return Object.assign(new Error('m'), { errors: proxy, cause: proxy }) })()`,
      { message: 'm', line: 1 },
    ],
    [
      'whose errors are of no length',
      `Object.assign(new Error('m'), { errors: new Proxy([], { get: () => Symbol('x') }) })`,
      { message: 'm', line: 1 },
    ],
    [
      'whose cause is itself',
      `(() => { const error = new Error('m'); error.cause = error; return error })()`,
      { message: 'm' },
    ],
    [
      'not of the kind',
      `{ name: 'Fake', message: 'm', stack: 'x' }`,
      {
        name: 'NonErrorThrown',
        message: `Something that is not an Error was thrown: { name: 'Fake', message: 'm', stack: 'x' }`,
      },
    ],
    ['null', 'null', { name: 'NonErrorThrown', message: 'Something that is not an Error was thrown: null' }],
    [
      'a proxy',
      'new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })',
      { name: 'NonErrorThrown', message: 'Something that is not an Error was thrown: Proxy({})' },
    ],
    [
      'a function',
      '() => 1',
      { name: 'NonErrorThrown', message: 'Something that is not an Error was thrown: [Function (anonymous)]' },
    ],
  ])('one %s is told within bounds', async (_what, made, expected) => {
    expect(await failureOf(`export default () => { throw ${made} }`)).toMatchObject({ code: 'USER_ERROR', ...expected })
  })

  test('causes are told to a depth of three, the errors of an AggregateError to ten', async () => {
    const chain = `let error = new Error('0'); for (let n = 1; n < 6; n++) error = new TypeError('' + n, { cause: error }); throw error`
    const { stack } = await failureOf(`export default () => { ${chain} }`)
    expect(stack?.match(/^(Caused by: )?TypeError: \d$/gm)).toEqual([
      'TypeError: 5',
      'Caused by: TypeError: 4',
      'Caused by: TypeError: 3',
      'Caused by: TypeError: 2',
    ])
    const any = await failureOf(
      `export default () => Promise.any([Promise.reject(new RangeError('a')), Promise.reject('b')])`,
    )
    expect(any).toMatchObject({ name: 'AggregateError', message: 'All promises were rejected' })
    expect(any.stack).toMatch(/\nError 1 of 2: RangeError: a\n {4}at .*\nError 2 of 2: 'b'$/)
    const many = await failureOf(
      `export default () => { throw new AggregateError(Array.from({ length: 1000 }, () => new Error('x'.repeat(1e5))), 'y'.repeat(1e6)) }`,
    )
    expect(many.stack?.match(/^Error \d+ of 1000: /gm)).toHaveLength(10)
    expect(many.message).toHaveLength(8192 + '… (991808 more characters)'.length)
  })

  test.each([
    [
      '`throw` at the top',
      `class Odd extends Error { name = 'Odd' }\nthrow new Odd('top')\nexport default 1`,
      { code: 'USER_ERROR', name: 'Odd', message: 'top', line: 2 },
    ],
    [
      'a rejected await at the top',
      `await null\nawait Promise.reject(new TypeError('top'))\nexport default 1`,
      { code: 'USER_ERROR', name: 'TypeError', message: 'top', line: 2 },
    ],
    [
      'a text thrown at the top',
      `throw 'top'\nexport default 1`,
      { code: 'USER_ERROR', name: 'NonErrorThrown', message: "Something that is not an Error was thrown: 'top'" },
    ],
    [
      'an object thrown at the top',
      `throw { a: 1 }\nexport default 1`,
      { code: 'USER_ERROR', name: 'NonErrorThrown', message: 'Something that is not an Error was thrown: an object' },
    ],
    [
      'no default export',
      'export const a = 1',
      { code: 'SYNTAX_ERROR', message: expect.stringMatching(/^expected a default export, like: /) },
    ],
    [
      'a default export that is an object',
      'export default { run() {} }',
      { code: 'USER_ERROR', message: 'default export: expected a function, got object' },
    ],
    [
      'a default export that is undefined',
      'export default undefined',
      { code: 'USER_ERROR', message: 'default export: expected a function, got undefined' },
    ],
    [
      'a name that is not there',
      'export default () => nowhere',
      { code: 'USER_ERROR', name: 'ReferenceError', message: 'nowhere is not defined', line: 1, column: 22 },
    ],
    [
      'what does not parse',
      'export default () => {\n  return 1 +\n}',
      {
        code: 'SYNTAX_ERROR',
        message: "Unexpected token '}'",
        line: 3,
        column: 1,
        codeFrame: expect.stringContaining('> 3 | }\n    | ^'),
      },
    ],
    [
      'windows lines',
      'export default () => {\r\n  throw new Error("x")\r\n}',
      { code: 'USER_ERROR', line: 2, column: 9 },
    ],
  ])('%s', async (_what, code, expected) => {
    expect(await failureOf(code)).toMatchObject(expected)
  })

  test('retryable counts for what is thrown, and only the value false', async () => {
    for (const [value, expected] of [
      ['false', false],
      ['0', true],
      ['undefined', true],
      ['null', true],
      ['"false"', true],
    ] as const) {
      const code = `export default () => { throw Object.assign(new Error('x'), { retryable: ${value} }) }`
      expect(await failureOf(code), value).toMatchObject({ retryable: expected })
    }
    expect(await failureOf('export default () => { throw { retryable: false } }')).toMatchObject({ retryable: false })
    expect(
      await failureOf('export default async () => { await null; throw class { static retryable = false } }'),
    ).toMatchObject({ retryable: false })
  })

  test.each([
    ['thrown while the module loads', (error: string) => `throw ${error}\nexport default 1`],
    ['thrown after a wait while it loads', (error: string) => `await null; throw ${error}\nexport default 1`],
    [
      'that nobody handles',
      (error: string) => `export default () => { Promise.reject(${error}); return new Promise(() => {}) }`,
    ],
    ['that is left behind', (error: string) => `export default () => { Promise.reject(${error}); return 1 }`],
    [
      'in an async callback',
      (error: string) => `export default () => new Promise(() => setTimeout(async () => { throw ${error} }, 1))`,
    ],
  ])('an error %s keeps its cause and whether to try again', async (_where, code) => {
    const error = `Object.assign(new RangeError('m', { cause: new TypeError('why') }), { retryable: false })`
    const found = await failureOf(code(error))
    expect(found).toMatchObject({ code: 'USER_ERROR', name: 'RangeError', message: 'm', line: 1, retryable: false })
    expect(found.stack).toMatch(/^RangeError: m\n {4}at .*\nCaused by: TypeError: why\n {4}at .*$/)
    // What was asked for its stack before, or has it written by the code, is told as far as it is known.
    expect(
      await failureOf(code(`(Error.prepareStackTrace = (_, sites) => 'Mine\\n    at ' + sites[0], ${error})`)),
    ).toMatchObject({ name: 'RangeError', message: 'm' })
    expect(
      await failureOf(
        code(`(() => { const error = ${error}; void error.stack; void new Error('other').stack; return error })()`),
      ),
    ).toMatchObject({ name: 'RangeError', message: 'm', line: 1 })
  })

  test('a stack reads as ever where the code looks at it', async () => {
    const code = `function inner() { return new TypeError('m') }
export default async () => { await null; const { stack } = inner(); throw new Error(stack + ' ' + Object.keys(Error)) }`
    expect((await failureOf(code)).message).toMatch(
      /^TypeError: m\n {4}at inner \(workflow\.js:1:27\)\n {4}at default \(workflow\.js:2:60\)/,
    )
  })
})
