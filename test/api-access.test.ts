import { describe, expect, test } from 'vitest'
import { ask, connect, openSocket, openStream, post, startApi } from './api-harness.ts'

const json = { 'content-type': 'application/json' }
const body = JSON.stringify({ query: '{ __typename }' })
const asPost = (headers: Record<string, string> = {}) => ({ method: 'POST', body, headers: { ...json, ...headers } })
const mutation = 'mutation { createEvent(input: { type: "a" }) { __typename } }'

/** The status with which the server refuses to become a WebSocket. */
async function refusedSocket(port: number, headers: Record<string, string>): Promise<number> {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'graphql-transport-ws',
  }
  return (await ask(port, { headers: { ...upgrade, ...headers } })).status
}

describe('with API keys', () => {
  const apiKeys = ['first-key-of-this-server', 'second-key-of-this-server']
  const right = { authorization: 'Bearer second-key-of-this-server' }

  test.each([
    ['no key', undefined],
    ['a wrong key', 'Bearer wrong'],
    ['a part of a key', 'Bearer second-key-of-this'],
    ['a key and more', 'Bearer second-key-of-this-server2'],
    ['no key after Bearer', 'Bearer '],
    ['another scheme', 'Basic second-key-of-this-server'],
    ['the key alone', 'second-key-of-this-server'],
  ])('%s gets 401 over HTTP and SSE, and 4403 over WebSocket', async (_what, authorization) => {
    const api = await startApi({ apiKeys })
    const headers = authorization === undefined ? {} : { authorization }
    const answers = [
      await ask(api.port, asPost(headers)),
      await ask(api.port, asPost({ ...headers, accept: 'text/event-stream' })),
      await ask(api.port, { path: '/graphql?query=%7B__typename%7D', headers }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
      expect(answer.json.errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED' } }])
    }
    const socket = await openSocket(api.port, headers)
    socket.send({ type: 'connection_init', payload: headers })
    expect(await socket.closed).toEqual({ code: 4403, reason: 'Forbidden' })
  })

  test('each of the keys opens every transport', async () => {
    const api = await startApi({ apiKeys })
    for (const key of apiKeys) {
      const headers = { authorization: `Bearer ${key}` }
      expect((await post(api.port, '{ __typename }', {}, headers)).json.data).toEqual({ __typename: 'Query' })
      const stream = await openStream(api.port, '{ __typename }', {}, headers)
      expect(await stream.next()).toEqual({ data: { __typename: 'Query' } })
      await connect(api.port, headers)
      await connect(api.port, { Authorization: headers.authorization })
      const socket = await openSocket(api.port, headers)
      socket.send({ type: 'connection_init' })
      expect(await socket.next()).toEqual({ type: 'connection_ack' })
    }
  })

  test('nothing runs over a WebSocket before the key was shown', async () => {
    const api = await startApi({ apiKeys })
    const socket = await openSocket(api.port)
    socket.subscribe('1', mutation)
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' })
    expect(await api.store.listEvents({}, { limit: 1 })).toEqual([])
  })

  test('health and readiness need no key', async () => {
    const api = await startApi({ apiKeys })
    expect(await ask(api.port, { path: '/health' })).toMatchObject({ status: 200, text: '{"status":"ok"}' })
    expect(await ask(api.port, { path: '/ready' })).toMatchObject({
      status: 200,
      text: '{"ready":true,"checks":{"executor":"ok"}}',
    })
  })

  test('a browser without a key is asked for one by a page of its own, and gets GraphiQL with it', async () => {
    const api = await startApi({ apiKeys })
    const without = await ask(api.port, { headers: { accept: 'text/html' } })
    expect(without).toMatchObject({ status: 401, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(without.text).toContain('type="password"')
    expect(without.text).not.toMatch(/https?:\/\//)
    expect(without.text).not.toContain('GraphiQL')
    const withKey = await ask(api.port, { headers: { accept: 'text/html', ...right } })
    expect(withKey.status).toBe(200)
    expect(withKey.text.includes('YogaGraphiQL')).toBe(true)
    expect(withKey.text.includes('second-key-of-this-server')).toBe(false)
  })

  test('the server answers to any name, since a key protects it', async () => {
    const api = await startApi({ apiKeys })
    expect((await ask(api.port, asPost({ ...right, host: 'workcell.example.com' }))).status).toBe(200)
  })
})

describe('without API keys', () => {
  test.each(['localhost', 'LOCALHOST:4000', 'app.localhost:1', '127.0.0.1', '127.8.9.1:80', '[::1]:4000'])(
    'the server answers to %s',
    async (host) => {
      const api = await startApi()
      expect((await ask(api.port, asPost({ host }))).status).toBe(200)
    },
  )

  test.each([
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    '127.0.0.1.evil.example',
    '192.168.0.7:4000',
    '0.0.0.0',
  ])('a page that makes %s point here gets nothing', async (host) => {
    const api = await startApi()
    const answer = await ask(api.port, asPost({ host }))
    expect(answer.status).toBe(403)
    expect(answer.json.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    expect((await ask(api.port, { headers: { host, accept: 'text/html' } })).status).toBe(403)
    expect(await refusedSocket(api.port, { host })).toBe(403)
  })

  test.each(['a b', 'local/host', 'user@localhost'])('the malformed name %j is refused as such', async (host) => {
    const api = await startApi()
    expect((await ask(api.port, asPost({ host }))).status).toBe(400)
  })
})

describe('other web sites', () => {
  const app = 'https://app.example.com'

  test.each([
    ['a script of another site', { origin: 'https://evil.example' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a form or an image of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister of this site', { 'sec-fetch-site': 'same-site' }],
    ['an allowed origin as seen by a lax parser', { origin: `${app}.evil.example` }],
  ])('%s gets 403 on every transport, and nothing runs', async (_who, headers) => {
    const api = await startApi({ allowedOrigins: [app] })
    const answers = [
      await post(api.port, mutation, {}, headers),
      await ask(api.port, { path: '/graphql?query=%7B__typename%7D', headers }),
      await ask(api.port, {
        path: '/graphql?query=%7B__typename%7D',
        headers: { ...headers, accept: 'text/event-stream' },
      }),
      await ask(api.port, { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': 'POST' } }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(403)
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    expect(await refusedSocket(api.port, headers)).toBe(403)
    expect(await api.store.listEvents({}, { limit: 1 })).toEqual([])
  })

  test('the origins that are allowed may call, with a key, and read the answers, refusals too', async () => {
    const api = await startApi({ allowedOrigins: [app], apiKeys: ['k'] })
    const headers = { origin: app, 'sec-fetch-site': 'cross-site' }
    const preflight = await ask(api.port, {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': app,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, accept',
      },
    })
    const answer = await ask(api.port, asPost({ ...headers, authorization: 'Bearer k' }))
    expect(answer).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': app, vary: 'Origin' } })
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
    const refused = await ask(api.port, asPost(headers))
    expect(refused).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': app } })
    const socket = await openSocket(api.port, headers)
    socket.send({ type: 'connection_init', payload: { authorization: 'Bearer k' } })
    expect(await socket.next()).toEqual({ type: 'connection_ack' })
  })

  test('pages of this server and clients that are no pages may call', async () => {
    const api = await startApi()
    const own = `http://127.0.0.1:${api.port}`
    const host = `127.0.0.1:${api.port}`
    const accepted: Record<string, string>[] = [
      {},
      { origin: own },
      { origin: own, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
    ]
    for (const headers of accepted) {
      const answer = await ask(api.port, asPost({ ...headers, host }))
      expect(answer.status).toBe(200)
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
    const socket = await openSocket(api.port, { origin: own })
    socket.send({ type: 'connection_init' })
    expect(await socket.next()).toEqual({ type: 'connection_ack' })
  })

  test('a link on another site may lead to GraphiQL, and only there', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', accept: 'text/html' }
    const api = await startApi()
    expect((await ask(api.port, { headers: link })).status).toBe(200)
    expect((await ask(api.port, { headers: { ...link, 'sec-fetch-mode': 'no-cors' } })).status).toBe(403)
    const shut = await startApi({ graphiql: false })
    const path = '/graphql?query=%7B__typename%7D'
    expect((await ask(shut.port, { path, headers: link })).status).toBe(403)
  })

  test('a mutation by GET is refused', async () => {
    const api = await startApi()
    const answer = await ask(api.port, { path: `/graphql?query=${encodeURIComponent(mutation)}` })
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('POST')
    expect(await api.store.listEvents({}, { limit: 1 })).toEqual([])
  })
})

describe('routes', () => {
  test('unknown paths and methods are refused in JSON', async () => {
    const api = await startApi()
    for (const path of ['/x', '/graphql/', '/graphql/x', '/health/x', '//graphql', '/graphqlx']) {
      const answer = await ask(api.port, { path })
      expect([path, answer.status, answer.json.errors?.[0]?.extensions]).toEqual([path, 404, { code: 'NOT_FOUND' }])
    }
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect([method, (await ask(api.port, { method })).status]).toEqual([method, 405])
    }
  })

  test('the front door leads to GraphiQL, if there is one', async () => {
    const api = await startApi()
    expect(await ask(api.port, { path: '/' })).toMatchObject({ status: 302, headers: { location: '/graphql' } })
    const shut = await startApi({ graphiql: false })
    expect((await ask(shut.port, { path: '/' })).status).toBe(404)
    expect((await ask(shut.port, { headers: { accept: 'text/html' } })).status).toBe(406)
  })

  test('a URL that ends like a health check is not one', async () => {
    const api = await startApi({ apiKeys: ['k'] })
    expect((await ask(api.port, { path: '/graphql?x=/health' })).status).toBe(401)
  })

  test('the server can be asked without a network', async () => {
    const api = await startApi()
    const answer = await api.server.fetch(
      new Request('http://localhost/graphql', { method: 'POST', headers: json, body }),
    )
    expect(await answer.json()).toEqual({ data: { __typename: 'Query' } })
    expect((await api.server.fetch(new Request('http://localhost/health'))).status).toBe(200)
    expect((await api.server.fetch(new Request('http://evil.example/graphql'))).status).toBe(403)
  })
})

describe('GraphiQL', () => {
  const html = { accept: 'text/html,*/*' }

  test('is one page that loads nothing from elsewhere', async () => {
    const api = await startApi()
    const page = await ask(api.port, { headers: html })
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(page.headers['content-security-policy']).toContain("default-src 'self'; script-src 'unsafe-inline' blob:;")
    expect(/<(script|link|img)[^>]+(src|href)="?https?:/.exec(page.text)?.[0]).toBeUndefined()
    expect(page.text.includes('mutation RunCode')).toBe(true)
  })

  test('comes compressed, and not again when it is known', async () => {
    const api = await startApi()
    const plain = await ask(api.port, { headers: html })
    const response = await fetch(api.url, { headers: html })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const length = Number(response.headers.get('content-length'))
    expect(length).toBeLessThan(plain.text.length / 2)
    expect((await response.text()) === plain.text).toBe(true)
    const etag = response.headers.get('etag') ?? ''
    const known = await ask(api.port, { headers: { ...html, 'if-none-match': etag } })
    expect(known).toMatchObject({ status: 304, text: '' })
  })
})
