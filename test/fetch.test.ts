import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { expect, test } from 'vitest'
import { generate } from 'selfsigned'
import { defaultCaps } from '../src/caps.ts'
import type { FetchRequest } from '../src/executor/fetch-types.ts'
import { fetcherFor, header, opened, serveHttp, serveTcp, textOf, until } from './fetch-servers.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** Answers with what arrived: method, path, headers in pairs, body. */
async function echo() {
  const server = await serveHttp((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, url, rawHeaders } = request
      const pairs = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1]]] : []))
      return response.end(JSON.stringify({ method, url, headers: pairs, body }))
    })
  })
  const { get } = fetcherFor()
  return async (path: string, rest: Partial<FetchRequest> = {}) => {
    const arrived = JSON.parse(textOf(await get(server.url + path, rest)))
    return {
      ...arrived,
      header: (name: string) =>
        arrived.headers.filter(([key]: string[]) => key === name).map(([, value]: string[]) => value),
    }
  }
}

test('an answer has status, headers and body', async () => {
  const server = await serveHttp((_request, response) => {
    response.writeHead(404, 'Gone Fishing', { 'X-One': '1', 'set-cookie': ['a=1', 'b=2'] }).end('körper')
  })
  const { get } = fetcherFor()
  const answer = await get(`${server.url}/path?query#fragment`)
  expect(answer).toMatchObject({
    kind: 'answer',
    url: `${server.url}/path?query`,
    redirected: false,
    status: 404,
    statusText: 'Gone Fishing',
  })
  expect(textOf(answer)).toBe('körper')
  expect(header(answer, 'x-one')).toBe('1')
  const cookies = answer.kind === 'answer' && answer.headers.filter(([name]) => name === 'set-cookie')
  expect(cookies).toEqual([
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ])
})

test('a request arrives with its method, headers and body', async () => {
  const send = await echo()
  const arrived = await send('/there?x=1', {
    method: 'post',
    headers: [
      ['Content-Type', 'text/plain'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
      ['Authorization', '  Bearer k '],
      ['User-Agent', 'mine'],
    ],
    body: base64('höllo'),
  })
  expect(arrived).toMatchObject({ method: 'POST', url: '/there?x=1', body: 'höllo' })
  expect(arrived.header('x-twice')).toEqual(['a', 'b'])
  expect(arrived.header('authorization')).toEqual(['Bearer k'])
  expect(arrived.header('user-agent')).toEqual(['mine'])
  expect(arrived.header('content-length')).toEqual(['6'])
})

test.for(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'])('%s can be used', async (method) => {
  let arrived: string | undefined
  const server = await serveHttp((request, response) => {
    arrived = request.method
    response.end()
  })
  const { get } = fetcherFor()
  expect(await get(server.url, { method })).toMatchObject({ status: 200, body: '' })
  expect(arrived).toBe(method)
})

test('headers about the connection are not the code’s to set', async () => {
  const send = await echo()
  const names = ['Host', 'Connection', 'Keep-Alive', 'Transfer-Encoding', 'Content-Length', 'TE', 'Trailer', 'Upgrade']
  const more = ['Expect', 'Proxy-Authorization', 'Proxy-Connection', 'HTTP2-Settings']
  const headers = [...names, ...more].map((name): [string, string] => [name, 'evil'])
  const arrived = await send('/', { method: 'POST', body: base64('four'), headers })
  expect(JSON.stringify(arrived.headers)).not.toContain('evil')
  expect(arrived.header('host')).toEqual([expect.stringMatching(`^${opened}:`)])
  expect(arrived.header('connection')).toEqual(['close'])
  expect(arrived.body).toBe('four')
})

