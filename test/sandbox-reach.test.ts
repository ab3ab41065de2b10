import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, run } from './suites/executor.ts'

/**
 * Walks everything that can be reached from the global object and from syntax, by properties, prototypes, and getters and
 * setters as functions, and gives the path to each property. `hidden`: globals not to look into.
 */
const walk = `(hidden) => {
  const paths = []
  const seen = new Set([globalThis])
  const queue = [['globalThis', globalThis]]
  const add = (path, value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
    seen.add(value)
    queue.push([path, value])
  }
  for (const [path, value] of queue) {
    add(path + '.<prototype>', Reflect.getPrototypeOf(value))
    for (const key of Reflect.ownKeys(value)) {
      const here = path + '.' + String(key)
      if (path === 'globalThis' && hidden.includes(key)) { paths.push(here); continue }
      if (path === 'globalThis' && (key === 'hidden' || key === 'walked')) continue
      paths.push(here)
      const found = Reflect.getOwnPropertyDescriptor(value, key)
      add(here, found.value)
      add(here + '.<get>', found.get)
      add(here + '.<set>', found.set)
    }
    if (queue.length > 20000) throw new Error('too many')
    if (value === globalThis) {
      const roots = [
        function () {}, () => {}, async () => {}, function* () {}, async function* () {}, class {}, class extends Array {}, /a/, [], {}, '', 1, true, 1n, Symbol.iterator,
        (function* () {})(), (async function* () {})(), [][Symbol.iterator](), ''[Symbol.iterator](), new Map().entries(), new Set().values(), 'a'.matchAll(/a/g),
        [].values().map((x) => x), Iterator.from({ next() {} }), (function () { return arguments })(), (function () { 'use strict'; return arguments })(),
        (async () => {})(), new Error('x'), ((strings) => strings)\`a\`, Object.getOwnPropertyDescriptor(new Error('x'), 'stack').get, new Intl.Segmenter().segment('a')[Symbol.iterator](),
        new Intl.NumberFormat().format, new (class { static #p = 1; get g() { return new.target } })(),
      ]
      roots.forEach((root, index) => add('root' + index, Object(root)))
    }
  }
  return paths
}`

/** What the web adds, each loaded when it is first used. What it consists of is not looked into here. */
const web = `
  URL URLSearchParams structuredClone TextEncoder TextDecoder atob btoa DOMException Event
  CustomEvent EventTarget AbortSignal AbortController Headers Request Response fetch
  performance crypto Crypto CryptoKey SubtleCrypto Blob FormData File`
  .trim()
  .split(/\s+/)

const timers = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'queueMicrotask']

/** What memory that no limit sees is made of. */
const removed =
  /^globalThis\.(WebAssembly|SharedArrayBuffer|Atomics)(\.|$)|^globalThis\.ArrayBuffer\.prototype\.(resize|resizable|maxByteLength)(\.|$)|^globalThis\.console(\.|$)/

