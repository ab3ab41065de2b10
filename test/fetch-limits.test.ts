import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { fetcherFor, serveHttp, serveTcp, textOf, until } from './fetch-servers.ts'

const failed = (message: string) => ({ kind: 'failure', name: 'TypeError', message: expect.stringContaining(message) })
const zeros = Buffer.alloc(8 * 1024 * 1024)
const tooLarge = `more than ${defaultCaps.fetchBytes} bytes`
/** Short, for answers that never come: whatever has happened until then, the end is the same. */
const short = { ...defaultCaps, fetchTimeoutMs: 300 }
const timedOut = { kind: 'failure', name: 'TimeoutError', message: expect.stringContaining('300 ms') }

const brotli = (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })

const codings: readonly [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['Deflate', deflateRawSync],
  ['br', brotli],
  ['zstd', zstdCompressSync],
  ['gzip, br', (bytes) => brotli(gzipSync(bytes))],
  ['identity', (bytes) => bytes],
  ['unknown', (bytes) => bytes],
]

async function serveCoded(coding: string, body: Buffer) {
  const server = await serveHttp((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding }).end(body)
  })
  return server.url
}

test.for(codings)('%s is read, and a bomb in it is not', async ([coding, compress]) => {
  const { get } = fetcherFor()
  const text = 'Höllo wörld. '.repeat(50_000)
  expect(textOf(await get(await serveCoded(coding, compress(Buffer.from(text)))))).toBe(text)
  expect(await get(await serveCoded(coding, compress(zeros)))).toMatchObject(failed(tooLarge))
})

test('what is exactly as large as it may be is read', async () => {
  const { get } = fetcherFor({ caps: { ...defaultCaps, fetchBytes: 100_000 } })
  const server = await serveHttp(({ url }, response) => response.end(Buffer.alloc(Number(url?.slice(1)), 'a')))
  expect(textOf(await get(`${server.url}/100000`))).toHaveLength(100_000)
  expect(await get(`${server.url}/100001`)).toMatchObject(failed('more than 100000 bytes'))
})

test.for(['gzip', 'deflate', 'br', 'zstd'])('what only says that it is %s fails', async (coding) => {
  const { get } = fetcherFor()
  expect(await get(await serveCoded(coding, Buffer.from('this is not it at all')))).toMatchObject(failed('compressed'))
})

test('compression without a body, without an end, and without measure', async () => {
  const { get } = fetcherFor()
  expect(textOf(await get(await serveCoded('gzip', Buffer.alloc(0))))).toBe('')
  expect(await get(await serveCoded('gzip', gzipSync('x')), { method: 'HEAD' })).toMatchObject({
    status: 200,
    body: '',
  })
  const cut = gzipSync('all that came').subarray(0, -8)
  expect(textOf(await get(await serveCoded('gzip', cut)))).toBe('all that came')
  expect(await get(await serveCoded('gzip, gzip, gzip', gzipSync('x')))).toMatchObject(failed('more than twice'))
})

test('input that gives no output is counted too', async () => {
  const { get } = fetcherFor({ caps: { ...defaultCaps, fetchBytes: 100_000 } })
  // The name of a file in the header of gzip ends with a zero, or never.
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3])
  const url = await serveCoded('gzip', Buffer.concat([header, Buffer.alloc(200_000, 'a')]))
  expect(await get(url)).toMatchObject(failed('more than 100000 bytes'))
})

test('zstd with a window beyond 8 MB is refused', async () => {
  const { get } = fetcherFor()
  // Magic number; a frame header with a window of 2^27 bytes.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00])
  expect(await get(await serveCoded('zstd', frame))).toMatchObject(failed('compressed'))
})

test('thousands of small pieces are read, a flood of tiny ones is not', async () => {
  const server = await serveHttp(({ url }, response) => {
    const [size, count] = (url ?? '').slice(1).split('-').map(Number)
    const piece = `${(size ?? 0).toString(16)}\r\n${'a'.repeat(size ?? 0)}\r\n`
    response.socket?.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    response.socket?.end(`${piece.repeat(count ?? 0)}0\r\n\r\n`)
  })
  const { get } = fetcherFor()
  expect(textOf(await get(`${server.url}/1-4000`))).toHaveLength(4000)
  expect(textOf(await get(`${server.url}/100-20000`))).toHaveLength(2_000_000)
  expect(await get(`${server.url}/1-100000`)).toMatchObject(failed('too many small pieces'))
})