test.for<[string, Partial<FetchRequest> & { readonly url?: string }, string]>([
  ['a header with a line break', { headers: [['x', 'a\r\nhost: evil']] }, 'characters'],
  ['a header with a lone line feed', { headers: [['x', 'a\nb']] }, 'characters'],
  ['a header with a zero', { headers: [['x', 'a\0b']] }, 'characters'],
  ['a header beyond latin1', { headers: [['x', '€']] }, 'characters'],
  ['a name with a line break', { headers: [['x\r\ny', 'a']] }, 'name of a header'],
  ['a name with a colon', { headers: [['x:', 'a']] }, 'name of a header'],
  ['no name', { headers: [['', 'a']] }, 'name of a header'],
  ['headers without end', { headers: [['x', 'a'.repeat(70_000)]] }, 'most is 65536'],
  ['a method with a space', { method: 'GET / HTTP/1.1\r\n' }, 'not an HTTP method'],
  ['CONNECT', { method: 'CONNECT' }, 'cannot be used'],
  ['trace', { method: 'trace' }, 'cannot be used'],
  ['a GET with a body', { body: base64('x') }, 'no body'],
  ['a body that is too large', { method: 'POST', body: base64('x'.repeat(2_000_000)) }, 'most is 1048576'],
  ['file:', { url: 'file:///etc/passwd' }, 'Only http:'],
  ['data:', { url: 'data:,x' }, 'Only http:'],
  ['ftp:', { url: 'ftp://example.com/' }, 'Only http:'],
  ['blob:', { url: 'blob:https://example.com/1' }, 'Only http:'],
  ['javascript:', { url: 'javascript:1' }, 'Only http:'],
  ['a relative URL', { url: '/path' }, 'absolute URL'],
  ['a name and password', { url: 'http://me:secret@example.com/' }, 'user name'],
  ['a name alone', { url: 'http://me@example.com/' }, 'user name'],
  ['a port of mail', { url: 'http://example.com:25/' }, 'Port 25'],
  ['port 0', { url: 'http://example.com:0/' }, 'Port 0'],
])('%s is refused', async ([, request, message]) => {
  const { get } = fetcherFor({ lookup: () => Promise.reject(new Error('nothing is looked up')) })
  const answer = await get(request.url ?? `http://${opened}:9999/`, request)
  expect(answer).toMatchObject({ kind: 'failure', name: 'TypeError', message: expect.stringContaining(message) })
})

test.for<[number, string, string, string]>([
  [301, 'POST', 'GET', ''],
  [302, 'POST', 'GET', ''],
  [303, 'POST', 'GET', ''],
  [303, 'PUT', 'GET', ''],
  [301, 'PUT', 'PUT', 'body'],
  [307, 'POST', 'POST', 'body'],
  [308, 'PUT', 'PUT', 'body'],
])('%i makes of %s a %s', async ([status, method, expected, body]) => {
  const server = await serveHttp((request, response) => {
    if (request.url === '/start')
      return void response.writeHead(status, { location: Buffer.from('end?ä').toString('latin1') }).end('ignored')
    void bodyOf(request).then((text) => {
      return response.end(JSON.stringify([request.method, request.headers['content-type'] ?? '', text]))
    })
  })
  const { get } = fetcherFor()
  const answer = await get(`${server.url}/start`, { method, body: base64('body'), headers: [['Content-Type', 'a/b']] })
  expect(answer).toMatchObject({ status: 200, redirected: true, url: `${server.url}/end?%C3%A4` })
  expect(JSON.parse(textOf(answer))).toEqual([expected, body === '' ? '' : 'a/b', body])
})

test('credentials stay with the server they were meant for', async () => {
  const other = await serveHttp(({ headers }, response) => response.end(JSON.stringify(headers)))
  const server = await serveHttp(({ url, headers }, response) => {
    if (url === '/away') response.writeHead(302, { location: `${other.url}/` }).end()
    else if (url === '/near') response.writeHead(302, { location: '/here' }).end()
    else response.end(JSON.stringify(headers))
  })
  const { get } = fetcherFor()
  const headers: [string, string][] = [
    ['Authorization', 'secret'],
    ['Cookie', 'secret'],
    ['X-Mine', 'kept'],
  ]
  const near = JSON.parse(textOf(await get(`${server.url}/near`, { headers })))
  expect(near).toMatchObject({ authorization: 'secret', cookie: 'secret', 'x-mine': 'kept' })
  const away = textOf(await get(`${server.url}/away`, { headers }))
  expect(away).not.toContain('secret')
  expect(JSON.parse(away)).toMatchObject({ 'x-mine': 'kept', host: `${opened}:${other.port}` })
})

