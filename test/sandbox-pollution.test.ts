import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, start } from './suites/executor.ts'

const boot = new URL('../src/executor/boot/', import.meta.url)

/** Every name of a property that our own code in the isolate may read or write. */
const names = [
  ...new Set(
    readdirSync(boot)
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => readFileSync(new URL(file, boot), 'utf8').match(/\b[a-zA-Z]\w*\b/g) ?? []),
  ),
]

/**
 * Turns all built-ins that can be reached into traps that note that they were run: methods, getters, iterators, and
 * properties of `Object.prototype` and `Array.prototype` with each name that our own code uses. `seen` has what was noted.
 */
const pollution = `
const seen = []
const define = Object.defineProperty, ownKeys = Reflect.ownKeys, describe = Object.getOwnPropertyDescriptor, text = String
const push = (what) => define(seen, seen.length, { __proto__: null, value: what, writable: true, enumerable: true, configurable: true })
const trap = (what) => function (...values) { push(what); return values.length > 0 ? values[0] : undefined }
function poison(object, path) {
  const keys = ownKeys(object)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    const found = describe(object, key)
    if (!found.configurable || key === 'constructor') continue
    const what = path + '.' + text(key)
    if (typeof found.value === 'function') define(object, key, { __proto__: null, value: trap(what), writable: true, configurable: true })
    else if (found.get !== undefined) define(object, key, { __proto__: null, get: trap('get ' + what), set: trap('set ' + what), configurable: true })
  }
}
const iterators = [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/a/g)].map(Object.getPrototypeOf)
const classes = [
  Array, String, Number, Boolean, Symbol, BigInt, Date, RegExp, Promise, Map, Set, WeakMap, WeakSet, WeakRef, Function, ArrayBuffer, DataView,
  Uint8Array, Object.getPrototypeOf(Uint8Array), Error, TypeError, RangeError, AggregateError, Iterator, Proxy, Object,
]
const spaces = [JSON, Math, Reflect, Intl, console]
const names = ${JSON.stringify(names)}
const all = [...classes.flatMap((made) => [[made, made.name], [made.prototype, made.name + '.prototype']]), ...spaces.map((space) => [space, 'space']), ...iterators.map((it) => [it, 'iterator'])]
const log = console.log, warn = console.warn, error = console.error, table = console.table, stringify = JSON.stringify
const wait = setTimeout, every = setInterval, stop = clearInterval, soon = queueMicrotask
const Made = { TypeError, Error, Map, Proxy, Promise }
const then = Promise.prototype.then
for (let index = 0; index < all.length; index++) if (all[index][0]) poison(all[index][0], all[index][1])
for (let index = 0; index < names.length; index++) {
  const name = names[index]
  define(Object.prototype, name, { __proto__: null, get: trap('get Object.prototype.' + name), set: trap('set Object.prototype.' + name), configurable: true })
}
for (let index = 0; index < 30; index++)
  define(Array.prototype, index, { __proto__: null, get: trap('get ' + index), set: trap('set ' + index), configurable: true })
const globals = ['ArrayBuffer', 'Proxy', 'Object', 'Array', 'String', 'Map', 'Set', 'Promise', 'JSON', 'Reflect', 'Error', 'TypeError', 'Date', 'Symbol']
for (let index = 0; index < globals.length; index++)
  define(globalThis, globals[index], { __proto__: null, value: trap('global ' + globals[index]), writable: true, configurable: true })
seen.length = 0
`

