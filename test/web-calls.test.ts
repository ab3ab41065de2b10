import type { ChildProcess } from 'node:child_process'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { defaultCaps, type Caps } from '../src/caps.ts'
import type { FetchAnswer, Fetcher, FetchRequest } from '../src/executor/fetch-types.ts'
import { createLaunch } from '../src/executor/launch.ts'
import { openPool } from '../src/executor/pool.ts'
import { jobOf, start } from './suites/executor.ts'

const opened: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

/** What a fetcher was asked, with the means to answer. */
interface Asked {
  readonly request: FetchRequest
  readonly run: string
  readonly signal: AbortSignal
  answer(body?: string, rest?: Partial<Extract<FetchAnswer, { kind: 'answer' }>>): void
  fail(message: string): void
}

/** A pool whose fetches wait until the test answers them, unless `reply` does it at once. */
function open({ caps = {}, reply }: { caps?: Partial<Caps>; reply?: (asked: Asked) => void } = {}) {
  const asked: Asked[] = []
  const fetcher: Fetcher = {
    fetch: (request, signal, run) =>
      new Promise((resolve) => {
        const one: Asked = {
          request,
          run,
          signal,
          answer: (body = '', rest = {}) =>
            resolve({
              kind: 'answer',
              url: request.url,
              redirected: false,
              status: 200,
              statusText: 'OK',
              headers: [],
              body: Buffer.from(body).toString('base64'),
              ...rest,
            }),
          fail: (message) => resolve({ kind: 'failure', name: 'TypeError', message }),
        }
        asked.push(one)
        reply?.(one)
      }),
    close: () => Promise.resolve(),
  }
  const limits = { ...defaultCaps, ...caps }
  let running: ChildProcess | undefined
  const usual = createLaunch({ maxMemoryMb: 512, caps: limits, warn: () => {} })
  const launch: typeof usual = (role) => {
    const child = usual(role)
    const send = child.send.bind(child)
    if (role === 'child') vi.spyOn(child, 'send').mockImplementation((message) => ((running = child), send(message)))
    return child
  }
  const pool = openPool({ runners: 1, caps: limits, fetcher, launch })
  opened.push(() => pool.close())
  const begin = (body: string, timeoutMs = 10_000) =>
    start(pool, jobOf(`export default async ({ fetch, console }) => {\n${body}\n}`, { timeoutMs }))
  const outcome = (body: string, timeoutMs?: number) => begin(body, timeoutMs).outcome
  const askedFor = (count: number) => vi.waitFor(() => expect(asked).toHaveLength(count), { timeout: 10_000 })
  /** As if the process that was last given something had said this. */
  const say = (message: object) => running?.emit('message', message)
  return { asked, askedFor, begin, outcome, say }
}

const echo = (one: Asked) => one.answer(one.request.url)

