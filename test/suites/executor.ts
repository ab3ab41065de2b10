import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failure, Outcome } from '../../src/event.ts'
import type { Executor, Job, LogLine, Source } from '../../src/ports.ts'
import { versionHash } from '../../src/program.ts'

export function jobOf(
  code: string,
  changes: Partial<Job> & { language?: Source['language']; script?: string } = {},
): Job {
  const { language = 'JavaScript', script = code, ...rest } = changes
  return {
    eventId: 'evt_1',
    attempt: 1,
    version: { hash: versionHash(language, code), language, code, script, createdAt: 0 },
    event: { id: 'evt_1', type: 'test', createdAt: '2026-01-01T00:00:00.000Z' },
    input: null,
    timeoutMs: 5000,
    memoryMb: 128,
    ...rest,
  }
}

/** A run that is going on, with what it logged so far. */
export function start(executor: Executor, job: Job) {
  const lines: LogLine[] = []
  const abort = new AbortController()
  const waiting = new Set<() => void>()
  let isOver = false
  const outcome = executor
    .run(job, {
      signal: abort.signal,
      log: (added) => {
        if (isOver) throw new Error('a line was logged after the end')
        lines.push(...added)
        for (const check of waiting) check()
      },
    })
    .finally(() => (isOver = true))

  /** Resolves once this has been logged. */
  function logged(text: string): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!lines.some(({ message }) => message === text)) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })
  }

  return { lines, outcome, logged, abort: () => abort.abort(), isOver: () => isOver }
}

export async function run(executor: Executor, job: Job): Promise<Outcome> {
  return await start(executor, job).outcome
}

async function failureOf(executor: Executor, job: Job): Promise<Failure> {
  const outcome = await run(executor, job)
  if (outcome.kind !== 'Failure') throw new Error(`expected a failure, got ${JSON.stringify(outcome)}`)
  return outcome.failure
}

async function dataOf(executor: Executor, job: Job) {
  const outcome = await run(executor, job)
  if (outcome.kind !== 'Success') throw new Error(`expected a success, got ${JSON.stringify(outcome)}`)
  return outcome.data
}

/** Says `started` and then runs until it is stopped. */
const endless = `export default ({ console }) => { console.log('started'); for (;;); }`
const runners = 3

