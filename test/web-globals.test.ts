import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCipheriv, randomBytes } from 'node:crypto'
import { readLibrary } from '../src/executor/library.ts'
import { openPool } from '../src/executor/pool.ts'
import type { Executor } from '../src/ports.ts'
import { jobOf, run } from './suites/executor.ts'

// Each expression is evaluated twice: by this Node, and by code in the sandbox. Both must give the same JSON.

const text = `const text = (bytes) => new TextDecoder().decode(bytes); const bytes = (...list) => new Uint8Array(list);
const thrown = (act) => { try { return act() } catch (error) { return [error.name, error.message, error instanceof DOMException] } }
const named = (act) => [thrown(act)].flat()[0]
const rejected = (promise) => promise.then((value) => ['value', value], (error) => [error.name, error.message]);`

const same: Record<string, readonly string[]> = {
  URL: [
    `new URL('https://user:pw@Example.com:8080/a/../b/./c?x=1&y=2#frag').href`,
    `['protocol','username','password','host','hostname','port','pathname','search','hash','origin'].map((key) => new URL('https://user:pw@Example.com:8080/a?x=1#f')[key])`,
    `new URL('../x?y#z', 'http://a.test/b/c/d').href`,
    `new URL('//other.test/x', 'https://a.test').href`,
    `new URL('http://a.test:80/').port`,
    `new URL('http://тест.рф/ü b').href`,
    `new URL('http://0x7f.1/').hostname`,
    `new URL('http://2130706433/').hostname`,
    `new URL('http://[::ffff:127.0.0.1]/').hostname`,
    `new URL('file:///a/b').pathname`,
    `new URL('data:text/plain,hi').origin`,
    `named(() => new URL('nonsense'))`,
    `named(() => new URL('/a'))`,
    `[URL.canParse('http://a'), URL.canParse('x'), URL.canParse('x', 'http://a')]`,
    `[URL.parse('http://a')?.href, URL.parse('x')]`,
    `JSON.stringify({ url: new URL('http://a.test') })`,
    `(() => { const u = new URL('http://a.test/b'); u.pathname = '/c d'; u.search = '?q=ü'; u.hash = 'h'; u.port = '99'; u.protocol = 'https'; return u.href })()`,
    `(() => { const u = new URL('http://a.test/?a=1'); u.searchParams.append('b', 'x y&'); u.searchParams.set('a', '2'); return [u.href, u.search, String(u)] })()`,
    `Object.prototype.toString.call(new URL('http://a'))`,
    `typeof URL.prototype.toString + new URL('http://a')`,
  ],
  URLSearchParams: [
    `String(new URLSearchParams({ a: '1', b: 'ü &' }))`,
    `String(new URLSearchParams([['a', '1'], ['a', '2']]))`,
    `String(new URLSearchParams('?x=1&y=%20+z&x'))`,
    `[...new URLSearchParams('b=2&a=1&b=1')]`,
    `(() => { const p = new URLSearchParams('b=2&a=1&b=1'); p.sort(); return [String(p), p.size, p.get('b'), p.getAll('b'), p.has('b', '3'), p.get('none')] })()`,
    `(() => { const p = new URLSearchParams('b=2&b=1'); p.delete('b', '2'); return String(p) })()`,
    `[[...new URLSearchParams('a=1&b=2').keys()], [...new URLSearchParams('a=1&b=2').values()]]`,
    `(() => { const seen = []; new URLSearchParams('a=1&b=2').forEach((v, k) => seen.push(k + v)); return seen })()`,
    `named(() => new URLSearchParams([['a']]))`,
  ],
  structuredClone: [
    `structuredClone({ a: [1, { b: 'x' }], d: new Date(0), r: /x/gi.source, n: null, u: undefined })`,
    `(() => { const a = {}; a.self = a; const b = structuredClone(a); return b !== a && b.self === b })()`,
    `[...structuredClone(new Map([[{ k: 1 }, new Set([1, 2])]]))].map(([k, v]) => [k, [...v]])`,
    `structuredClone(new Uint8Array([1, 2, 3])).join()`,
    `structuredClone(new ArrayBuffer(4)).byteLength`,
    `(() => { const e = structuredClone(new RangeError('x', { cause: 1 })); return [e.name, e.message, e instanceof RangeError] })()`,
    `named(() => structuredClone(() => 1))`,
    `named(() => structuredClone({ a: Symbol('x') }))`,
    `structuredClone(12n) === 12n`,
    `Object.is(structuredClone(-0), -0)`,
  ],
  'TextEncoder and TextDecoder': [
    `[...new TextEncoder().encode('aü€😀\\ud800z')]`,
    `[new TextEncoder().encoding, new TextEncoder().encode().length]`,
    `(() => { const b = new Uint8Array(5); const r = new TextEncoder().encodeInto('a€😀', b); return [r.read, r.written, [...b]] })()`,
    `(() => { const b = new Uint8Array(8); const r = new TextEncoder().encodeInto('a€😀', b); return [r.read, r.written, [...b]] })()`,
    `text(bytes(0xef, 0xbb, 0xbf, 0x61))`,
    `new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61)).length`,
    ...[
      '0x61, 0xff, 0x62',
      '0xc3',
      '0xc3, 0x28',
      '0xe2, 0x82',
      '0xe2, 0x82, 0x28',
      '0xf0, 0x9f, 0x98',
      '0xf0, 0x9f, 0x98, 0x80',
      '0xed, 0xa0, 0x80',
      '0xc0, 0x80',
      '0xf4, 0x90, 0x80, 0x80',
      '0xe0, 0x80, 0x80',
      '0xf8, 0x88',
      '0xf0, 0x80, 0x80',
    ].flatMap((list) => [
      `[...text(bytes(${list}))].map((c) => c.codePointAt())`,
      `thrown(() => new TextDecoder('utf8', { fatal: true }).decode(bytes(${list})))`,
    ]),
    `(() => { const d = new TextDecoder(); return [d.decode(bytes(0xf0, 0x9f), { stream: true }), d.decode(bytes(0x98, 0x80, 0x61), { stream: true }), d.decode()] })()`,
    `(() => { const d = new TextDecoder(); return [d.decode(bytes(0xf0, 0x9f), { stream: true }), d.decode()] })()`,
    `(() => { const d = new TextDecoder(); return [d.decode(bytes(0xef), { stream: true }), d.decode(bytes(0xbb, 0xbf, 0x61)), d.decode(bytes(0xef, 0xbb, 0xbf, 0x62))] })()`,
    `['utf-16le', 'UTF-16', 'unicode', 'latin1', 'ascii', ' utf8 ', 'windows-1252', 'utf-16be'].map((label) => new TextDecoder(label).encoding)`,
    `new TextDecoder('utf-16le').decode(bytes(0x61, 0, 0x3d, 0xd8, 0, 0xde))`,
    `[...new TextDecoder('utf-16le').decode(bytes(0x61, 0, 0x3d, 0xd8, 0x62, 0, 0x63))].map((c) => c.codePointAt())`,
    `new TextDecoder('utf-16be').decode(bytes(0, 0x61))`,
    `new TextDecoder('latin1').decode(bytes(0x41, 0xe9, 0x80, 0x9f))`,
    `thrown(() => new TextDecoder('nonsense'))`,
    `thrown(() => new TextDecoder().decode('x'))`,
    `text(new Uint8Array([1, 0x61, 0x62]).subarray(1))`,
    `text(new DataView(new Uint8Array([0x61, 0x62]).buffer, 1))`,
    `text(new Uint8Array(20000).fill(0x61)).length`,
    `[new TextDecoder().fatal, new TextDecoder('utf8', { fatal: 1 }).fatal, new TextDecoder().ignoreBOM]`,
  ],
  'atob and btoa': [
    `btoa('hello ÿ')`,
    `btoa('')`,
    `btoa(null)`,
    `atob('aGVsbG8g/w==')`,
    `atob(' aGVs\\nbG8= ')`,
    `atob('YQ')`,
    `atob('')`,
    ...["'ü'", "'€'"].map((it) => `thrown(() => btoa(${it}))`),
    ...["'YQ='", "'a'", "'%'", "'YQ===' ", "'Y=Q='", "'YQ_-'"].map((it) => `thrown(() => atob(${it}))`),
    `named(() => atob())`,
  ],
  DOMException: [
    `(() => { const e = new DOMException('m', 'AbortError'); return [e.name, e.message, e.code, String(e), e instanceof Error, Object.prototype.toString.call(e)] })()`,
    `(() => { const e = new DOMException(); return [e.name, e.message, e.code] })()`,
    `(() => { const e = new DOMException('m', { name: 'TimeoutError', cause: 1 }); return [e.name, e.code, e.cause] })()`,
    `[DOMException.ABORT_ERR, DOMException.prototype.DATA_CLONE_ERR]`,
    `Object.keys(new DOMException('m', 'AbortError'))`,
  ],
  'Event and EventTarget': [
    `(() => { const e = new Event('x', { cancelable: true }); e.preventDefault(); return [e.type, e.bubbles, e.cancelable, e.composed, e.defaultPrevented, e.target, e.currentTarget, e.eventPhase, e.isTrusted, e.returnValue] })()`,
    `new CustomEvent('x', { detail: { a: 1 } }).detail`,
    `[new CustomEvent('x').detail, new CustomEvent('x') instanceof Event]`,
    `(() => { const t = new EventTarget(); const seen = []; const f = (e) => seen.push(e.type, e.target === t, e.currentTarget === t, e.eventPhase); t.addEventListener('a', f); t.addEventListener('a', f); t.dispatchEvent(new Event('a')); t.removeEventListener('a', f); t.dispatchEvent(new Event('a')); return seen })()`,
    `(() => { const t = new EventTarget(); let n = 0; t.addEventListener('a', () => n++, { once: true }); t.dispatchEvent(new Event('a')); t.dispatchEvent(new Event('a')); return n })()`,
    `(() => { const t = new EventTarget(); const seen = []; t.addEventListener('a', { handleEvent(e) { seen.push(this === e.currentTarget, e.type) } }); t.addEventListener('a', function () { seen.push(this === t) }); t.dispatchEvent(new Event('a')); return seen })()`,
    `(() => { const t = new EventTarget(); const seen = []; t.addEventListener('a', (e) => { seen.push(1); e.stopImmediatePropagation() }); t.addEventListener('a', () => seen.push(2)); t.dispatchEvent(new Event('a')); return seen })()`,
    `(() => { const t = new EventTarget(); t.addEventListener('a', (e) => e.preventDefault()); return [t.dispatchEvent(new Event('a', { cancelable: true })), t.dispatchEvent(new Event('a'))] })()`,
    `(() => { const t = new EventTarget(); let r; t.addEventListener('a', (e) => { r = e.defaultPrevented; e.preventDefault() }, { passive: true }); return [t.dispatchEvent(new Event('a', { cancelable: true })), r] })()`,
    `(() => { const c = new AbortController(); const t = new EventTarget(); let n = 0; t.addEventListener('a', () => n++, { signal: c.signal }); t.dispatchEvent(new Event('a')); c.abort(); t.dispatchEvent(new Event('a')); return n })()`,
    `(() => { const t = new EventTarget(); const seen = []; const late = () => seen.push('late'); t.addEventListener('a', () => { t.addEventListener('a', late); seen.push('first') }); t.dispatchEvent(new Event('a')); return seen })()`,
    `named(() => new EventTarget().dispatchEvent({}))`,
    `named(() => new Event())`,
    `(() => { const t = new EventTarget(); const e = new Event('a'); let r; t.addEventListener('a', () => { r = named(() => t.dispatchEvent(e)) }); t.dispatchEvent(e); return r === 'InvalidStateError' || r === 'Error' })()`,
    `[Event.AT_TARGET, Object.prototype.toString.call(new Event('a')), Object.prototype.toString.call(new EventTarget())]`,
  ],
  'AbortController and AbortSignal': [
    `(() => { const c = new AbortController(); const before = c.signal.aborted; c.abort(); return [before, c.signal.aborted, c.signal.reason.name, c.signal.reason.message, c.signal.reason.code, c.signal === c.signal] })()`,
    `(() => { const c = new AbortController(); c.abort('why'); c.abort('again'); return c.signal.reason })()`,
    `(() => { const c = new AbortController(); const seen = []; c.signal.onabort = (e) => seen.push(e.type, e.target === c.signal); c.signal.addEventListener('abort', () => seen.push('listener')); c.abort(); c.abort(); return seen })()`,
    `[AbortSignal.abort().aborted, AbortSignal.abort(7).reason]`,
    `thrown(() => AbortSignal.abort().throwIfAborted())`,
    `named(() => AbortSignal.abort().throwIfAborted.call(AbortSignal.abort(undefined)))`,
    `new AbortController().signal.throwIfAborted() === undefined`,
    `named(() => new AbortSignal())`,
    `(() => { const a = new AbortController(), b = new AbortController(); const s = AbortSignal.any([a.signal, b.signal]); const before = s.aborted; b.abort('b'); a.abort('a'); return [before, s.aborted, s.reason] })()`,
    `AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]).reason`,
    `AbortSignal.any([]).aborted`,
    `new Promise((resolve) => { const s = AbortSignal.timeout(5); setTimeout(() => resolve([s.aborted, s.reason.name, s.reason.message, s.reason.code]), 200) })`,
    `Object.prototype.toString.call(new AbortController().signal)`,
    `new AbortController().signal instanceof EventTarget`,
  ],
  Headers: [
    `[...new Headers({ B: '2', a: ' 1 ' })]`,
    `[...new Headers([['x', '1'], ['X', '2'], ['set-cookie', 'a=1'], ['Set-Cookie', 'b=2']])]`,
    `(() => { const h = new Headers(); h.append('Accept', 'a'); h.append('accept', 'b'); return [h.get('ACCEPT'), h.has('accept'), h.get('none'), h.has('none')] })()`,
    `(() => { const h = new Headers({ a: '1' }); h.set('A', '2'); h.delete('b'); const c = new Headers(h); h.delete('a'); return [[...h], [...c]] })()`,
    `(() => { const h = new Headers(); h.append('set-cookie', 'a=1'); h.append('set-cookie', 'b=2'); return [h.getSetCookie(), h.get('set-cookie')] })()`,
    `(() => { const seen = []; new Headers({ b: '1', a: '2' }).forEach((v, k, h) => seen.push(k, v, h instanceof Headers)); return seen })()`,
    `[[...new Headers({ b: '1', a: '2' }).keys()], [...new Headers({ b: '1', a: '2' }).values()], [...new Headers({ a: '2' }).entries()]]`,
    `Object.prototype.toString.call(new Headers().entries())`,
    `Object.fromEntries(new Headers({ 'Content-Type': 'x', 'X-Long': 'y' }))`,
    ...[
      `new Headers({ 'a b': '1' })`,
      `new Headers({ a: 'x\\ny' })`,
      `new Headers({ a: '☃' })`,
      `new Headers([['a']])`,
      `new Headers(null)`,
      `new Headers(1)`,
      `new Headers().get()`,
      `new Headers().append('a')`,
      `new Headers().set('', '1')`,
    ].map((it) => `thrown(() => ${it})`),
    `new Headers({ a: 'é' }).get('a')`,
    `new Headers(undefined).has('a')`,
    `new Headers(new Map([['a', '1']])).get('a')`,
  ],
  Request: [
    `(() => { const r = new Request('http://a.test/x#y', { method: 'post', body: 'hi', headers: { 'X-A': '1' } }); return [r.url, r.method, [...r.headers], r.redirect, r.bodyUsed, r.signal.aborted, r.mode, r.credentials, r.cache, r.referrer, r.destination, r.duplex, r.integrity, r.keepalive] })()`,
    `[new Request('http://a.test').method, new Request(new URL('http://a.test/q')).url, new Request('http://a.test', { method: 'patch' }).method]`,
    `new Request('http://a.test', { method: 'POST', body: new URLSearchParams({ a: 'ü' }) }).text()`,
    `[...new Request('http://a.test', { method: 'POST', body: new URLSearchParams({ a: '1' }) }).headers]`,
    `[...new Request('http://a.test', { method: 'POST', body: new Uint8Array([1]) }).headers]`,
    `[...new Request('http://a.test', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }).headers]`,
    `new Request('http://a.test', { method: 'POST', body: new Uint8Array([104, 105]).buffer }).text()`,
    `(async () => { const r = new Request('http://a.test', { method: 'PUT', body: '[1]' }); const c = r.clone(); return [await r.json(), await c.json(), r.bodyUsed, c.bodyUsed, c.method] })()`,
    `(async () => { const a = new Request('http://a.test', { method: 'PUT', body: 'x', headers: { q: '1' } }); const b = new Request(a, { headers: { z: '2' } }); return [b.method, b.url, [...b.headers].filter(([k]) => k !== 'content-type'), await b.text(), a.bodyUsed] })()`,
    `(() => { const c = new AbortController(); const r = new Request('http://a.test', { signal: c.signal }); c.abort('x'); return [r.signal.aborted, r.signal.reason] })()`,
    ...[
      `new Request('nonsense')`,
      `new Request('http://a.test', { method: 'GET', body: 'x' })`,
      `new Request('http://a.test', { body: 'x' })`,
      `new Request('http://a.test', { method: 'CONNECT' })`,
      `new Request('http://a.test', { method: 'a b' })`,
      `new Request('http://u:p@a.test')`,
      `new Request()`,
    ].map((it) => `thrown(() => ${it})`),
    // Node's own words for these name no class.
    ...[
      `new Request('http://a.test', { redirect: 'maybe' })`,
      `new Request('http://a.test', { signal: {} })`,
      `new Request('http://a.test', 1)`,
      `new Response('x', 1)`,
    ].map((it) => `named(() => ${it})`),
  ],
  Response: [
    `(() => { const r = new Response('hi', { status: 201, statusText: 'Made', headers: { 'X-A': '1' } }); return [r.status, r.ok, r.statusText, [...r.headers], r.type, r.url, r.redirected, r.bodyUsed] })()`,
    `[new Response().status, new Response('', { status: 404 }).ok, new Response(null, { status: 204 }).ok]`,
    `new Response('aü€').text()`,
    `new Response('{"a":[1]}').json()`,
    `rejected(new Response('{').json()).then(([name]) => name)`,
    `rejected(new Response('').json()).then(([name]) => name)`,
    `new Response('abc').arrayBuffer().then((b) => [b.byteLength, Object.prototype.toString.call(b)])`,
    `new Response(new Uint8Array([1, 2, 3]).subarray(1)).bytes().then((b) => [...b])`,
    `new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).text()`,
    `(async () => { const r = new Response('x'); await r.text(); return [r.bodyUsed, ...(await rejected(r.text())), thrown(() => r.clone())] })()`,
    `(async () => { const r = new Response(); return [await r.text(), r.bodyUsed, await r.text(), (await r.arrayBuffer()).byteLength] })()`,
    `(async () => { const r = new Response('x', { headers: { a: '1' } }); const c = r.clone(); await r.text(); return [await c.text(), c.headers.get('a')] })()`,
    `(async () => { const r = Response.json({ a: 1 }, { status: 202 }); return [r.status, r.headers.get('content-type'), await r.text()] })()`,
    `(() => { const r = Response.error(); return [r.type, r.status, r.ok, thrown(() => r.headers.set('a', 'b'))] })()`,
    `(() => { const r = Response.redirect('http://a.test/x', 301); return [r.status, r.headers.get('location'), thrown(() => r.headers.set('a', 'b'))] })()`,
    `[...new Response(new URLSearchParams('a=1')).headers]`,
    `new Response({ toString: () => 'made' }).text()`,
    ...[
      `new Response('x', { status: 99 })`,
      `new Response('x', { status: 600 })`,
      `new Response('x', { status: 204 })`,
      `new Response('x', { statusText: 'a\\nb' })`,
      `Response.json(undefined)`,
      `Response.redirect('http://a.test', 200)`,
      `Response.redirect('nonsense')`,
    ].map((it) => `thrown(() => ${it})`),
  ],
  crypto: [
    `/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())`,
    `(() => { const a = new Uint32Array(3); return crypto.getRandomValues(a) === a && a.some((n) => n > 0) })()`,
    `thrown(() => crypto.getRandomValues(new Uint8Array(65537)))`,
    `crypto.getRandomValues(new Uint8Array(65536)).length`,
    `thrown(() => crypto.getRandomValues(new Float64Array(1)))`,
    `named(() => crypto.getRandomValues([1])).length > 0`,
    ...['SHA-1', 'sha-256', 'SHA-384', 'SHA-512'].map(
      (name) =>
        `crypto.subtle.digest('${name}', new TextEncoder().encode('abc')).then((b) => new Uint8Array(b).toHex())`,
    ),
    `crypto.subtle.digest({ name: 'SHA-256' }, new Uint8Array(3).buffer).then((b) => b.byteLength)`,
    `rejected(crypto.subtle.digest('MD5', bytes(1))).then(([name]) => name)`,
    `rejected(crypto.subtle.digest('SHA-1', 'text')).then(([name]) => name)`,
    ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].map(
      (
        name,
      ) => `(async () => { const key = await crypto.subtle.importKey('raw', new TextEncoder().encode('secret'), { name: 'HMAC', hash: '${name}' }, true, ['sign', 'verify'])
        const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode('message'))
        return [new Uint8Array(mac).toHex(), await crypto.subtle.verify('HMAC', key, mac, new TextEncoder().encode('message')), await crypto.subtle.verify('HMAC', key, mac, bytes(1)), key.type, key.extractable, key.algorithm, key.usages, await crypto.subtle.exportKey('jwk', key)] })()`,
    ),
    `(async () => { const key = await crypto.subtle.importKey('jwk', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', ext: true, key_ops: ['sign'] }, { name: 'HMAC', hash: { name: 'SHA-256' } }, false, ['sign'])
      return [new Uint8Array(await crypto.subtle.sign({ name: 'hmac' }, key, bytes(1))).toHex(), (await rejected(crypto.subtle.exportKey('raw', key)))[0], (await rejected(crypto.subtle.verify('HMAC', key, bytes(1), bytes(1))))[0]] })()`,
    `(async () => { const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-384' }, true, ['sign']); return [(await crypto.subtle.exportKey('raw', key)).byteLength, key.algorithm.length, key.usages] })()`,
    `rejected(crypto.subtle.importKey('raw', bytes(), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])).then(([name]) => name)`,
    `rejected(crypto.subtle.importKey('raw', bytes(1), { name: 'HMAC', hash: 'SHA-256' }, true, ['encrypt'])).then(([name]) => name)`,
    `rejected(crypto.subtle.importKey('raw', bytes(1), { name: 'HMAC', hash: 'SHA-256' }, true, [])).then(([name]) => name)`,
  ],
  'performance and microtasks': [
    `(() => { const a = performance.now(); return typeof a === 'number' && performance.now() >= a && Math.abs(performance.timeOrigin + a - Date.now()) < 60_000 })()`,
    `new Promise((resolve) => { const seen = []; queueMicrotask(() => seen.push(1)); Promise.resolve().then(() => seen.push(2)); setTimeout(() => resolve(seen), 1) })`,
  ],
  fetch: [
    `typeof fetch + fetch.name`,
    `(async () => (await rejected(fetch('http://a.test', { signal: AbortSignal.abort('why') })))[0])()`.replace(
      "'why'",
      "new RangeError('why')",
    ),
    `rejected(fetch()).then(([name]) => name)`,
    `rejected(fetch('http://a.test', { method: 'GET', body: 'x' })).then(([name, message]) => [name, message])`,
  ],
}

