import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, run, start } from './suites/executor.ts'

let executor: Executor
beforeAll(() => {
  executor = openPool({ runners: 2 })
})
afterAll(() => executor.close())

const ran = (code: string, timeoutMs = 20_000) => run(executor, jobOf(code, { timeoutMs }))

describe('results', () => {
  /** What `JSON.stringify` makes of these is what is kept. */
  const likeJson = [
    '-0, 0, NaN, Infinity, -Infinity, 1e21, 1e-7, 5e-324, 0.1',
    `'', 'ü€😀', '\\ud800', 'a\\ud800\\udc00b', '\\u2028\\u0000"\\\\', '\\n\\t\\b'`,
    'true, false, null, undefined',
    '{ a: undefined, d: 1, [Symbol("k")]: 1 }, [undefined]',
    'new Date(0), new Date(NaN), /a/, new Error("x"), new WeakMap(), new (class A { x = 1; #y = 2; get z() { return 3 } })()',
    'Object(1), Object("s"), Object(false), [Object(NaN)], Object(Symbol("x"))',
    '[], [[]], {}, { a: {} }, [,], [1, , 3], Object.assign([1], { x: 2 }), new Array(3)',
    'Object.create(null), Object.assign(Object.create({ inherited: 1 }), { own: 1 }), Object.create([1])',
    '{ toJSON: () => 5 }, { toJSON(key) { return [key] } }, { a: { toJSON(key) { return key } } }, [{ toJSON(key) { return typeof key + key } }], { toJSON() {} }',
    '{ get a() { return { b: 1 } }, set c(x) {} }, Object.defineProperty({}, "hidden", { value: 1 })',
    '{ "": 1, "a b": 2, 2: 3, 1: 4, "\\u0000": 5 }, JSON.parse(\'{"__proto__": { "a": 1 }, "constructor": 2 }\')',
    'new Uint8Array([1, 2]), new ArrayBuffer(2), new Proxy({ a: 1 }, {}), new Proxy([1, 2], {})',
    '(function () { return arguments })(1, 2), new String("boxed"), [new Number(5)], Math, JSON, globalThis.Reflect',
    'Object.assign(new Number(3), { toJSON() { return "mine" } }), (() => { const a = { n: 1 }; return { a, b: [a, a] } })()',
  ]

  test.each(likeJson)('%s is what JSON.stringify makes of it', async (values) => {
    const outcome = await ran(
      `const values = [${values}]\nexport default () => ({ ours: values, theirs: JSON.stringify(values) })`,
    )
    if (outcome.kind !== 'Success') throw new Error(JSON.stringify(outcome))
    const { ours, theirs } = Object(outcome.data)
    expect(ours).toEqual(JSON.parse(theirs))
    expect(JSON.stringify(ours)).toBe(JSON.stringify(JSON.parse(theirs)))
  })

  test('a patched toJSON counts, as in JSON.stringify', async () => {
    const patch = `BigInt.prototype.toJSON = function () { return this + 'n' }; Map.prototype.toJSON = function () { return [...this] }`
    expect(await ran(`${patch}\nexport default () => ({ a: 5n, b: [1n] })`)).toMatchObject({
      data: { a: '5n', b: ['1n'] },
    })
    expect(await ran(`${patch}\nexport default () => ({ m: new Map([[1, 2]]) })`)).toMatchObject({
      data: { m: [[1, 2]] },
    })
  })

  const tooLarge = 'data: expected at most 1 MB of JSON, got more'
  test.each([
    [
      'a list that claims to be huge',
      'new Proxy([], { get: (_, key) => (key === "length" ? 2 ** 53 - 1 : null) })',
      tooLarge,
    ],
    ['a list of four thousand million holes', 'new Array(4e9)', tooLarge],
    ['a graph of 30 levels', '{ let a = ["leaf"]; for (let i = 0; i < 30; i++) a = [a, a]; return a }', tooLarge],
    [
      'a graph of 30 levels of objects',
      '{ let a = {}; for (let i = 0; i < 30; i++) a = { l: a, r: a }; return a }',
      tooLarge,
    ],
    ['a text of a quarter of a gigabyte', '"x".repeat(2 ** 28)', tooLarge],
    ['a name of two megabytes', '({ ["x".repeat(2 ** 21)]: 1 })', tooLarge],
    ['wide characters', '"€".repeat(350_000)', tooLarge],
    ['pairs of surrogates', '"😀".repeat(262_143)', undefined],
    ['pairs of surrogates, one more', '"😀".repeat(262_144)', tooLarge],
    ['characters that are escaped', '"\\u0001".repeat(200_000)', tooLarge],
    [
      'levels without end',
      '{ const more = () => ({ get next() { return more() } }); return more() }',
      /levels, got more$/,
    ],
    ['toJSON without end', '{ const more = () => ({ toJSON: () => [more()] }); return more() }', /levels, got more$/],
    [
      'a proxy of levels without end',
      '{ const more = () => new Proxy([1], { get: (t, key) => (key === "0" ? more() : t[key]) }); return more() }',
      /levels, got more$/,
    ],
    [
      '501 levels',
      '{ let a = 1; for (let i = 0; i < 501; i++) a = [a]; return a }',
      /: expected JSON of at most 500 levels, got more$/,
    ],
    ['500 levels', '{ let a = 1; for (let i = 0; i < 500; i++) a = [a]; return a }', undefined],
    [
      'a text of JSON.rawJSON',
      '({ raw: JSON.rawJSON("1") })',
      'data.raw: expected JSON, got a text of JSON.rawJSON; JSON.parse(text) makes a value of it',
    ],
    ['a circle through toJSON', '{ const a = { toJSON() { return { a } } }; return a }', /levels, got more$/],
    [
      'a circle',
      '{ const a = { list: [{}] }; a.list[0].up = a; return a }',
      'data.list[0].up: expected JSON, got a circular reference',
    ],
    ['a function', '({ list: [() => 1] })', 'data.list[0]: expected JSON, got a function'],
    ['a symbol', '({ kind: Symbol("x") })', 'data.kind: expected JSON, got a symbol'],
    ['a proxy of a function', '[new Proxy(() => 1, {})]', 'data[0]: expected JSON, got a function'],
    ['a boxed BigInt', '[Object(1n)]', 'data[0]: expected JSON, got a BigInt'],
    [
      'a Map of a class of its own',
      '({ m: new (class Cache extends Map {})() })',
      /^data\.m: expected JSON, got a Map/,
    ],
    [
      'a path of keys that are no names',
      '({ "a b": [{ "": { "ü": new Set() } }] })',
      /^data\["a b"\]\[0\]\[""\]\.ü: expected JSON, got a Set/,
    ],
    ['a long path', '({ ["k".repeat(1e5)]: 1n })', /^data\.k{400,500}…?.*expected JSON, got a BigInt$/],
  ])('%s ends quickly', async (_what, body, expected) => {
    const outcome = await ran(`export default () => ${body}`)
    if (expected === undefined) expect(outcome).toMatchObject({ kind: 'Success' })
    else if (typeof expected === 'string')
      expect(outcome).toMatchObject({ failure: { code: 'BAD_RESULT', message: expected, retryable: false } })
    else
      expect(outcome).toMatchObject({
        failure: { code: 'BAD_RESULT', message: expect.stringMatching(expected), retryable: false },
      })
  })

  test('what getters of a result throw is an error of the user', async () => {
    const outcome = await ran(`export default () => ({\n  get a() { throw new RangeError('no') }\n})`)
    expect(outcome).toMatchObject({ failure: { code: 'USER_ERROR', name: 'RangeError', message: 'no', line: 2 } })
  })
})