/** What every executor must do. `open` makes one that runs up to `runners` jobs at a time. */
export function executorSuite(name: string, open: (runners: number) => Promise<Executor> | Executor): void {
  describe(`${name} as an executor`, () => {
    let executor: Executor
    beforeAll(async () => {
      executor = await open(runners)
    })
    afterAll(() => executor.close())

    const data = (code: string, changes?: Parameters<typeof jobOf>[1]) => dataOf(executor, jobOf(code, changes))
    const failure = (code: string, changes?: Parameters<typeof jobOf>[1]) => failureOf(executor, jobOf(code, changes))

    async function logOf(code: string): Promise<string[]> {
      const going = start(executor, jobOf(`export default ({ console }) => { ${code} }`))
      expect(await going.outcome).toMatchObject({ kind: 'Success' })
      return going.lines.map(({ message }) => message)
    }

    async function prepared(code: string, language: Source['language'] = 'TypeScript') {
      const result = await executor.prepare({ code, language })
      if (result.kind !== 'Ready') throw new Error(`expected code that can run, got ${JSON.stringify(result)}`)
      return jobOf(code, { language, script: result.script })
    }

    async function refused(code: string, language: Source['language'] = 'TypeScript'): Promise<Failure> {
      const result = await executor.prepare({ code, language })
      if (result.kind !== 'Failure') throw new Error(`expected a failure, got ${JSON.stringify(result)}`)
      expect(result.failure).toMatchObject({ code: 'SYNTAX_ERROR', retryable: false })
      return result.failure
    }

    describe('what code gets and gives', () => {
      test('the default export is called with event, input and attempt, and what it returns is the data', async () => {
        const code = 'export default ({ event, input, attempt }) => ({ event, input, attempt })'
        expect(await data(code, { input: { a: [1, 'ü', '\ud800', null] }, attempt: 3 })).toEqual({
          event: { id: 'evt_1', type: 'test', createdAt: '2026-01-01T00:00:00.000Z' },
          input: { a: [1, 'ü', '\ud800', null] },
          attempt: 3,
        })
      })

      test('what it used is told', async () => {
        const code = `export default ({ console }) => { console.log('a'); for (const end = Date.now() + 20; Date.now() < end;); }`
        const outcome = await run(executor, jobOf(code))
        if (outcome.kind !== 'Success') throw new Error(JSON.stringify(outcome))
        expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(19)
        expect(outcome.usage.cpuMs).toBeGreaterThan(1)
        expect(outcome.usage.heapBytes).toBeGreaterThan(100_000)
        expect(outcome.usage.logLines).toBe(1)
      })

      test.each([
        ['nothing', 'export default () => {}', null],
        [
          'undefined in an object and in a list',
          'export default () => ({ a: undefined, b: [undefined] })',
          { b: [null] },
        ],
        ['a date', 'export default () => new Date(0)', '1970-01-01T00:00:00.000Z'],
        [
          'a key named __proto__',
          'export default () => JSON.parse(\'{"__proto__":1}\')',
          JSON.parse('{"__proto__":1}'),
        ],
        ['the same object twice', 'export default () => { const a = { b: 1 }; return [a, a] }', [{ b: 1 }, { b: 1 }]],
        ['a thenable', 'export default () => ({ then: (resolve) => resolve(7) })', 7],
      ])('returning %s gives JSON', async (_what, code, expected) => {
        expect(await data(code)).toEqual(expected)
      })

      test('an async function is awaited, and timers and microtasks work', async () => {
        const code = `export default async () => {
          const seen = []
          queueMicrotask(() => seen.push('microtask'))
          const cleared = setTimeout(() => seen.push('cleared'), 1)
          clearTimeout(cleared)
          await new Promise((resolve) => setTimeout(resolve, 30))
          await new Promise((resolve) => {
            let left = 3
            const interval = setInterval((word) => {
              seen.push(word)
              if (--left === 0) resolve(clearInterval(interval))
            }, 1, 'interval')
          })
          return seen
        }`
        expect(await data(code)).toEqual(['microtask', 'interval', 'interval', 'interval'])
      })

      test('timers run in the order in which they are due', async () => {
        const code = `export default () => new Promise((resolve) => {
          const seen = []
          setTimeout(() => resolve([...seen, 3]), 40)
          setTimeout(() => seen.push(2), 20)
          setTimeout(() => seen.push(1), 2)
        })`
        expect(await data(code)).toEqual([1, 2, 3])
      })

      test('await works at the top level', async () => {
        const code = `const value = await new Promise((resolve) => setTimeout(resolve, 5, 'later'))\nexport default () => value`
        expect(await data(code)).toBe('later')
      })

      test('nothing is left of an earlier run', async () => {
        const leave = 'globalThis.left = 1; Array.prototype.left = 1; export default () => 1'
        await Promise.all(Array.from({ length: 6 }, () => data(leave)))
        const look = 'export default () => [typeof left, typeof [].left]'
        const found = await Promise.all(Array.from({ length: 6 }, () => data(look)))
        expect(found).toEqual(Array.from({ length: 6 }, () => ['undefined', 'undefined']))
      })

      test('there is no way to the process, to modules or to unlimited memory', async () => {
        const names = ['process', 'require', 'module', 'Buffer', 'WebAssembly', 'SharedArrayBuffer', 'Atomics']
        const code = `export default () => [${names.map((global) => `typeof ${global}`).join(', ')}]`
        expect(await data(code)).toEqual(names.map(() => 'undefined'))
        expect(await data('export default () => new ArrayBuffer(8, { maxByteLength: 16 }).resizable ?? null')).toBe(
          null,
        )
        const escape = `export default ({ console }) => console.log.constructor('return typeof process')()`
        expect(await data(escape)).toBe('undefined')
      })
    })

    describe('results that are not JSON', () => {
      test.each([
        ['({ total: 1n })', 'data.total: expected JSON, got a BigInt'],
        ['({ a: [{ "b c": 1n }] })', 'data.a[0]["b c"]: expected JSON, got a BigInt'],
        ['() => 1', 'data: expected JSON, got a function'],
        ['Symbol("x")', 'data: expected JSON, got a symbol'],
        ['{ const a = {}; a.b = { a }; return a }', 'data.b.a: expected JSON, got a circular reference'],
        ['({ m: new Map() })', 'data.m: expected JSON, got a Map; Object.fromEntries(map) makes an object of it'],
        ['[new Set()]', 'data[0]: expected JSON, got a Set; [...set] makes an array of it'],
        ['({ p: Promise.resolve(1) })', 'data.p: expected JSON, got a Promise; await it first'],
        ['"x".repeat(1024 * 1024)', 'data: expected at most 1 MB of JSON, got more'],
        ['"ü".repeat(600 * 1024)', 'data: expected at most 1 MB of JSON, got more'],
        [
          '{ let a = [1]; for (let i = 0; i < 30; i++) a = [a, a]; return a }',
          'data: expected at most 1 MB of JSON, got more',
        ],
      ])('%s is a bad result', async (body, message) => {
        const found = await failure(`export default () => ${body}`, { timeoutMs: 18_000 })
        expect(found).toMatchObject({ code: 'BAD_RESULT', message, retryable: false })
      })

      test('a result just below the limit is fine', async () => {
        expect(await data('export default () => "x".repeat(1024 * 1024 - 2)')).toHaveLength(1024 * 1024 - 2)
      })
    })

    describe('what is thrown', () => {
      test('an error keeps name, message, the frames of the user, line, column and a code frame', async () => {
        const code = [
          'function check(order) {',
          "  throw new TypeError('no items')",
          '}',
          'export default async ({ input }) => {',
          '  await null',
          '  return check(input)',
          '}',
        ].join('\n')
        expect(await failure(code)).toEqual({
          code: 'USER_ERROR',
          name: 'TypeError',
          message: 'no items',
          stack: 'TypeError: no items\n    at check (workflow.js:2:9)\n    at default (workflow.js:6:10)',
          codeFrame: [
            '  1 | function check(order) {',
            "> 2 |   throw new TypeError('no items')",
            '    |         ^',
            '  3 | }',
          ].join('\n'),
          line: 2,
          column: 9,
          retryable: true,
        })
      })

      test('in TypeScript too, lines and columns are those of the source as written', async () => {
        const code = [
          'interface Order { items: string[] }',
          '',
          'export default ({ input }: { input: Order }): number => {',
          '  const order = input as Order; throw new RangeError(`${order.items.length}`)',
          '}',
        ].join('\n')
        const found = await failureOf(executor, { ...(await prepared(code)), input: { items: ['a'] } })
        expect(found).toMatchObject({ name: 'RangeError', message: '1', line: 4, column: 39 })
        expect(found.stack).toBe('RangeError: 1\n    at default (workflow.ts:4:39)')
        expect(found.codeFrame).toContain('> 4 |   const order = input as Order; throw')
      })

      test.each([
        ['at the top level', `throw new RangeError('early')\nexport default () => 1`],
        [
          'at the top level after a wait',
          `await new Promise((r) => setTimeout(r, 5)); throw new RangeError('early')\nexport default () => 1`,
        ],
        [
          'in a timer',
          `export default () => new Promise(() => setTimeout(() => { throw new RangeError('early') }, 1))`,
        ],
        [
          'in a microtask',
          `export default () => new Promise(() => queueMicrotask(() => { throw new RangeError('early') }))`,
        ],
        ['in a promise nobody waits for', `export default () => { Promise.reject(new RangeError('early')) }`],
        [
          'in a promise nobody waits for, later',
          `export default () => new Promise(() => setTimeout(async () => { throw new RangeError('early') }, 1))`,
        ],
        ['in toJSON', `export default () => ({ toJSON() { throw new RangeError('early') } })`],
      ])('an error %s fails the run', async (_where, code) => {
        expect(await failure(code)).toMatchObject({ code: 'USER_ERROR', name: 'RangeError', message: 'early', line: 1 })
      })

      test('a rejection that is handled in time does not', async () => {
        const code = `export default async () => {
          const rejected = Promise.reject(new Error('handled'))
          await null
          return await rejected.catch((error) => error.message)
        }`
        expect(await data(code)).toBe('handled')
      })

      test('causes are in the stack', async () => {
        const code = `export default () => { throw new Error('outer', { cause: new TypeError('inner', { cause: 'root' }) }) }`
        const found = await failure(code)
        expect(found.stack).toMatch(/^Error: outer\n.*\nCaused by: TypeError: inner\n.*\nCaused by: 'root'$/)
      })

      test.each([
        ["'text'", "Something that is not an Error was thrown: 'text'"],
        ['{ a: 1 }', 'Something that is not an Error was thrown: { a: 1 }'],
        ['undefined', 'Something that is not an Error was thrown: undefined'],
      ])('throwing %s, which is no error, is told as such', async (thrown, message) => {
        const found = await failure(`export default () => { throw ${thrown} }`)
        expect(found).toMatchObject({ code: 'USER_ERROR', name: 'NonErrorThrown', message, retryable: true })
      })

      test('an error can say that another attempt is of no use', async () => {
        const code = `export default () => { throw Object.assign(new Error('no'), { name: 'Refused', retryable: false }) }`
        expect(await failure(code)).toMatchObject({ name: 'Refused', retryable: false })
      })

      test('errors with hostile getters and endless texts are read within bounds', async () => {
        const throwing = `export default () => { throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } }) }`
        expect(await failure(throwing)).toMatchObject({ code: 'USER_ERROR', message: '' })
        const looping = `export default () => { throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } }) }`
        expect(await failure(looping, { timeoutMs: 100 })).toMatchObject({ code: 'TIMEOUT' })
        const long = await failure(`export default () => { throw new Error('x'.repeat(1e6)) }`)
        expect(long.message).toHaveLength('… (991808 more characters)'.length + 8192)
      })

      test('an error that looks like one of ours is still the user’s', async () => {
        for (const text of [
          'Script execution timed out.',
          'Isolate was disposed during execution due to memory limit',
        ]) {
          expect(await failure(`export default () => { throw new Error('${text}') }`)).toMatchObject({
            code: 'USER_ERROR',
          })
          expect(await failure(`throw new Error('${text}')\nexport default 1`)).toMatchObject({ code: 'USER_ERROR' })
        }
      })

      test('built-ins that were tampered with do not change what is reported', async () => {
        const code = `
          Array.prototype.push = String.prototype.slice = Map.prototype.get = () => { throw 1 }
          JSON.stringify = () => '{}'
          Promise.prototype.then = Reflect.apply = Function.prototype.call = null
          Object.defineProperty(Array.prototype, '0', { set() { throw 2 }, configurable: true })
          Array.prototype[Symbol.iterator] = () => { throw 3 }
          export default async ({ console }) => {
            console.log('%s', { a: { b: [1] } })
            await 1
            throw new TypeError('still told')
          }`
        const going = start(executor, jobOf(code))
        const outcome = await going.outcome
        expect(outcome).toMatchObject({
          kind: 'Failure',
          failure: { name: 'TypeError', message: 'still told', line: 10 },
        })
        expect(going.lines.map(({ message }) => message)).toEqual(['{ a: [Object] }'])
      })

      test('importing fails with a clear error', async () => {
        const code = `export default async () => {\n  await import('node:fs')\n}`
        expect(await failure(code)).toMatchObject({
          code: 'USER_ERROR',
          message: 'Cannot import: a program is one file, without imports',
          line: 2,
          retryable: false,
        })
        const fixed = `import fs from 'node:fs'\nexport default () => fs`
        expect(await failure(fixed)).toMatchObject({ code: 'SYNTAX_ERROR', line: 1 })
      })

      test('a default export that is no function is told as such', async () => {
        const found = await failure('export default 5')
        expect(found).toMatchObject({ message: 'default export: expected a function, got number', retryable: false })
      })
    })

    describe('limits', () => {
      const limit = { timeoutMs: 200 }
      test.each([
        ['a loop', `export default () => {\n  for (;;);\n}`, 2],
        [
          'a loop after a wait',
          `export default async () => {\n  await new Promise((r) => setTimeout(r, 10))\n  for (;;);\n}`,
          3,
        ],
        ['a loop while the module loads', `for (;;);\nexport default () => 1`, 1],
        ['a loop in a timer', `export default () => new Promise(() => setTimeout(() => { for (;;); }, 1))`, 1],
        ['a promise that never settles', `export default () => new Promise(() => {})`, null],
        ['microtasks without end', `export default async () => { for (;;) await null }`, undefined],
        ['a built-in that takes long', `export default () => { for (let a = 3n; ; ) a *= a }`, undefined],
        ['a result that never ends', `export default () => new Proxy({}, { ownKeys() { for (;;); } })`, 1],
        // On a busy machine V8 may take too long to stop for the line to be known.
      ])('%s ends at the time limit', { retry: 2 }, async (_what, code, line) => {
        const outcome = await run(executor, jobOf(code, limit))
        const message = 'The code ran longer than its limit of 200 ms'
        expect(outcome).toMatchObject({ kind: 'Failure', failure: { code: 'TIMEOUT', message, retryable: true } })
        if (outcome.kind !== 'Failure') return
        if (line !== undefined) expect(outcome.failure.line).toBe(line)
        expect(outcome.usage.wallMs).toBeGreaterThanOrEqual(200)
      })

      test('growing lists end at the memory limit', async () => {
        const code = `export default () => { for (const all = []; ; ) all.push(new Array(1000).fill(1)) }`
        const found = await failure(code, { memoryMb: 32, timeoutMs: 20_000 })
        const message = 'The code used more memory than its limit of 32 MB'
        expect(found).toMatchObject({ code: 'OUT_OF_MEMORY', message, retryable: true })
      })

      test('the memory limit is that of the job', async () => {
        const code = `export default () => { const all = []; for (let i = 0; i < 60; i++) all.push(new Array(131072).fill(i)); return all.length }`
        expect(await failure(code, { memoryMb: 16, timeoutMs: 20_000 })).toMatchObject({ code: 'OUT_OF_MEMORY' })
        expect(await data(code, { memoryMb: 256, timeoutMs: 20_000 })).toBe(60)
      })

      test('code that crashes V8 ends alone, and the next run goes well', async () => {
        const code = `export default () => 'a'.repeat(1e7).replace(/a/g, '$&'.repeat(1000))`
        const [found, next] = await Promise.all([
          failure(code, { timeoutMs: 20_000 }),
          data('export default () => new Promise((resolve) => setTimeout(resolve, 300, 1))'),
        ])
        // Which comes first, the end of V8 or that of its memory, depends on the machine.
        expect(['SANDBOX_CRASH', 'OUT_OF_MEMORY']).toContain(found.code)
        expect(found.retryable).toBe(true)
        expect(next).toBe(1)
        expect(await data('export default () => 2')).toBe(2)
      })

      test('no more than a thousand timers run at a time', async () => {
        const found = await failure(`export default () => { for (;;) setTimeout(() => {}, 1) }`)
        expect(found.message).toBe('setTimeout: expected at most 1000 timers at a time')
      })
    })

    describe('logs', () => {
      test('lines have level, time and a number that rises from 1', async () => {
        const code = `export default ({ console }) => {
          console.debug('a'); console.log('b'); console.info('c'); console.warn('d'); globalThis.console.error('e')
        }`
        const before = Date.now()
        const going = start(executor, jobOf(code, { attempt: 2 }))
        await going.outcome
        expect(going.lines.map(({ seq, level, message }) => [seq, level, message])).toEqual([
          [1, 'debug', 'a'],
          [2, 'info', 'b'],
          [3, 'info', 'c'],
          [4, 'warn', 'd'],
          [5, 'error', 'e'],
        ])
        for (const { at, eventId, attempt } of going.lines) {
          expect(at).toBeGreaterThanOrEqual(before)
          expect(at).toBeLessThanOrEqual(Date.now())
          expect([eventId, attempt]).toEqual(['evt_1', 2])
        }
      })

      test('lines arrive while the code runs, even if it never lets go of its thread', async () => {
        const going = start(executor, jobOf(endless, { timeoutMs: 60_000 }))
        await going.logged('started')
        expect(going.isOver()).toBe(false)
        going.abort()
        expect(await going.outcome).toEqual({ kind: 'Interrupted' })
      })

      test('what was logged before a failure is kept', async () => {
        const going = start(executor, jobOf(endless, { timeoutMs: 100 }))
        await going.outcome
        expect(going.lines).toHaveLength(1)
      })

      test('beyond a thousand lines they are counted, and the count is the last line', async () => {
        const lines = await logOf('for (let i = 1; i <= 2500; i++) console.log(i)')
        expect(lines).toHaveLength(1001)
        expect(lines[999]).toBe('1000')
        expect(lines[1000]).toBe('1500 more lines were dropped: a run keeps at most 1000 lines and 256 kB of log')
      })

      test('beyond 256 kB too, and a long line is cut', async () => {
        const lines = await logOf(`for (let i = 0; i < 50; i++) console.log('x'.repeat(10000))`)
        expect(lines[0]).toBe(`${'x'.repeat(8192)}… (1808 more characters)`)
        const size = lines.join('').length
        expect(size).toBeGreaterThan(240 * 1024)
        expect(size).toBeLessThan(257 * 1024)
        expect(lines.at(-1)).toMatch(/^\d+ more lines were dropped/)
      })

      test('a flood of lines is stopped by the time limit, with the count so far', async () => {
        const going = start(
          executor,
          jobOf('export default ({ console }) => { for (;;) console.log(1) }', { timeoutMs: 300 }),
        )
        expect(await going.outcome).toMatchObject({ failure: { code: 'TIMEOUT' } })
        expect(going.lines).toHaveLength(1001)
        expect(going.lines.at(-1)?.message).toMatch(/^at least \d+ more lines were dropped/)
      })

      test.each([
        [`'a', 1, -0, 2n, true, null, undefined, Symbol('s')`, 'a 1 -0 2n true null undefined Symbol(s)'],
        [
          `{ a: 1, 'b c': 'it\\'s', [Symbol('k')]: [1, , 'x'] }`,
          `{ a: 1, 'b c': "it's", Symbol(k): [ 1, <1 empty item>, 'x' ] }`,
        ],
        ['{ a: { b: { c: { d: 1 } } }, l: [[[[1]]]] }', '{ a: { b: { c: [Object] } }, l: [ [ [Array] ] ] }'],
        [`new Map([['k', { a: 1 }]]), new Set([1, 'x'])`, `Map(1) { 'k' => { a: 1 } } Set(2) { 1, 'x' }`],
        [
          '() => 1, function named() {}, class Box {}, async () => 1',
          '[Function (anonymous)] [Function: named] [class Box] [AsyncFunction (anonymous)]',
        ],
        ['new (class Box { size = 1 })(), Object.create(null)', 'Box { size: 1 } [Object: null prototype] {}'],
        [
          'new Date(0), /x/gi, new Uint8Array(2), Object(5)',
          '1970-01-01T00:00:00.000Z /x/gi Uint8Array(2) [ 0, 0 ] [Number: 5]',
        ],
        [
          `'%s is %d%% %i %f %j %o %O %c|', 'x', '42', 4.9, '1.5', { a: 1 }, [1], { b: 2 }, 'css', 'rest'`,
          'x is 42% 4 1.5 {"a":1} [ 1 ] { b: 2 } | rest',
        ],
        [
          `{ get a() { throw 1 }, set b(x) {}, get c() { for (;;); }, set c(x) {} }`,
          '{ a: [Getter], b: [Setter], c: [Getter/Setter] }',
        ],
        [`new Proxy({}, { ownKeys() { throw 1 } })`, 'Proxy({})'],
      ])('console.log(%s) reads like in Node', async (values, expected) => {
        expect(await logOf(`console.log(${values})`)).toEqual([expected])
      })

      test('circles, errors and large values are shown within bounds', async () => {
        const [circle, error, long] = await logOf(`
          const a = { name: 'a' }
          a.self = a
          console.log(a)
          console.log(new TypeError('bad'))
          console.log(Array.from({ length: 1e6 }, (_, i) => i))`)
        expect(circle).toBe("<ref *1> { name: 'a', self: [Circular *1] }")
        expect(error).toMatch(/^TypeError: bad\n {4}at default \(workflow\.js:5:\d+\)$/)
        expect(long?.length).toBeLessThan(9000)
        expect(long).toContain('... 999900 more items')
      })
    })

    describe('stopping', () => {
      test('an aborted run ends at once, and its place is free again', async () => {
        const going = Array.from({ length: runners }, () => start(executor, jobOf(endless, { timeoutMs: 600_000 })))
        await Promise.all(going.map((it) => it.logged('started')))
        const next = start(executor, jobOf('export default () => 1'))
        going[0]?.abort()
        expect(await going[0]?.outcome).toEqual({ kind: 'Interrupted' })
        expect(await next.outcome).toMatchObject({ kind: 'Success', data: 1 })
        for (const it of going) it.abort()
        for (const it of going) expect(await it.outcome).toEqual({ kind: 'Interrupted' })
      })

      test('a run that waits for its turn can be aborted too, and one that was aborted before', async () => {
        const going = Array.from({ length: runners }, () => start(executor, jobOf(endless, { timeoutMs: 600_000 })))
        await Promise.all(going.map((it) => it.logged('started')))
        const waiting = start(executor, jobOf('export default () => 1'))
        waiting.abort()
        expect(await waiting.outcome).toEqual({ kind: 'Interrupted' })
        for (const it of going) it.abort()
        const host = { signal: AbortSignal.abort(), log: () => {} }
        expect(await executor.run(jobOf('export default () => 1'), host)).toEqual({ kind: 'Interrupted' })
      })

      test('as many runs go on at a time as there are runners, and no more', async () => {
        const going = Array.from({ length: runners + 1 }, () => start(executor, jobOf(endless, { timeoutMs: 600_000 })))
        const [first, ...others] = going
        const last = others.at(-1)
        if (!first || !last) throw new Error('too few runners')
        await Promise.all(going.slice(0, runners).map((it) => it.logged('started')))
        expect(last.lines).toEqual([])
        first.abort()
        await last.logged('started')
        expect(others.map((it) => it.isOver())).toEqual(others.map(() => false))
        for (const it of others) it.abort()
        await Promise.all(going.map((it) => it.outcome))
      })

      test('closing interrupts runs and calls that come later, and may be repeated', async () => {
        const closing = await open(1)
        const going = start(closing, jobOf(endless, { timeoutMs: 600_000 }))
        await going.logged('started')
        const waiting = start(closing, jobOf('export default () => 1'))
        await closing.close()
        expect(await going.outcome).toEqual({ kind: 'Interrupted' })
        expect(await waiting.outcome).toEqual({ kind: 'Interrupted' })
        expect(await run(closing, jobOf('export default () => 1'))).toEqual({ kind: 'Interrupted' })
        await expect(closing.prepare({ language: 'JavaScript', code: 'export default 1' })).rejects.toThrow(
          'shutting down',
        )
        await closing.close()
      })

      test('there is no trouble once something ran', async () => {
        expect(await data('export default () => 1')).toBe(1)
        await prepared('export default () => 1')
        expect(executor.trouble()).toBeUndefined()
      })
    })

    describe('checking source', () => {
      test('types are blanked out, and JavaScript stays as it is', async () => {
        const { version } = await prepared(
          'export default ({ input }: { input: string }): number => input.length as number',
        )
        expect(version.script).toHaveLength(version.code.length)
        expect(
          await dataOf(
            executor,
            jobOf(version.code, { language: 'TypeScript', script: version.script, input: 'four' }),
          ),
        ).toBe(4)
        const code = 'export default () => 1 // as it is'
        expect((await prepared(code, 'JavaScript')).version.script).toBe(code)
      })

      test('nothing of it is run', async () => {
        await prepared('for (;;);\nexport default 1')
      })

      test.each([
        ['JavaScript', 'const a = 1\nexport default () => {\n  let b = ;\n}', "Unexpected token ';'", 3, 11],
        [
          'TypeScript',
          'const a: number = 1\nexport default () => {\n  let b: string = ;\n}',
          'Expression expected',
          3,
          19,
        ],
        ['JavaScript', 'const a = 1\nconst a = 2\nexport default 1', "Identifier 'a' has already been declared", 2, 7],
        ['TypeScript', 'const a = 1\nconst a = 2\nexport default 1', "Identifier 'a' has already been declared", 2, 7],
        [
          'TypeScript',
          '\nenum A { B }\nexport default A',
          'TypeScript enum cannot be used: only types that can be erased can',
          2,
          1,
        ],
      ] as const)('a mistake in %s is found where it is: %j', async (language, code, message, line, column) => {
        const found = await refused(code, language)
        expect(found).toMatchObject({ name: 'SyntaxError', message, line, column })
        const lines = found.codeFrame?.split('\n') ?? []
        const marked = lines.findIndex((text) => text.startsWith('>'))
        expect(lines[marked]).toContain(code.split('\n')[line - 1])
        expect(lines[marked + 1]?.indexOf('^')).toBe('> 1 | '.length + column - 1)
      })

      test('imports and a missing default export are refused', async () => {
        const found = await refused(`const a = 1\nimport x from 'lodash'\nexport default () => x`)
        expect(found).toMatchObject({
          message: 'Cannot import "lodash": a program is one file, without imports',
          line: 2,
        })
        await prepared(`import type { X } from './types.ts'\nexport default (x: X) => x`)
        expect((await refused('export const run = () => 1')).message).toMatch(/^expected a default export/)
        expect((await refused('', 'JavaScript')).message).toMatch(/^expected a default export/)
      })

      test('hostile source is refused, and good source after it is not', async () => {
        const message = 'The code is nested too deeply: expected at most 400 levels of brackets, got 3000'
        expect(await refused('['.repeat(3000))).toMatchObject({ message, line: 1, column: 3000 })
        await prepared('export default (a: number) => a')
        expect((await refused('['.repeat(500_000), 'JavaScript')).message).toMatch(/^The code is nested too deeply/)
        expect((await refused('/'.repeat(1_000_001))).message).toBe('The code is larger than 1000000 bytes')
        await prepared('export default (a: number) => a')
      })

      test('it does not wait behind runs', async () => {
        const going = Array.from({ length: runners }, () => start(executor, jobOf(endless, { timeoutMs: 600_000 })))
        await Promise.all(going.map((it) => it.logged('started')))
        await prepared('export default (a: number) => a')
        expect(going.map((it) => it.isOver())).toEqual(going.map(() => false))
        for (const it of going) it.abort()
        await Promise.all(going.map((it) => it.outcome))
      })
    })
  })
}
