import { format } from 'node:util'
import { runInThisContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, start } from './suites/executor.ts'

/** Arguments of `console.log` whose text is the one that Node's `util.format` makes. */
const likeNode = [
  `'text'`,
  `'a', 1, -0, 2n, true, null, undefined, Symbol('s')`,
  `{ a: 1, 'b c': 'it\\'s', [Symbol('k')]: [1, , 'x'] }`,
  `{ a: { b: { c: { d: 1 } } }, l: [[[[1]]]] }`,
  `[[[[]]]], {a:{b:{c:{}}}}`,
  `new Map([['k', { a: 1 }]]), new Set([1, 'x'])`,
  `new Map(), new Set(), [], {}`,
  `() => 1, function named() {}, class Box {}, async () => 1, function* g() {}, async function* ag() {}`,
  `class A {}, class B extends Array {}, class { static x = 1 }`,
  `Object.assign(() => 1, { a: 1 })`,
  `new (class Box { size = 1 })(), Object.create(null), Object.assign(Object.create(null), {a:1})`,
  `new Date(0), /x/gi, new Date(NaN), Object.assign(/x/, {a:1})`,
  `new Uint8Array(2), new Float64Array([1.5, -0]), new BigInt64Array(2)`,
  `Object(5), Object('ab'), Object(true), Object(1n), Object(Symbol('q')), Object(-0)`,
  `'%s is %d%% %i %f %j %o %O %c|', 'x', '42', 4.9, '1.5', { a: 1 }, 1, { b: 2 }, 'css', 'rest'`,
  `'%s %s %s', 1n, Symbol('a'), null`,
  `'%d %d %d %i', '0x10', true, null, '12.7px'`,
  `'%s', {a:{b:1}}`,
  `'%x %s', 1`,
  `'%', 1`,
  `'100%', 'a'`,
  `'%%', 1`,
  `'%%'`,
  `'%s %%', 'a', 'b'`,
  `'%s'`,
  `'%O', {a:{b:{c:{d:1}}}}`,
  `'%j', {a:[1,{b:2}],u:undefined,d:new Date(0)}`,
  `'%i %f', 1n, 'x'`,
  `'%s', -0`,
  `'%s', () => 1`,
  `'%s', undefined`,
  `{ get a() { throw 1 }, set b(x) {}, get c() { for (;;); }, set c(x) {} }`,
  `(() => { const a = { name: 'a' }; a.self = a; return a })()`,
  `(() => { const a = { }; a.b = {a}; a.b.b = a.b; return [a] })()`,
  `Array.from({length: 30}, (_, i) => i)`,
  `Array.from({length: 101}, (_, i) => i)`,
  `Array.from({length: 7}, (_, i) => 'item ' + i)`,
  `Array.from({length: 120}, (_, i) => 'item ' + i * 1000)`,
  `Array.from({length: 27}, (_, i) => 'x'.repeat(i))`,
  `[1.5, 22.25, 333.125, 4, 5, 6, 7, 8]`,
  `[undefined, null, undefined, null, 1, 2, 3, 4]`,
  `[1n,2n,3n,4n,5n,6n,7n]`,
  `new Array(5), [1,,3], [,,1], Object.assign([1,2], {x: 1})`,
  `new Array(4e9)`,
  `[1,2,,,,6,,]`,
  `{ long: 'x'.repeat(100), other: 'y'.repeat(20) }`,
  `{ a: 'x'.repeat(200) }`,
  `['x'.repeat(70), 'y'.repeat(70)]`,
  `{ text: 'line one\\nline two ' + 'z'.repeat(120) + '\\nend' }`,
  `{ a: 'short\\nlines' }`,
  `{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10, k: 11, l: 12, m: 13, n: 14, o: 15, p: 16, q: 17, r: 18, s: 19, t: 20, u: 21, v: 22, w: 23, x: 24, y: 25, z: 26 }`,
  `{ users: [{ id: 1, name: 'Ann', tags: ['a', 'b'] }, { id: 2, name: 'Bob', tags: [] }], total: 2, next: null }`,
  `{ a: { b: { c: 1 } } }`,
  `{ a: { b: { c: [1] , d: {} } } }`,
  `[{a:1,b:{c:2}},[[1,[2,[3]]]]]`,
  `"it's", ["it's", 'say "x"', "it's \\"x\\"", \`it's "x" \\\`y\\\`\`]`,
  `['\\x00\\x1b\\x7f\\n\\t\\\\', '\\ud800', 'ü€😀']`,
  `{ '': 1, 'a-b': 2, $x: 3, _y: 4, 1: 5, __proto__: null, ['__proto__']: 6 }`,
  `{ [Symbol('a b')]: 1, [Symbol()]: 2 }`,
  `new Error('x').message`,
  `[new Error('in list')]`,
  `new RangeError('bad', { cause: new Error('why') })`,
  `Object.assign(new Error('with'), { code: 'E', info: { a: 1 } })`,
  `new (class MyError extends Error {})('m')`,
  `new (class extends Error { name = 'Own' })('m')`,
  `new AggregateError([new Error('a'), 1], 'many')`,
  `Object.assign(new Error('m'), { name: 'Zed' })`,
  `Object.assign(new Error('m'), {stack: undefined})`,
  `{ e: new Error('nested') }`,
  `new Error('multi\\nline')`,
  `new Error('c', { cause: 'text' })`,
  `Object.create(Error.prototype)`,
  `new Proxy({ a: 1 }, {}), new Proxy([1], {}), new Proxy(() => 1, {}), new Proxy(new Proxy({}, {}), {})`,
  `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()`,
  `{ p: new Proxy({ a: 1 }, { get() { throw 1 }, ownKeys() { throw 2 } }) }`,
  `new WeakMap(), new WeakSet()`,
  `new ArrayBuffer(4), new DataView(new ArrayBuffer(2))`,
  `{ b: new ArrayBuffer(2) }`,
  `new Uint8Array(200)`,
  `new (class X extends Uint8Array {})(2), new (class Y extends Array {})(3), new (class M extends Map {})([[1,2]]), new (class S extends Set {})(), new (class D extends Date {})(0), new (class R extends RegExp {})('a', 'g')`,
  `(function () { return arguments })(1, 2)`,
  `Math, JSON, globalThis.Reflect, Intl`,
  `(function* g() {})()`,
  `Object.create({ a: 1 }), Object.create(class Foo {}.prototype), Object.create(Object.create(null))`,
  `class Foo { get x() { return 1 } static y = 2 }`,
  `new (class Foo { #p = 1; get x() { return 1 } })()`,
  `Object.defineProperty({}, 'hidden', { value: 1 })`,
  `{ [Symbol.toStringTag]: 'Tagged', a: 1 }`,
  `new (class { get [Symbol.iterator]() { throw 1 } })()`,
  `{ f() {}, async g() {}, h: class {}, i: Symbol('z'), *j() {} }`,
  `new Map([[{ a: 1 }, new Map([[1, new Map([[2, new Map()]])]])]])`,
  `new Set([[1, 2], { a: new Set([1]) }])`,
  `new Map(Array.from({length: 101}, (_, i) => [i, i]))`,
  `new Set(Array.from({length: 101}, (_, i) => i))`,
  `null, undefined, NaN, Infinity, -Infinity, 1e21, 1e-7, 123456789.123`,
  `[ -0, 0 ], { a: -0 }`,
  `''`,
  `'', ''`,
  `['']`,
  `'a\\nb', 'c'`,
  `{ toString() { throw 1 }, toJSON() { throw 2 }, valueOf() { throw 3 }, constructor: 5 }`,
  `{ constructor: { name: 'Fake' } }`,
  `Symbol.iterator, [Symbol.for('x')]`,
  `{ date: new Date(0), re: /a/, fn: () => 1, nested: { date: new Date(0), fn() {} , deep: { date: new Date(0), o: {} , f() {}, m: new Map([[1,2]]), a: [1], e: [] } } }`,
  `[[1, 2, [3, 4, [5, [6]]], { a: { b: { c: {} } } }]]`,
  `process => 1, { x: globalThis.undefinedThing }`,
  `Object.assign(new Map([[1, 2]]), { extra: true })`,
  `[['a', 1], ['b', 2]], [['a', [1, 2, 3]], ['b', [4, 5, 6]]]`,
  `Array.from({length: 10}, (_, i) => ({ id: i, name: 'n' + i }))`,
  `Array.from({length: 8}, (_, i) => [i, i * 2])`,
  `Promise`,
  `[1, 'a', null, undefined, true, 2n, Symbol('x')]`,
  `[...'abcdefghijklmnop']`,
]