function source(expressions: readonly string[]): string {
  const list = expressions.map((it) => `async () => (${it})`).join(',\n')
  return `${text}
    const results = []
    for (const evaluate of [${list}]) {
      try { results.push({ value: (await evaluate()) ?? null }) } catch (error) { results.push({ thrown: error.name, message: error.message }) }
    }
    return JSON.stringify(results)`
}

describe('globals of the web do what those of Node do', () => {
  let pool: Executor
  beforeAll(() => {
    pool = openPool({ runners: 1 })
  })
  afterAll(() => pool.close())

  describe.each(Object.entries(same))('%s', (_name, expressions) => {
    let ours: unknown[]
    let theirs: unknown[]
    beforeAll(async () => {
      const body = source(expressions)
      const outcome = await run(pool, jobOf(`export default async () => {\n${body}\n}`, { timeoutMs: 30_000 }))
      if (outcome.kind !== 'Success') throw new Error(JSON.stringify(outcome))
      ours = JSON.parse(String(outcome.data))
      const evaluate: () => Promise<string> = Function(`return (async () => {\n${body}\n})`)()
      theirs = JSON.parse(await evaluate())
    })
    test.each(expressions.map((it, index) => [it, index] as const))('%s', (_expression, index) => {
      expect(theirs[index]).toHaveProperty('value')
      expect(ours[index]).toEqual(theirs[index])
    })
  })
})

test('random values are the key stream of ChaCha20 under the seed', () => {
  const seed = randomBytes(32)
  const built: Record<string, object> = {
    './primordials.js': { reflect: Reflect, BytesOf: Uint8Array },
    './web/primordials.js': {
      WordsOf: Uint32Array,
      fromBase64: Uint8Array.fromBase64,
      viewBuffer: (view: Uint8Array) => view.buffer,
    },
    './web.js': { host: { read: () => seed.toString('base64') } },
  }
  const { fillRandom } = Function(
    'library',
    JSON.parse(readLibrary('./web'))['./web/random.js'],
  )((name: string) => built[name])
  const drawn = new Uint8Array(1000)
  fillRandom(drawn.subarray(0, 7))
  fillRandom(drawn.subarray(7))
  const expected = createCipheriv('chacha20', seed, Buffer.alloc(16)).update(Buffer.alloc(1000))
  expect(Buffer.from(drawn).equals(expected)).toBe(true)
})