describe('built-ins that all are traps', () => {
  let executor: Executor
  beforeAll(() => {
    executor = openPool({ runners: 1 })
  })
  afterAll(() => executor.close())

  async function outcomeOf(body: string) {
    const going = start(executor, jobOf(`${pollution}\nexport default async (context) => {\n${body}\n}`))
    return { outcome: await going.outcome, lines: going.lines.map(({ level, message }) => `${level} ${message}`) }
  }

  test('a run that logs, waits and returns goes on as ever, and runs none of them', async () => {
    const { outcome, lines } = await outcomeOf(`
      log('%s is %d', 'a', 5, { a: { b: [1, { c: 1 }] } }, 'x')
      warn([1, , 3], null, undefined, 1n, () => 1, class A {}, /a/g)
      table([{ a: 1 }, { b: 2 }])
      error(new Made.TypeError('shown'))
      let count = 0
      await new Made.Promise((resolve) => wait(resolve, 5))
      await new Made.Promise((resolve) => { const id = every(() => { if (++count === 3) { stop(id); resolve() } }, 1) })
      await new Made.Promise((resolve) => soon(resolve))
      let text = ''
      for (let index = 0; index < seen.length; index++) text += seen[index] + ', '
      // They do work.
      void ({}).problem
      void [].concat()
      return { list: [1, 'two', { three: 3 }], count, text, traps: seen.length }`)
    expect(outcome).toMatchObject({
      kind: 'Success',
      data: { list: [1, 'two', { three: 3 }], count: 3, text: '', traps: 2 },
    })
    expect(lines.slice(0, 2)).toEqual([
      'info a is 5 { a: { b: [ 1, [Object] ] } } x',
      'warn [ 1, <1 empty item>, 3 ] null undefined 1n [Function (anonymous)] [class A] /a/g',
    ])
    expect(lines[2]).toContain('│ 1       │   │ 2 │')
    expect(lines[3]).toMatch(/^error TypeError: shown\n {4}at default \(workflow\.js:\d+:\d+\)$/)
  })

  test.each([
    ['an error', `throw new Made.TypeError('thrown')`, { code: 'USER_ERROR', name: 'TypeError', message: 'thrown' }],
    [
      'an error in a timer',
      `await new Made.Promise(() => wait(() => { throw new Made.TypeError('late') }, 1))`,
      { code: 'USER_ERROR', message: 'late' },
    ],
    [
      'an error in a microtask',
      `await new Made.Promise(() => soon(() => { throw new Made.TypeError('soon') }))`,
      { code: 'USER_ERROR', message: 'soon' },
    ],
    [
      'no error',
      `throw { a: 1 }`,
      { code: 'USER_ERROR', name: 'NonErrorThrown', message: 'Something that is not an Error was thrown: { a: 1 }' },
    ],
    [
      'a rejection that nobody handles',
      `(async () => { throw new Made.TypeError('left') })(); await new Made.Promise(() => {})`,
      { code: 'USER_ERROR', message: 'left' },
    ],
    ['a BigInt', `return { a: [1n] }`, { code: 'BAD_RESULT', message: 'data.a[0]: expected JSON, got a BigInt' }],
    ['a Map', `return [new Made.Map()]`, { code: 'BAD_RESULT' }],
    [
      'a circle',
      `const made = { zzz: null }; made.zzz = made; return made`,
      { code: 'BAD_RESULT', message: 'data.zzz: expected JSON, got a circular reference' },
    ],
    ['no function', `return () => 1`, { code: 'BAD_RESULT', message: 'data: expected JSON, got a function' }],
  ])('%s is reported as ever', async (_what, body, failure) => {
    expect((await outcomeOf(body)).outcome).toMatchObject({ kind: 'Failure', failure: { ...failure } })
  })

  test('a verdict cannot be forged by properties that it inherits', async () => {
    const forge = `for (const [name, value] of [['problem', 'forged'], ['json', '"forged"'], ['kind', 'success'], ['message', 'forged'], ['stack', 'forged'], ['name', 'Forged'], ['retryable', false]])
      Object.defineProperty(Object.prototype, name, { value, writable: true, configurable: true })`
    for (const [code, expected] of [
      [`${forge}\nexport default () => ({ a: 1 })`, { kind: 'Success', data: { a: 1 } }],
      [
        `${forge}\nexport default () => [1n]`,
        { kind: 'Failure', failure: { code: 'BAD_RESULT', message: 'data[0]: expected JSON, got a BigInt' } },
      ],
      [
        `${forge}\nexport default () => { throw new TypeError('true') }`,
        { kind: 'Failure', failure: { name: 'TypeError', message: 'true' } },
      ],
      [
        `${forge}\nexport default 5`,
        { kind: 'Failure', failure: { message: 'default export: expected a function, got number' } },
      ],
    ] as const) {
      const going = start(executor, jobOf(code))
      expect(await going.outcome).toMatchObject(expected)
    }
  })
})