test.for<[string, string]>([
  ['headers that are too large', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
  ['too many headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`],
  ['something else than HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['half a status', 'HTTP/1.1 2'],
  ['half the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'],
  ['half the chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
  ['length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ['nothing', ''],
])('a server that sends %s', async ([, text]) => {
  const server = await serveTcp((socket) => socket.end(text))
  const { get } = fetcherFor()
  const answer = await get(server.url)
  expect(answer).toMatchObject(failed('Fetch failed'))
  expect(answer, 'no address is told').not.toMatchObject({ message: expect.stringContaining('127.0.0') })
  await until(server.open).toBe(0)
})

test('a server that resets, before and within its answer, or is not there', async () => {
  const early = await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const late = await serveTcp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () =>
      setImmediate(() => socket.resetAndDestroy()),
    )
  })
  const { get } = fetcherFor()
  expect(await get(early.url)).toMatchObject(failed('closed the connection'))
  expect(await get(late.url)).toMatchObject(failed('closed the connection'))
  expect(await get('http://127.0.0.2:1025/')).toMatchObject(failed('refused the connection'))
})

const drip = (write: (text: string) => void) => {
  const timer = setInterval(() => write('x'), 50)
  return () => clearInterval(timer)
}

test.for<[string, string, boolean]>([
  ['says nothing', '', false],
  ['drips its status', 'HTTP/1.1 200 ', true],
  ['drips its headers', 'HTTP/1.1 200 OK\r\nx: ', true],
  ['sends hints without end', 'HTTP/1.1 103 Early Hints\r\nx: ', false],
  ['drips its body', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n', true],
  ['stops in its body', 'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nhalf', false],
  ['drips compressed', 'HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 100000\r\n\r\n', false],
])('a server that %s is given up in time', async ([, text, drips]) => {
  const server = await serveTcp((socket) => {
    socket.write(text)
    if (drips)
      socket.on(
        'close',
        drip((more) => socket.write(more)),
      )
  })
  const { get } = fetcherFor({ caps: short })
  expect(await get(server.url)).toMatchObject(timedOut)
  await until(server.open).toBe(0)
})

test('redirects, TLS and names that take their time share the time of one fetch', async () => {
  const slow = await serveHttp((_request, response) => {
    setTimeout(() => response.writeHead(302, { location: '/' }).end(), 300).unref()
  })
  const mute = await serveTcp(() => {})
  expect(await fetcherFor({ caps: short }).get(slow.url)).toMatchObject(timedOut)
  expect(await fetcherFor({ caps: short }).get(`https://127.0.0.2:${mute.port}/`)).toMatchObject(timedOut)
  const lost = fetcherFor({ caps: short, lookup: () => new Promise(() => {}) })
  expect(await lost.get('http://slow.example/')).toMatchObject(timedOut)
  await until(mute.open).toBe(0)
})

test('aborting ends a fetch at once, wherever it is', async () => {
  const mute = await serveTcp(() => {})
  const half = await serveTcp((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
  const { get } = fetcherFor({ lookup: () => new Promise(() => {}) })
  const aborted = { kind: 'failure', name: 'AbortError', message: 'This operation was aborted' }
  for (const url of [mute.url, half.url, `https://127.0.0.2:${mute.port}/`, 'http://slow.example/']) {
    const stop = new AbortController()
    const answer = get(url, {}, stop.signal)
    if (!url.includes('slow')) await until(() => mute.open() + half.open()).toBe(1)
    stop.abort()
    expect(await answer, url).toEqual(aborted)
    await until(() => mute.open() + half.open()).toBe(0)
  }
  expect(await get(mute.url, {}, AbortSignal.abort())).toEqual(aborted)
})

test('closing ends what is in flight and what waits, and refuses what comes', async () => {
  const mute = await serveTcp(() => {})
  const { get, close } = fetcherFor()
  const answers = Array.from({ length: 20 }, () => get(mute.url))
  await until(mute.open).toBe(6)
  await close()
  const ended = { kind: 'failure', name: 'AbortError', message: 'The server is shutting down' }
  expect(await Promise.all(answers)).toEqual(answers.map(() => ended))
  expect(await get(mute.url)).toEqual(ended)
  await until(mute.open).toBe(0)
  await close()
})

test('a run has six connections at a time, and takes none from others', async () => {
  const mute = await serveTcp(() => {})
  const server = await serveHttp((_request, response) => response.end('here'))
  const { get } = fetcherFor()
  const stop = new AbortController()
  const held = Array.from({ length: 50 }, () => get(mute.url, {}, stop.signal, 'greedy'))
  await until(mute.open).toBe(6)
  const mine = new AbortController().signal
  expect(textOf(await get(server.url, {}, mine, 'honest'))).toBe('here')
  const waiting = get(server.url, {}, mine, 'greedy')
  stop.abort()
  expect(textOf(await waiting)).toBe('here')
  await Promise.all(held)
  expect(mute.connections()).toBe(6)
})

test('a run takes in one large answer at a time', async () => {
  const size = 1_000_000
  let finish: (() => void) | undefined
  const server = await serveHttp(({ url }, response) => {
    response.writeHead(200, { 'content-length': size })
    const body = Buffer.alloc(size, 'a')
    if (url !== '/first') return void response.end(body)
    response.write(body.subarray(0, size - 1))
    finish = () => response.end(body.subarray(size - 1))
  })
  const { get } = fetcherFor()
  const order: string[] = []
  const fetchIt = async (path: string, run: string) => {
    const text = textOf(await get(server.url + path, {}, new AbortController().signal, run))
    order.push(path)
    return text.length
  }
  const first = fetchIt('/first', 'one')
  await until(() => finish !== undefined).toBe(true)
  // It has long arrived by when another run has received as much.
  expect(await fetchIt('/other', 'two')).toBe(size)
  const second = fetchIt('/second', 'one')
  expect(await fetchIt('/more', 'two')).toBe(size)
  finish?.()
  expect(await Promise.all([first, second])).toEqual([size, size])
  expect(order).toEqual(['/other', '/more', '/first', '/second'])
})