describe('calls out of the isolate', () => {
  test('several fetches go on at the same time, and each gets its own answer', async () => {
    const { askedFor, asked, begin } = open()
    const going = begin(`const names = ['a', 'b', 'c', 'd', 'e']
      const all = await Promise.all(names.map((name) => fetch('http://' + name + '.test')))
      return await Promise.all(all.map((response) => response.text()))`)
    await askedFor(5)
    for (const one of asked.toReversed()) one.answer(one.request.url)
    expect(await going.outcome).toMatchObject({ data: ['a', 'b', 'c', 'd', 'e'].map((name) => `http://${name}.test`) })
    expect(new Set(asked.map(({ run }) => run)).size).toBe(1)
  })

  test('timers and answers take turns', async () => {
    const { outcome } = open({ reply: echo })
    const found = await outcome(`const seen = []
      const timer = setInterval(() => seen.push('timer'), 1)
      for (let n = 0; n < 20; n++) { await fetch('http://a.test'); await new Promise((r) => setTimeout(r, 2)) }
      clearInterval(timer)
      return seen.length > 5`)
    expect(found).toMatchObject({ data: true })
  })

  test.each([
    ['the end of the run', `fetch('http://a.test').catch(() => {}); await fetch('http://b.test')`],
    ['a failure of it', `fetch('http://a.test').catch(() => {}); await fetch('http://b.test'); throw new Error('x')`],
  ])('what is still under way is aborted at %s', async (_what, code) => {
    const { asked, askedFor, begin } = open()
    const going = begin(code)
    await askedFor(2)
    asked[1]?.answer()
    await going.outcome
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  test('and when the run is canceled or runs out of time', async () => {
    const { asked, askedFor, begin } = open()
    const canceled = begin(`await fetch('http://a.test')`)
    await askedFor(1)
    canceled.abort()
    expect(await canceled.outcome).toEqual({ kind: 'Interrupted' })
    expect(asked[0]?.signal.aborted).toBe(true)
    const late = begin(`await fetch('http://a.test')`, 3000)
    await askedFor(2)
    expect(await late.outcome).toMatchObject({ failure: { code: 'TIMEOUT' } })
    expect(asked[1]?.signal.aborted).toBe(true)
  })

  test('aborting a fetch ends it with the reason, here and at the server', async () => {
    const { asked, askedFor, begin } = open()
    const going = begin(`const c = new AbortController()
      setTimeout(() => c.abort(new Error('enough')), 5)
      try { await fetch('http://a.test', { signal: c.signal }) } catch (error) { await fetch('http://b.test').catch(() => {}); return error.message }`)
    await askedFor(2)
    expect(asked[0]?.signal.aborted).toBe(true)
    asked[1]?.answer()
    expect(await going.outcome).toMatchObject({ data: 'enough' })
  })

  test.each<[Partial<Caps>, string]>([
    [{ fetches: 3 }, 'fetch: expected at most 3 fetches in a run (MAX_FETCHES), got more'],
    [{ calls: 2 }, 'fetch: expected at most 2 calls in a run (MAX_CALLS), got more'],
    [{ callsInFlight: 4 }, 'fetch: expected at most 4 calls at the same time (MAX_CALLS_IN_FLIGHT), got more'],
    [{ callBytes: 50 }, 'fetch: expected at most 50 bytes in a call (MAX_CALL_BYTES), got more'],
  ])('a call beyond %j is refused by name', async (caps, message) => {
    const { asked, outcome } = open({ caps })
    const found = await outcome(`const problems = []
      for (let n = 0; n < 5; n++) fetch('http://a.test').catch((error) => problems.push(String(error)))
      await null; await null; await null
      return problems.at(-1)`)
    expect(found).toMatchObject({ data: `RangeError: ${message}` })
    expect(asked.length).toBeLessThan(5)
  })

  test('an answered call makes room for another', async () => {
    const { outcome } = open({ caps: { callsInFlight: 1 }, reply: echo })
    const found = await outcome(`for (let n = 0; n < 5; n++) await fetch('http://a.test'); return 'done'`)
    expect(found).toMatchObject({ data: 'done' })
  })

  test.each([
    ['an unknown operation', { type: 'call', callId: 1, op: 'open', json: '{}' }],
    ['no JSON', { type: 'call', callId: 1, op: 'fetch', json: '{' }],
    ['another shape', { type: 'call', callId: 1, op: 'fetch', json: '{"url":1}' }],
    ['a repeated call', { type: 'call', callId: 0, op: 'fetch', json: '{}' }],
    ['too much', { type: 'call', callId: 1, op: 'fetch', json: 'x'.repeat(2_000_000) }],
  ])('a child that asks for %s is killed', async (_what, message) => {
    const { asked, begin, outcome, say } = open()
    const going = begin(`console.log('started'); for (;;);`, 60_000)
    await going.logged('started')
    say({ id: 1, ...message })
    expect(await going.outcome).toMatchObject({ failure: { code: 'SANDBOX_CRASH' } })
    expect(asked).toEqual([])
    expect(await outcome('return 1')).toMatchObject({ data: 1 })
  })

  test.each<[string, Partial<Caps>]>([
    ['in all', { calls: 3 }],
    ['of one kind', { fetches: 3 }],
    ['at the same time', { callsInFlight: 3 }],
  ])('a child that makes more calls than it may %s is killed', async (_what, caps) => {
    const { asked, begin, say } = open({ caps })
    const going = begin(`console.log('started'); for (;;);`, 60_000)
    await going.logged('started')
    const json = JSON.stringify({ url: 'http://a.test', method: 'GET', headers: [], redirect: 'follow' })
    for (let callId = 1; callId <= 4; callId++) {
      say({ type: 'call', id: 1, callId, op: 'fetch', json })
    }
    expect(await going.outcome).toMatchObject({ failure: { code: 'SANDBOX_CRASH' } })
    expect(asked).toHaveLength(3)
    for (const { signal } of asked) expect(signal.aborted).toBe(true)
  })

  test('a call of a run that has ended reaches nobody', async () => {
    const { asked, outcome, say } = open()
    await outcome('return 1')
    const json = JSON.stringify({ url: 'http://a.test', method: 'GET', headers: [], redirect: 'follow' })
    say({ type: 'call', id: 1, callId: 1, op: 'fetch', json })
    expect(await outcome('return 2')).toMatchObject({ data: 2 })
    expect(asked).toEqual([])
  })
})

describe('what code does with answers', () => {
  // On a busy machine V8 may take too long to stop for the line to be known.
  test('a loop after an answer is stopped, and its line is told', { retry: 2 }, async () => {
    const { outcome } = open({ reply: echo })
    const found = await outcome(`await fetch('http://a.test').then(() => {\nfor (;;);\n})`, 3000)
    expect(found).toMatchObject({ failure: { code: 'TIMEOUT', line: 3 } })
  })

  test.each([
    ['awaited', `await null\nawait fetch('http://a.test')`],
    ['not awaited', `await null\nfetch('http://a.test')\nawait new Promise((resolve) => setTimeout(resolve, 5000))`],
  ])('a failed fetch that is %s is an error of the user, at the line of the call', async (_what, code) => {
    const { outcome } = open({ reply: (one) => one.fail('The host is not among those that FETCH_ALLOW lists') })
    expect(await outcome(code)).toMatchObject({
      failure: {
        code: 'USER_ERROR',
        name: 'TypeError',
        message: 'fetch failed: The host is not among those that FETCH_ALLOW lists',
        line: 3,
      },
    })
  })

  test('a flood of fetches that nobody waits for ends quickly and reaches nobody', async () => {
    const { asked, outcome } = open()
    const before = process.memoryUsage().rss
    const code = `for (let n = 0; n < 1e6; n++) fetch('http://a.test').catch(() => {})\nreturn 'done'`
    const found = await outcome(code, 3000)
    const mb = Math.round((process.memoryUsage().rss - before) / 1024 / 1024)
    console.log(`a million fetches: ${JSON.stringify(found).slice(0, 200)}, the server grew by ${mb} MB`)
    expect(asked.length).toBeLessThanOrEqual(defaultCaps.fetches)
    expect(mb).toBeLessThan(100)
    expect(await outcome('return 1')).toMatchObject({ data: 1 })
  })

  test('patched built-ins neither see nor forge what the host says', async () => {
    const { outcome } = open({ reply: (one) => one.answer('honest', { headers: [['x-a', '1']] }) })
    const code = `const seen = []
      const spy = (object, key) => {
        const original = object[key]
        object[key] = function (...values) { seen.push(key, ...values); return original.apply(this, values) }
      }
      spy(JSON, 'parse'); spy(JSON, 'stringify'); spy(Map.prototype, 'get'); spy(Map.prototype, 'set'); spy(Map.prototype, 'delete')
      spy(Promise.prototype, 'then'); spy(Reflect, 'apply'); spy(Array.prototype, 'push'); spy(String.prototype, 'slice')
      spy(Uint8Array, 'fromBase64'); spy(globalThis, 'Function')
      Object.prototype.kind = 'failure'
      Object.defineProperty(Object.prototype, 'call', { set(value) { seen.push('call', value) }, configurable: true })
      Object.defineProperty(Array.prototype, '0', { set(value) { seen.push('0', value) }, configurable: true })
      Object.defineProperty(Object.prototype, 'body', { get() { return 'Zm9yZ2Vk' }, configurable: true })
      const response = await fetch('http://a.test', { method: 'GET', body: undefined })
      const text = await response.text()
      return [text, response.headers.get('x-a'), seen.map(String).filter((it) => /a\\.test|honest|callId/.test(it)), seen.filter((it) => typeof it === 'function').length]`
    expect(await outcome(code)).toMatchObject({ data: ['honest', '1', [], 0] })
  })
})