const custom = "{ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1 } }"

/**
 * Where the text differs from Node's on purpose: it would have taken code of the user, or knowledge that only the host of
 * a V8 has.
 */
const unlikeNode: [values: string, ours: string][] = [
  // Node calls these.
  [custom, '{\n  Symbol(nodejs.util.inspect.custom): [Function: [nodejs.util.inspect.custom]]\n}'],
  ["'%s', { toString() { return 'mine' } }", '{ toString: [Function: toString] }'],
  ["'%j', { toJSON() { return 1 }, get a() { throw 1 }, b: 2 }", '{"b":2}'],
  ["'%d %i %f', { valueOf() { return 5 } }, [7], { valueOf() { return 5 } }", 'NaN NaN NaN'],
  ["new (class Foo { get [Symbol.toStringTag]() { return 'Bar' } })()", 'Foo {}'],
  ["Object.defineProperty(new Error('m'), 'message', { get() { throw 1 } })", '[Error]'],
  ["Object.assign(new Error('m'), { stack: 'my own' })", '[Error: m]'],
  // Only Node knows what is inside.
  ['Promise.resolve(1), new Promise(() => {})', 'Promise { <state unknown> } Promise { <state unknown> }'],
  [
    "new Map([[1, 2]]).entries(), new Set(['a'])[Symbol.iterator]()",
    'Object [Map Iterator] {} Object [Set Iterator] {}',
  ],
  // A Map is known by its prototype.
  ['Object.setPrototypeOf(new Map([[1, 2]]), null)', '[Object: null prototype] {}'],
  // What nobody enumerates stays hidden.
  ["'%o', { f: () => 1 }", '{ f: [Function: f] }'],
  ["'%o', [1]", '[ 1 ]'],
]