describe('what code can reach', () => {
  let executor: Executor
  beforeAll(() => {
    executor = openPool({ runners: 1 })
  })
  afterAll(() => executor.close())

  test('the bare language, less what was removed, plus what is listed here', async () => {
    const code = `export default () => (${walk})(${JSON.stringify(web)}).join('\\n')`
    const outcome = await run(executor, jobOf(code))
    if (outcome.kind !== 'Success' || typeof outcome.data !== 'string') throw new Error(JSON.stringify(outcome))
    const ours = outcome.data.split('\n')
    const bare = execFileSync(
      process.execPath,
      [
        '--no-node-snapshot',
        '--input-type=module',
        '--eval',
        `import ivm from ${JSON.stringify(import.meta.resolve('isolated-vm'))}
        const context = new ivm.Isolate().createContextSync()
        console.log(context.evalSync(${JSON.stringify(`'use strict'; (${walk})([]).join('\\n')`)}))`,
      ],
      { encoding: 'utf8', maxBuffer: 1e8, cwd: fileURLToPath(new URL('..', import.meta.url)) },
    )
      .trim()
      .split('\n')
    expect(bare.length).toBeGreaterThan(1500)
    const added = ours.filter((path) => !bare.includes(path))
    const missing = bare.filter((path) => !ours.includes(path) && !removed.test(path))
    const isListed = (path: string) =>
      [...web, ...timers].some((name) => path === `globalThis.${name}` || path.startsWith(`globalThis.${name}.`)) ||
      /^globalThis\.console\.\w+(\.|$)|^globalThis\.console\.Symbol|^globalThis\.Error\.prepareStackTrace(\.|$)/.test(
        path,
      )
    expect(added.filter((path) => !isListed(path))).toEqual([])
    expect(missing).toEqual([])
    for (const name of timers) expect(added).toContain(`globalThis.${name}`)
  })

  test('no buffer that grows, however it is asked for', async () => {
    const code = `export default () => {
      const option = { maxByteLength: 16 }
      class Sub extends ArrayBuffer {}
      class Made extends ArrayBuffer { constructor(length) { super(length, option) } }
      class Species extends ArrayBuffer { static get [Symbol.species]() { return class extends ArrayBuffer { constructor(n) { super(n, option) } } } }
      const found = [
        () => new ArrayBuffer(8, option), () => new Sub(8, option), () => new Made(8), () => new Species(8).slice(0, 4),
        () => Reflect.construct(ArrayBuffer, [8, option]), () => Reflect.construct(ArrayBuffer, [8, option], Object), () => Reflect.construct(ArrayBuffer, [8, option], Sub),
        () => Reflect.construct(Object.getPrototypeOf(Sub), [8, option]), () => new ArrayBuffer.prototype.constructor(8, option), () => new (new Uint8Array(8).buffer.constructor)(8, option),
        () => new (ArrayBuffer.bind(null, 8, option))(), () => Function.prototype.call.call(ArrayBuffer, null), () => new (ArrayBuffer.prototype.slice.call(new ArrayBuffer(8), 0).constructor)(8, option),
        () => new Uint8Array(8, option).buffer, () => new ArrayBuffer(8).transfer(16), () => new ArrayBuffer(8, option).transfer(16), () => structuredClone(new ArrayBuffer(8, option)),
        () => new (Object.getOwnPropertyDescriptor(ArrayBuffer, Symbol.species).get.call(ArrayBuffer))(8, option), () => new (new Proxy(ArrayBuffer, {}))(8, option),
        () => { let got; new Proxy(ArrayBuffer, { construct(target, values, newTarget) { got = target } }); return new (got ?? ArrayBuffer)(8, option) },
        () => new (new Function('return ArrayBuffer')())(8, option), () => new ((0, eval)('ArrayBuffer'))(8, option), () => Uint8Array.fromHex('00').buffer, () => new DataView(new ArrayBuffer(8, option)).buffer,
        () => { const traps = []; for (const name of ['get', 'has', 'apply', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'ownKeys', 'defineProperty']) Object.defineProperty(Object.prototype, name, { value(target) { traps.push(target) }, configurable: true, writable: true })
          try { void ArrayBuffer.length; void Object.keys(ArrayBuffer); void ('x' in ArrayBuffer); void Object.getPrototypeOf(ArrayBuffer) } catch {}
          for (const name of ['get', 'has', 'apply', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'ownKeys', 'defineProperty']) delete Object.prototype[name]
          if (traps.length > 0) return 'caught the constructor'; return new ArrayBuffer(8, option) },
      ].map((make) => { try { const made = make(); return typeof made === 'string' ? made : Object.prototype.toString.call(made) + ['resizable', 'maxByteLength', 'resize', 'growable', 'grow'].filter((key) => key in Object(made)) } catch (error) { return error.name } })
      return [...new Set(found)]
    }`
    const outcome = await run(executor, jobOf(code))
    if (outcome.kind !== 'Success' || !Array.isArray(outcome.data)) throw new Error(JSON.stringify(outcome))
    // One was called without new, one was given another prototype.
    expect(outcome.data.toSorted()).toEqual(['TypeError', '[object ArrayBuffer]', '[object Object]'])
  })

  test('a buffer is what it is in every other way', async () => {
    const code = `export default () => {
      class Sub extends ArrayBuffer { get twice() { return this.byteLength * 2 } }
      const sub = new Sub(4)
      return [
        new ArrayBuffer(3).byteLength, sub instanceof Sub, sub instanceof ArrayBuffer, sub.twice, ArrayBuffer.name, ArrayBuffer.length, ArrayBuffer.isView(new Uint8Array(1)),
        new Uint8Array([1, 2]).buffer instanceof ArrayBuffer, new ArrayBuffer(4).slice(1).byteLength, ArrayBuffer.prototype.constructor === ArrayBuffer, String(new ArrayBuffer(1)),
        new Proxy({ a: 1 }, {}).a, Proxy.name, Proxy.length, 'prototype' in Proxy, Proxy.revocable({}, {}).proxy instanceof Object,
      ]
    }`
    expect(await run(executor, jobOf(code))).toMatchObject({
      data: [
        3,
        true,
        true,
        8,
        'ArrayBuffer',
        1,
        true,
        true,
        3,
        true,
        '[object ArrayBuffer]',
        1,
        'Proxy',
        2,
        false,
        true,
      ],
    })
  })

  test.each([
    [
      'a constructor of async functions',
      `return await new (async () => {}).constructor('return typeof process + typeof boot')()`,
      'undefinedundefined',
    ],
    [
      'a constructor of generators',
      `return new (function* () {}).constructor('yield typeof require')().next().value`,
      'undefined',
    ],
    ['eval', `return (0, eval)('typeof process + typeof globalThis.boot')`, 'undefinedundefined'],
    [
      'the caller of a function',
      `const f = () => { try { return typeof f.caller } catch { return 'refused' } }; return [1].map(f)[0]`,
      'refused',
    ],
    ['import.meta', `return JSON.stringify(Object.keys(import.meta))`, '[]'],
    ['a realm of its own', `return typeof ShadowRealm`, 'undefined'],
    [
      'frames',
      `Error.prepareStackTrace = (error, sites) => JSON.stringify(sites.map((site) => [typeof site.getFunction(), typeof site.getThis(), site.getFileName()]).filter(([a, b]) => a !== 'undefined' || b !== 'undefined')); return new Error('x').stack`,
      '[]',
    ],
    [
      'the functions that lead out',
      `return Object.getOwnPropertyNames(globalThis).filter((name) => /^(_|\\$|boot|ivm|host|send|log)/.test(name)).join()`,
      '',
    ],
  ])('nothing by %s', async (_what, body, expected) => {
    expect(await run(executor, jobOf(`export default async () => { ${body} }`))).toMatchObject({ data: expected })
  })

  test.each(['node:fs', 'fs', 'data:text/javascript,1', 'file:///etc/passwd', 'sandbox:main', './main.js', 'user', ''])(
    'nothing by import(%j)',
    async (name) => {
      const code = `export default () => import(${JSON.stringify(name)}).then(Object.keys)`
      expect(await run(executor, jobOf(code))).toMatchObject({ kind: 'Failure', failure: { code: 'USER_ERROR' } })
    },
  )
})