describe('timers', () => {
  test('a thousand that are due together run in order, without a pause each', async () => {
    const code = `export default () => new Promise((resolve) => {
      const seen = []
      for (let n = 0; n < 990; n++) setTimeout(() => { seen.push(n); if (seen.length === 990) resolve([seen.every((it, i) => it === i), Date.now() - start]) }, 20)
      const start = Date.now()
    })`
    const outcome = await ran(code)
    if (outcome.kind !== 'Success' || !Array.isArray(outcome.data)) throw new Error(JSON.stringify(outcome))
    expect(outcome.data[0]).toBe(true)
    console.log(`990 timers of 20 ms took ${String(outcome.data[1])} ms`)
  })

  test('they are called by time and then by when they were set, and cleared by number or text', async () => {
    const code = `export default () => new Promise((resolve) => {
      const seen = []
      const note = (what) => setTimeout(() => seen.push(what), what[0] === 's' ? 2000 : 5)
      note('slow 1'); note('fast 1'); note('slow 2'); note('fast 2')
      clearTimeout(String(note('gone'))); clearInterval(note('gone too'))
      for (const nothing of [undefined, null, 'x', {}, NaN, Symbol.iterator, { valueOf() { throw 1 } }, -1, 0.5]) clearTimeout(nothing)
      for (let n = 0; n < 500; n++) clearTimeout(setTimeout(() => seen.push('cleared'), n % 7))
      const id = note('last')
      setTimeout(() => resolve([seen, typeof id, id > 0, id + 1 > id]), 2000)
    })`
    expect(await ran(code)).toMatchObject({
      data: [['fast 1', 'fast 2', 'last', 'slow 1', 'slow 2'], 'number', true, true],
    })
  })

  test.each([
    'undefined',
    'NaN',
    '-5',
    '0',
    'Infinity',
    '-Infinity',
    '2 ** 31',
    '"no number"',
    '"1"',
    'null',
    '{}',
    '[]',
    'true',
    '1.9',
  ])('a wait of %s is a millisecond, as in Node', async (delay) => {
    const code = `export default () => new Promise((resolve) => { setTimeout(() => resolve('late'), 10_000); setTimeout(resolve, ${delay}, 'soon') })`
    expect(await ran(code)).toMatchObject({ data: 'soon' })
  })

  test('a wait that is no number fails where it is asked for', async () => {
    expect(await ran('export default () => { setTimeout(() => {}, Symbol.iterator) }')).toMatchObject({
      failure: { name: 'TypeError', line: 1 },
    })
    expect(await ran('export default () => { setTimeout("code", 1) }')).toMatchObject({
      failure: { message: 'setTimeout: expected a function, got string', line: 1 },
    })
  })

  test('microtasks run between two timers', async () => {
    const code = `export default () => new Promise((resolve) => {
      const seen = []
      setTimeout(() => { seen.push(1); Promise.resolve().then(() => seen.push(2)).then(() => seen.push(3)) }, 1)
      setTimeout(() => resolve([...seen, 4]), 1)
    })`
    expect(await ran(code)).toMatchObject({ data: [1, 2, 3, 4] })
  })

  test('an interval that is cleared in its own call ends, and one that throws fails the run at its line', async () => {
    const code = `export default () => new Promise((resolve) => {
      let count = 0
      const id = setInterval(() => { count++; clearInterval(id); setTimeout(() => resolve(count), 20) }, 1)
    })`
    expect(await ran(code)).toMatchObject({ data: 1 })
    const failing = `export default () => new Promise(() => {\n  setInterval(() => {\n    throw new TypeError('tick')\n  }, 1)\n})`
    expect(await ran(failing)).toMatchObject({ failure: { code: 'USER_ERROR', message: 'tick', line: 3 } })
  })
})

