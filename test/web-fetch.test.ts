import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { createFetcher } from '../src/executor/fetch.ts'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, start } from './suites/executor.ts'

// From code in the sandbox to a server on this machine and back, over real connections.

let pool: Executor
let base: string
const open = new Set<IncomingMessage>()
const server = createServer((request, response) => {
  open.add(request)
  response.on('close', () => open.delete(request))
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://a.test')
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    if (pathname === '/hang') return
    if (pathname === '/redirect') response.writeHead(302, { location: '/echo' }).end()
    else if (pathname === '/status') response.writeHead(Number(searchParams.get('code'))).end()
    else if (pathname === '/bytes') response.end(Buffer.from([0, 255, 128, 10]))
    else if (pathname === '/cookies') response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-a': ['1', '2'] }).end()
    else {
      const { method, headers } = request
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method, headers, body }))
    }
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  base = `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}`
  const fetcher = createFetcher({ allow: [], allowPrivate: ['127.0.0.1'], caps: defaultCaps })
  pool = openPool({ runners: 2, fetcher })
})
afterAll(async () => {
  await pool.close()
  server.closeAllConnections()
  server.close()
})

function begin(body: string, timeoutMs = 15_000) {
  return start(
    pool,
    jobOf(`export default async ({ fetch, input: base }) => {\n${body}\n}`, { timeoutMs, input: base }),
  )
}

async function data(body: string): Promise<unknown> {
  const outcome = await begin(body).outcome
  if (outcome.kind !== 'Success') throw new Error(JSON.stringify(outcome))
  return outcome.data
}