test('a redirect can be refused, or given back', async () => {
  const server = await serveHttp((_request, response) => response.writeHead(302, { location: '/x' }).end('moved'))
  const { get } = fetcherFor()
  expect(await get(server.url, { redirect: 'error' })).toMatchObject({ name: 'TypeError' })
  const manual = await get(server.url, { redirect: 'manual' })
  expect(manual).toMatchObject({ status: 302, redirected: false })
  expect([textOf(manual), header(manual, 'location')]).toEqual(['moved', '/x'])
  expect(server.connections()).toBe(2)
})

test('redirects end, at the number that is set', async () => {
  const server = await serveHttp(({ url }, response) => {
    const left = Number(url?.slice(1))
    if (left === 0) response.end('arrived')
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  const { get } = fetcherFor()
  expect(textOf(await get(`${server.url}/${defaultCaps.fetchRedirects}`))).toBe('arrived')
  const before = server.connections()
  expect(await get(`${server.url}/1000`)).toMatchObject({
    message: `More than ${defaultCaps.fetchRedirects} redirects`,
  })
  expect(server.connections() - before).toBe(defaultCaps.fetchRedirects + 1)
})

test.for([
  'file:///etc/passwd',
  'data:,x',
  'http://me:secret@127.0.0.2/',
  'http://127.0.0.2:25/',
  'http://[',
  'ftp://x/',
])('a redirect to %s is not followed', async (location) => {
  const server = await serveHttp((_request, response) => response.writeHead(302, { location }).end())
  const { get } = fetcherFor()
  expect(await get(server.url)).toMatchObject({ kind: 'failure', name: 'TypeError' })
  expect(server.connections()).toBe(1)
})

test('a redirect without a place, and a status that is none, are answers', async () => {
  const server = await serveHttp(({ url }, response) => {
    response.writeHead(Number(url?.slice(1)), url === '/304' ? { location: '/x' } : {}).end()
  })
  const { get } = fetcherFor()
  for (const status of [302, 300, 304]) {
    expect(await get(`${server.url}/${status}`)).toMatchObject({ kind: 'answer', status, redirected: false })
  }
})

test('nothing is kept between two fetches: each has a connection of its own, which is closed after it', async () => {
  const cookies: (string | undefined)[] = []
  const server = await serveHttp((request, response) => {
    cookies.push(request.headers.cookie)
    response.writeHead(200, { 'set-cookie': 'a=1' }).end('x')
  })
  const { get } = fetcherFor()
  for (let round = 0; round < 3; round++) await get(server.url)
  expect(server.connections()).toBe(3)
  expect(cookies).toEqual([undefined, undefined, undefined])
  await until(server.open).toBe(0)
})

test('proxies of the environment are not asked', async () => {
  const proxy = await serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy'), '127.0.0.1')
  const server = await serveHttp((_request, response) => response.end('server'))
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
  const before = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = `http://127.0.0.1:${proxy.port}`
  try {
    const { get } = fetcherFor()
    expect(textOf(await get(server.url))).toBe('server')
    expect(proxy.connections()).toBe(0)
  } finally {
    for (const [at, name] of names.entries()) {
      if (before[at] === undefined) delete process.env[name]
      else process.env[name] = before[at]
    }
  }
})

test('a certificate that nobody vouches for is refused', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'named.example' }])
  const server = createServer({ key, cert }, (_request, response) => void response.end('x'))
  await new Promise<void>((resolve) => server.listen(0, opened, resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  try {
    const { get } = fetcherFor({ lookup: async () => [opened] })
    const message = expect.stringContaining('certificate')
    expect(await get(`https://named.example:${port}/`)).toMatchObject({ kind: 'failure', name: 'TypeError', message })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})