describe('what comes late', () => {
  test.each([
    [
      'a rejection while the code runs',
      `export default async () => {\n  Promise.reject(new TypeError('late'))\n  await new Promise(() => {})\n}`,
      2,
    ],
    [
      'a rejection that is left when it returns',
      `export default async () => {\n  Promise.reject(new TypeError('late'))\n  return 1\n}`,
      2,
    ],
    [
      'a throw in an async callback',
      `export default () => new Promise(() => {\n  setTimeout(async () => { await null; throw new TypeError('late') }, 1)\n})`,
      2,
    ],
    [
      'a throw in a microtask',
      `export default () => new Promise(() => {\n  queueMicrotask(() => { throw new TypeError('late') })\n})`,
      2,
    ],
    [
      'a rejected wait at the top',
      `await null\nawait Promise.reject(new TypeError('late'))\nexport default () => 1`,
      2,
    ],
    [
      'a rejection at the top that nobody waits for',
      `await null\nPromise.reject(new TypeError('late'))\nexport default () => new Promise(() => {})`,
      2,
    ],
  ])('%s is an error of the user at its line', async (_what, code, line) => {
    expect(await ran(code)).toMatchObject({
      failure: { code: 'USER_ERROR', name: 'TypeError', message: 'late', line },
    })
  })

  test.each([
    ['after a wait', `export default async () => {\n  await null\n  for (;;);\n}`, 3],
    [
      'in a timer after others',
      `export default () => new Promise(() => {\n  setTimeout(() => setTimeout(() => { for (;;); }, 1), 1)\n})`,
      2,
    ],
    [
      'in a microtask when all is returned',
      `export default () => {\n  queueMicrotask(() => { for (;;); })\n  return 1\n}`,
      2,
    ],
    [
      'in a getter of an error',
      `export default () => { throw Object.defineProperty(new Error('x'), 'message', {\n  get() { for (;;); }\n}) }`,
      2,
    ],
    [
      'in a getter of a cause',
      `export default () => { throw new Error('x', { cause: {\n  get cause() { for (;;); } } })\n}`,
      2,
    ],
    [
      'in errors of an AggregateError',
      `export default () => { const error = new AggregateError([], 'x'); error.errors = new Proxy([], {\n  get() { for (;;); }\n}); throw error }`,
      2,
    ],
    ['in a getter of what is thrown', `export default () => { throw {\n  get retryable() { for (;;); }\n} }`, 2],
    ['in a getter of the result', `export default () => ({\n  get a() { for (;;); }\n})`, 2],
    ['in toJSON of the result', `export default () => ({\n  toJSON() { for (;;); }\n})`, 2],
    ['in then of the result', `export default () => ({\n  then() { for (;;); }\n})`, 2],
    [
      'in a proxy that is returned',
      `export default () => new Proxy({}, {\n  getOwnPropertyDescriptor() { for (;;); }, ownKeys() { return ['a'] }\n})`,
      2,
    ],
    [
      'in a call of a patched built-in',
      `export default async () => {\n  Promise.prototype.constructor = 1; for (;;) await 1\n}`,
      undefined,
    ],
    [
      'in a getter of a cause of a rejection',
      `export default () => { Promise.reject(new Error('x', { cause: {\n  get cause() { for (;;); } } })) }`,
      2,
    ],
    // Read when the error leaves by itself, where V8 cannot tell the line.
    [
      'in a getter of an error at the top',
      `throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } })\nexport default 1`,
      undefined,
    ],
    [
      'in a getter of a rejection',
      `export default () => { Promise.reject(Object.defineProperty(new Error('x'), 'stack', { get() { for (;;); } })) }`,
      undefined,
    ],
  ])('a loop %s is a timeout, at its line if it is known', { retry: 5 }, async (_where, code, line) => {
    const outcome = await ran(code, 300)
    expect(outcome).toMatchObject({ kind: 'Failure', failure: { code: 'TIMEOUT' } })
    if (outcome.kind === 'Failure' && line !== undefined) expect(outcome.failure.line).toBe(line)
  })

  test('what is thrown is shown without running any of it', async () => {
    const code = `export default () => { throw { [Symbol.toPrimitive]() { for (;;); }, toString() { for (;;); }, toJSON() { for (;;); } } }`
    expect(await ran(code)).toMatchObject({ failure: { code: 'USER_ERROR', name: 'NonErrorThrown' } })
  })

  test('the first end counts', async () => {
    const code = `export default () => { queueMicrotask(() => { throw new Error('second') }); throw new Error('first') }`
    expect(await ran(code)).toMatchObject({ failure: { message: expect.stringMatching(/first|second/) } })
    const both = `export default async () => { Promise.reject(new Error('left')); throw new TypeError('thrown') }`
    expect(await ran(both)).toMatchObject({ failure: { name: 'TypeError', message: 'thrown' } })
  })

  test('a flood of rejections that are handled too late ends', async () => {
    const code = `export default () => { for (let n = 0; n < 1e5; n++) Promise.reject(n) }`
    expect(await ran(code)).toMatchObject({ failure: { name: 'NonErrorThrown' } })
  })

  test('lines that were logged before the end are kept, whatever the end is', async () => {
    for (const end of ['for (;;);', `throw new Error('x')`, 'return 1n', 'return 1', 'Promise.reject(1)']) {
      const going = start(
        executor,
        jobOf(`export default ({ console }) => { console.log('kept'); ${end} }`, { timeoutMs: 300 }),
      )
      await going.outcome
      expect(
        going.lines.map(({ message }) => message),
        end,
      ).toEqual(['kept'])
    }
  })
})