describe('fetch in the sandbox', () => {
  test.each<[string, unknown]>([
    [
      `const r = await fetch(base + '/echo'); const { method, body } = await r.json(); return [r.status, r.ok, r.url === base + '/echo', r.redirected, r.type, r.headers.get('content-type'), method, body, r.bodyUsed]`,
      [200, true, true, false, 'basic', 'application/json', 'GET', '', true],
    ],
    [
      `const r = await fetch(base + '/echo', { method: 'post', body: 'hü', headers: { 'X-One': '1' } }); const { method, headers, body } = await r.json(); return [method, body, headers['x-one'], headers['content-type']]`,
      ['POST', 'hü', '1', 'text/plain;charset=UTF-8'],
    ],
    [
      `const r = await fetch(new Request(base + '/echo', { method: 'PUT', body: JSON.stringify({ a: 1 }), headers: { 'content-type': 'application/json' } })); return JSON.parse((await r.json()).body)`,
      { a: 1 },
    ],
    [
      `const r = await fetch(new URL('/echo', base), { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }); const { headers, body } = await r.json(); return [body, headers['content-type']]`,
      ['a=b+c', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ],
    [
      `const r = await fetch(base + '/echo', { method: 'POST', body: new Uint8Array([104, 105]) }); return (await r.json()).body`,
      'hi',
    ],
    [`return [...await (await fetch(base + '/bytes')).bytes()]`, [0, 255, 128, 10]],
    [`return (await (await fetch(base + '/bytes')).arrayBuffer()).byteLength`, 4],
    [
      `const r = await fetch(base + '/redirect'); return [r.redirected, r.url === base + '/echo', (await r.json()).method]`,
      [true, true, 'GET'],
    ],
    [
      `const r = await fetch(base + '/redirect', { redirect: 'manual' }); return [r.status, r.headers.get('location')]`,
      [302, '/echo'],
    ],
    [
      `return await fetch(base + '/redirect', { redirect: 'error' }).catch((error) => [error.name, error.message])`,
      ['TypeError', 'fetch failed: The server redirects, and redirect is "error"'],
    ],
    [`const r = await fetch(base + '/status?code=404'); return [r.status, r.ok, await r.text()]`, [404, false, '']],
    [`const r = await fetch(base + '/status?code=204'); return [r.status, r.ok, await r.text()]`, [204, true, '']],
    [
      `const r = await fetch(base + '/cookies'); let message; try { r.headers.set('a', 'b') } catch (error) { message = error.message }; return [r.headers.getSetCookie(), r.headers.get('x-a'), message]`,
      [['a=1', 'b=2'], '1, 2', 'immutable'],
    ],
    [
      `const all = await Promise.all(Array.from({ length: 12 }, (_, n) => fetch(base + '/echo?' + n))); return all.length`,
      12,
    ],
    [`const r = await fetch(base + '/echo'); const c = r.clone(); return (await r.text()) === (await c.text())`, true],
    [
      `return await fetch(base + '/hang', { signal: AbortSignal.timeout(20) }).catch((error) => [error.name, error.message])`,
      ['TimeoutError', 'The operation was aborted due to timeout'],
    ],
    [
      `const c = new AbortController(); setTimeout(() => c.abort(), 20); return await fetch(base + '/hang', { signal: c.signal }).catch((error) => [error.name, error === c.signal.reason])`,
      ['AbortError', true],
    ],
    [`return [globalThis.fetch === fetch, typeof fetch]`, [true, 'function']],
  ])('%s', async (body, expected) => {
    expect(await data(body)).toEqual(expected)
  })

  test.each([
    ['http://127.0.0.2:1/', /^fetch failed: /],
    ['http://localhost:1/', /^fetch failed/],
    ['ftp://a.test/', /^fetch failed: Only http: and https: URLs/],
    ['nonsense', /^fetch failed: "nonsense" is not an absolute URL/],
    ['http://u:p@a.test/', /^fetch failed: A URL with a user name/],
  ])('a fetch of %s fails with a TypeError that tells why', async (url, message) => {
    const found = await data(
      `return await fetch('${url}').catch((error) => [error instanceof TypeError, error.message])`,
    )
    expect(found).toEqual([true, expect.stringMatching(message)])
  })

  test('connections are closed when a run ends, is canceled or runs out of time', async () => {
    await begin(`fetch(base + '/hang').catch(() => {}); await new Promise((r) => setTimeout(r, 50))`).outcome
    const canceled = begin(`await fetch(base + '/hang')`)
    await vi.waitFor(() => expect(open.size).toBeGreaterThan(0), { timeout: 10_000 })
    canceled.abort()
    await begin(`await fetch(base + '/hang')`, 200).outcome
    await vi.waitFor(() => expect(open.size).toBe(0), { timeout: 10_000 })
  })
})

describe('globals that nobody uses', () => {
  test('are getters until they are read, and plain properties from then on', async () => {
    const code = `const kind = (name) => { const d = Object.getOwnPropertyDescriptor(globalThis, name); return [typeof d.get, d.enumerable, d.configurable, d.writable] }
      const before = [kind('URL'), kind('fetch')]; URL; fetch
      return [before, kind('URL'), kind('Headers')]`
    const lazy = ['function', false, true, null]
    expect(await data(code)).toEqual([[lazy, lazy], ['undefined', false, true, true], lazy])
  })

  test('can be replaced before and after', async () => {
    const code = `globalThis.URL = 1; const used = Headers; globalThis.Headers = 2; delete globalThis.fetch; return [URL, Headers, typeof used, typeof globalThis.fetch]`
    expect(await data(code)).toEqual([1, 2, 'function', 'undefined'])
  })

  test('work after code has changed what it can of the built-ins', async () => {
    const code = `for (const owner of [Array, String, Map, Set, Promise, Uint8Array, Object.getPrototypeOf(Uint8Array)])
        for (const key of Reflect.ownKeys(owner.prototype))
          if (typeof Object.getOwnPropertyDescriptor(owner.prototype, key).value === 'function' && key !== 'constructor' && typeof key === 'string' && key !== 'then')
            owner.prototype[key] = () => { throw new Error('patched ' + String(key)) }
      const h = new Headers(); h.append('A', '1')
      const signal = new AbortController(); signal.abort()
      const bytes = new TextEncoder().encode('ü')
      const response = await fetch(base + '/echo', { method: 'POST', body: 'text' })
      const mac = await crypto.subtle.digest('SHA-1', bytes)
      return { h: h.get('a'), aborted: signal.signal.aborted, length: bytes.length, body: (await response.json()).body, mac: mac.byteLength, id: crypto.randomUUID().length, b: btoa(atob('YQ==')), t: new TextDecoder().decode(bytes) }`
    expect(await data(code)).toEqual({
      h: '1',
      aborted: true,
      length: 2,
      body: 'text',
      mac: 20,
      id: 36,
      b: 'YQ==',
      t: 'ü',
    })
  })

  test('a reading that fails for want of stack can be repeated', async () => {
    const code = `let failed = 0
      const deep = () => { try { return deep() } catch { try { Response; Request } catch { failed++ } } }
      deep()
      return [failed > 0, await new Response('x').text()]`
    expect(await data(code)).toEqual([expect.any(Boolean), 'x'])
  })

  test('AbortSignal.timeout counts as a timer and says so', async () => {
    const code = `try { for (;;) AbortSignal.timeout(60_000) } catch (error) { return String(error) }`
    expect(await data(code)).toMatch(/^RangeError: AbortSignal.timeout: expected at most 1000 timers/)
  })
})