describe('console', () => {
  let executor: Executor
  beforeAll(() => {
    executor = openPool({ runners: 1 })
  })
  afterAll(() => executor.close())

  /** What a run logs: `level text` of each line. */
  async function logOf(body: string, head = ''): Promise<string[]> {
    const going = start(executor, jobOf(`${head}\nexport default async ({ console }) => { ${body} }`))
    expect(await going.outcome).toMatchObject({ kind: 'Success' })
    return going.lines.map(({ level, message }) => `${level} ${message}`)
  }

  /** Frames are those of the user here and those of Node there. */
  const withoutFrames = (text: string) =>
    text.replaceAll(/\n *at .*/g, '').replaceAll(/\n *\.{3} \d+ lines matching cause stack trace \.{3}.*/g, '')

  test(`${likeNode.length} values look as in Node`, async () => {
    const lines = await logOf(likeNode.map((values) => `console.log(${values})`).join('\n'))
    for (const [index, values] of likeNode.entries()) {
      const expected: unknown = runInThisContext(`[${values}]`)
      if (!Array.isArray(expected)) throw new Error('unreachable')
      expect(withoutFrames(lines[index] ?? ''), values).toBe(`info ${withoutFrames(format(...expected))}`)
    }
  })

  test.each(unlikeNode)('%s differs from Node on purpose', async (values, ours) => {
    expect(await logOf(`console.log(${values})`)).toEqual([`info ${ours}`])
  })

  test('nothing of the user is called, and nothing throws', async () => {
    const lines = await logOf(`
      const seen = []
      const trap = (name) => () => { seen.push(name); throw new Error(name) }
      const traps = new Proxy({}, { get: (_, name) => trap('trap ' + String(name)) })
      const hostile = {
        get a() { return trap('getter')() }, toString: trap('toString'), valueOf: trap('valueOf'), toJSON: trap('toJSON'),
        [Symbol.toPrimitive]: trap('toPrimitive'), [Symbol.for('nodejs.util.inspect.custom')]: trap('custom'),
        get [Symbol.toStringTag]() { return trap('tag')() }, get constructor() { return trap('constructor')() },
      }
      const error = new Error('x')
      for (const key of ['name', 'message', 'cause', 'errors']) Object.defineProperty(error, key, { get: trap(key) })
      class Hostile extends Error { get name() { return trap('class name')() } get [Symbol.toStringTag]() { return trap('class tag')() } }
      class Exotic extends RegExp { get flags() { return trap('flags')() } get source() { return trap('source')() } }
      class Mapped extends Map { get size() { return trap('size')() } [Symbol.iterator]() { return trap('iterator')() } }
      Error.prepareStackTrace = trap('prepareStackTrace')
      const values = [
        hostile, error, new Hostile('y'), new Exotic('a', 'g'), new Mapped([[1, 2]]), new Proxy(hostile, traps), new Proxy(() => 1, traps),
        Object.create(new Proxy({}, traps)), Object.setPrototypeOf(new Error('z'), new Proxy(Error.prototype, traps)),
        Object.assign(() => 1, { b: 2 }), Object.create(hostile), [hostile, , new Proxy([1], traps)],
        Object.assign(new Error('q', { cause: error }), { name: hostile }), Object.assign(new Error(''), { message: hostile }),
        Object.defineProperty(class {}, 'name', { get: trap('static name') }), new Proxy(class {}, traps),
      ]
      const methods = ['log', 'debug', 'error', 'dir', 'table', 'trace', 'group', 'count', 'countReset', 'time', 'timeLog', 'timeEnd', 'dirxml']
      for (const method of methods) for (const value of values) console[method](value, value)
      for (const template of ['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c'])
        for (const value of values) console.log(template, value)
      for (const value of values) { console.assert(false, value); console.table([value], value) }
      const { proxy, revoke } = Proxy.revocable([], traps)
      revoke()
      const columns = Object.defineProperty([1], 0, { get: trap('column') })
      for (const wanted of [proxy, columns, new Proxy(columns, traps)]) { console.table([{ a: 1 }], wanted); console.table(wanted) }
      console.log(proxy, Object.assign(new Error('r'), { errors: proxy, cause: proxy }), [proxy])
      console.info('seen', JSON.stringify(seen))`)
    expect(lines.length).toBeGreaterThan(300)
    expect(lines.at(-1)).toMatch(/^info +seen \[\]$/)
  })

  test('an error is shown with the frames of the user, and its causes below it', async () => {
    const [line] = await logOf(`console.log(new RangeError('outer', { cause: new TypeError('inner') }))`)
    expect(line).toMatch(
      /^info RangeError: outer\n {4}at default \(workflow\.js:2:\d+\) \{\n {2}\[cause\]: TypeError: inner\n {6}at default \(workflow\.js:2:\d+\)\n\}$/,
    )
  })

  test('levels, groups, counts, times and assertions', async () => {
    const lines = await logOf(`
      console.debug('d'); console.info('i'); console.log('l'); console.warn('w'); console.error('e')
      console.group('outer', 1); console.log('in\\nside'); console.groupCollapsed(); console.log({ a: 1 })
      console.groupEnd(); console.warn('one out'); console.groupEnd(); console.groupEnd(); console.log('out')
      console.count(); console.count(); console.count('x'); console.countReset(); console.count(); console.countReset('none')
      console.assert(true, 'no'); console.assert(false); console.assert(false, 'why %d', 5); console.assert(0, { a: 1 })
      console.time(); console.time(); console.timeEnd(); console.timeEnd(); console.time('t'); console.timeLog('t', 'and', { a: 1 })
      console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 }); console.dir({ a: { b: { c: { d: 1 } } } }, { depth: null })
      console.clear(); console.log(); console.log('')`)
    expect(lines.map((line) => line.replaceAll(/\d+ms/g, 'Nms'))).toEqual(
      [
        ['debug d', 'info i', 'info l', 'warn w', 'error e'],
        ['info outer 1', 'info   in\n  side', 'info     { a: 1 }', 'warn   one out', 'info out'],
        ['info default: 1', 'info default: 2', 'info x: 1', 'info default: 1', "warn Count for 'none' does not exist"],
        ['error Assertion failed', 'error Assertion failed: why 5', 'error Assertion failed { a: 1 }'],
        ["warn Label 'default' already exists for console.time()", 'info default: Nms'],
        ["warn No such label 'default' for console.timeEnd()", 'info t: Nms and { a: 1 }'],
        ['info { a: [Object] }', 'info {\n  a: { b: { c: { d: 1 } } }\n}', 'info ', 'info '],
      ].flat(),
    )
  })

  test('a trace is a line of debug with the place it came from', async () => {
    const [line] = await logOf('here()', `function here() {\n  console.trace('at %d', 1)\n}`)
    expect(line).toMatch(
      /^debug Trace: at 1\n {4}at here \(workflow\.js:2:\d+\)\n {4}at default \(workflow\.js:4:\d+\)$/,
    )
  })

  test('tables', async () => {
    const [first, second, third, fourth, fifth] = await logOf(`
      console.table([{ a: 1, b: 'x' }, { a: 22, c: null }])
      console.table([[1, 2], 'plain'])
      console.table(new Map([['k', { v: 1 }]]))
      console.table([{ a: 1, b: 2 }], ['b'])
      console.table(5)`)
    expect(first?.split('\n')).toEqual([
      'info ┌─────────┬────┬─────┬──────┐',
      '│ (index) │ a  │ b   │ c    │',
      '├─────────┼────┼─────┼──────┤',
      "│ 0       │ 1  │ 'x' │      │",
      '│ 1       │ 22 │     │ null │',
      '└─────────┴────┴─────┴──────┘',
    ])
    expect(second).toContain("│ 1       │   │   │ 'plain' │")
    expect(third).toContain("│ 0                 │ 'k' │ { v: 1 } │")
    expect(fourth).toBe('info ┌─────────┬───┐\n│ (index) │ b │\n├─────────┼───┤\n│ 0       │ 2 │\n└─────────┴───┘')
    expect(fifth).toBe('info 5')
  })

  test('ten million lines end quickly, do not use up memory, and are counted', async () => {
    const code = `export default ({ console }) => {
      const big = { list: Array.from({ length: 1000 }, () => ({ a: 1 })) }
      for (let n = 0; n < 1e7; n++) console.log(big)
    }`
    const going = start(executor, jobOf(code, { memoryMb: 32, timeoutMs: 60_000 }))
    expect(await going.outcome).toMatchObject({ kind: 'Success' })
    const said = going.lines.at(-1)?.message ?? ''
    expect(said).toMatch(/^\d+ more lines were dropped: a run keeps at most 1000 lines and 256 kB of log$/)
    expect(Number.parseInt(said) + going.lines.length - 1).toBe(1e7)
  })
})
