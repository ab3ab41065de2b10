import { once } from 'node:events'
import net from 'node:net'
import { createClient } from 'graphql-ws'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { defaultConnectionLimits } from '../src/connection-limits.ts'
import { createConnections } from '../src/graphql/connections.ts'
import { connect, openSocket, openStream, post, startApi } from './api-harness.ts'
import { eventually, inParallel } from './harness.ts'

const changes = 'subscription { eventChanges { id type } }'
const create = 'mutation ($type: String!) { createEvent(input: { type: $type }) { __typename } }'

describe('the protocol graphql-transport-ws', () => {
  test('queries, mutations and subscriptions run side by side on one socket', async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    socket.subscribe('live', changes)
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    socket.subscribe('write', create, { type: 'a' })
    const messages = [await socket.next(), await socket.next(), await socket.next()]
    expect(messages).toContainEqual({
      id: 'live',
      type: 'next',
      payload: { data: { eventChanges: expect.objectContaining({ type: 'a' }) } },
    })
    expect(messages).toContainEqual({
      id: 'write',
      type: 'next',
      payload: { data: { createEvent: { __typename: 'CreateEventPayload' } } },
    })
    expect(messages).toContainEqual({ id: 'write', type: 'complete' })
    socket.subscribe('read', '{ __typename }')
    expect(await socket.next()).toEqual({ id: 'read', type: 'next', payload: { data: { __typename: 'Query' } } })
  })

  test.each([
    ['does not parse', '{ events {', 'GRAPHQL_PARSE_FAILED', 'error'],
    ['is not valid', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED', 'error'],
    ['has no operation', 'fragment f on Query { __typename }', 'GRAPHQL_VALIDATION_FAILED', 'error'],
  ])('an operation that %s is answered with an error, and the socket stays', async (_what, query, code, type) => {
    const api = await startApi()
    const socket = await connect(api.port)
    socket.subscribe('1', query)
    expect(await socket.next()).toMatchObject({ id: '1', type, payload: [{ extensions: { code } }] })
    socket.subscribe('1', '{ __typename }')
    expect(await socket.next()).toMatchObject({ id: '1', type: 'next' })
  })

  test.each([
    ['no JSON', 'x', 4400],
    ['no message', '{"type":"unheard"}', 4400],
    ['an operation without an id', '{"type":"subscribe","payload":{"query":"{ __typename }"}}', 4400],
    ['a second greeting', '{"type":"connection_init"}', 4429],
  ])('%s closes the socket with its code', async (_what, text, code) => {
    const api = await startApi()
    const socket = await connect(api.port)
    socket.raw.send(text)
    expect(await socket.closed).toMatchObject({ code })
  })

  test('an id that is in use closes the socket', async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    socket.subscribe('1', changes)
    socket.subscribe('1', changes)
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber for 1 already exists' })
    await eventually(() => (api.hub.watchers() === 0 ? true : undefined))
  })

  test('a client that does not greet within three seconds is shown out', async () => {
    const api = await startApi()
    const socket = await openSocket(api.port)
    expect(await socket.closed).toMatchObject({ code: 4408 })
  })

  test('another protocol is refused', async () => {
    const api = await startApi()
    const raw = new WebSocket(`ws://127.0.0.1:${api.port}/graphql`, 'graphql-ws')
    await expect(once(raw, 'open')).rejects.toThrow(/subprotocol/i)
  })

  test('a ping of the protocol is answered with its payload', async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    socket.send({ type: 'ping', payload: { n: 1 } })
    expect(await socket.next()).toEqual({ type: 'pong', payload: { n: 1 } })
  })

  test('the client that everybody uses gets its results', async () => {
    const api = await startApi()
    const client = createClient({ url: `ws://127.0.0.1:${api.port}/graphql`, webSocketImpl: WebSocket })
    const results = client.iterate({ query: '{ __typename }' })
    expect(await results.next()).toEqual({ done: false, value: { data: { __typename: 'Query' } } })
    expect(await results.next()).toEqual({ done: true, value: undefined })
    await client.dispose()
  })
})

describe('a subscription is gone from the hub', () => {
  const subscribed = async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    for (let i = 0; i < 10; i++) socket.subscribe(String(i), changes)
    await eventually(() => (api.hub.watchers() === 10 ? true : undefined))
    return { api, socket }
  }
  const gone = (count: number) => (count === 0 ? true : undefined)

  test('when the client completes it', async () => {
    const { api, socket } = await subscribed()
    for (let i = 0; i < 10; i++) socket.send({ id: String(i), type: 'complete' })
    await eventually(() => gone(api.hub.watchers()))
  })

  test('when the client closes the socket', async () => {
    const { api, socket } = await subscribed()
    socket.raw.close()
    await eventually(() => gone(api.hub.watchers()))
  })

  test('when the connection breaks', async () => {
    const { api, socket } = await subscribed()
    socket.raw.terminate()
    await eventually(() => gone(api.hub.watchers()))
  })

  test('when a client that waits for the end of an event leaves', async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    const run = 'mutation { executeWorkflow(input: { code: "held", waitMs: 30000 }) { __typename } }'
    // One watches for the runner, one for who waits.
    const watchers = (count: number) => eventually(() => (api.hub.watchers() === count ? true : undefined), 20)
    socket.subscribe('1', run)
    await watchers(2)
    socket.raw.terminate()
    await watchers(1)
  })

  test('when the client completes it before it has begun', async () => {
    const api = await startApi()
    const socket = await connect(api.port)
    for (let i = 0; i < 50; i++) {
      socket.subscribe('1', changes)
      socket.send({ id: '1', type: 'complete' })
    }
    socket.subscribe('2', '{ __typename }')
    while ((await socket.next()).id !== '2');
    await eventually(() => gone(api.hub.watchers()))
  })
})

describe('limits', () => {
  test('of operations on one socket: one too many closes it with a code of its own', async () => {
    const api = await startApi({ connections: { ...defaultConnectionLimits, maxSubscriptionsPerConnection: 3 } })
    const socket = await connect(api.port)
    for (const id of ['1', '2', '3']) socket.subscribe(id, changes)
    await eventually(() => (api.hub.watchers() === 3 ? true : undefined))
    socket.send({ id: '1', type: 'complete' })
    socket.subscribe('4', '{ __typename }')
    expect(await socket.next()).toMatchObject({ id: '4', type: 'next' })
    expect(await socket.next()).toMatchObject({ id: '4', type: 'complete' })
    for (const id of ['5', '6']) socket.subscribe(id, changes)
    expect(await socket.closed).toEqual({
      code: 4432,
      reason: 'At most 3 operations may run on one WebSocket.',
    })
    await eventually(() => (api.hub.watchers() === 0 ? true : undefined))
  })

  test.each([
    ['in all', { max: 2 }, 4503, 503],
    ['from one address', { maxPerAddress: 2 }, 4430, 429],
  ])('of connections %s: one too many is told why, until another leaves', async (_what, limit, code, status) => {
    const api = await startApi({ connections: { ...defaultConnectionLimits, ...limit } })
    const first = await connect(api.port)
    const stream = await openStream(api.port, changes)
    await eventually(() => (api.server.connections().open === 2 ? true : undefined))

    const refused = await openSocket(api.port)
    expect(await refused.closed).toEqual({ code, reason: expect.stringContaining(' 2 connections, which is all') })
    const noStream = await openStream(api.port, changes)
    expect(noStream.status).toBe(status)
    expect(noStream.response.headers['retry-after']).toBe('5')
    expect(noStream.contentType).toContain('application/json')
    for (const accept of ['*/*', 'application/json, text/event-stream']) {
      const answer = await post(api.port, changes, {}, { accept })
      expect(answer).toMatchObject({ status, headers: { 'retry-after': '5' } })
    }
    expect((await post(api.port, '{ __typename }')).status).toBe(200)

    first.raw.close()
    await eventually(() => (api.server.connections().open === 1 ? true : undefined))
    const again = await connect(api.port)
    again.subscribe('1', '{ __typename }')
    expect(await again.next()).toMatchObject({ id: '1', type: 'next' })
    stream.destroy()
    again.raw.terminate()
    await eventually(() => (api.server.connections().addresses === 0 ? true : undefined))
    expect(api.server.connections().open).toBe(0)
  })

  test(
    'of connections: however many were refused and left, the next one is told why',
    { timeout: 120_000 },
    async () => {
      const api = await startApi({ connections: { ...defaultConnectionLimits, max: 1 } })
      await connect(api.port)
      await inParallel(20, 1001, async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${api.port}/graphql`, 'graphql-transport-ws')
        const [code] = await once(socket, 'close')
        expect(code).toBe(4503)
      })
      expect(api.server.connections().refused.total).toBe(1001)
    },
  )

  test('of patience: who does not read is told so once he does, and others are not disturbed', async () => {
    const api = await startApi({ connections: { ...defaultConnectionLimits, slowMs: 600 } })
    const reader = await connect(api.port)
    reader.subscribe('live', changes)
    const slow = await connect(api.port)
    slow.subscribe('live', changes)
    await eventually(() => (api.hub.watchers() === 2 ? true : undefined))
    slow.raw.pause()
    await eventually(() => (api.server.connections().refused.slow === 1 ? true : undefined))
    slow.raw.resume()
    expect(await slow.closed).toEqual({ code: 4431, reason: expect.stringContaining('read for 600 ms') })
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    await post(api.port, create, { type: 'a' })
    expect(await reader.next()).toMatchObject({ id: 'live', type: 'next' })
  })

  test('of patience: an event stream that is not read is ended', async () => {
    const api = await startApi({ connections: { ...defaultConnectionLimits, slowMs: 600 } })
    const stream = await openStream(api.port, 'subscription { eventChanges { input } }')
    stream.response.pause()
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    const made = create.replace('type: $type', 'type: $type, input: $input').replace('!)', '!, $input: JSON)')
    // More than the buffers of two sockets hold.
    await eventually(async () => {
      await post(api.port, made, { type: 'a', input: 'x'.repeat(900_000) })
      return api.server.connections().refused.slow === 1 ? true : undefined
    })
    await eventually(() => (api.hub.watchers() === 0 ? true : undefined))
    expect(api.server.connections().open).toBe(0)
  })

  test('one network of IPv6 is one address, and an IPv4 address is the same in either form', () => {
    const connections = createConnections({ ...defaultConnectionLimits, maxPerAddress: 1 })
    const leave = connections.open('2001:db8:1:2::1')
    expect(connections.exceeded('2001:db8:1:2:ffff::9')).toBe('address')
    expect(connections.exceeded('2001:db8:1:3::1')).toBeUndefined()
    connections.open('::ffff:192.0.2.1')
    expect(connections.exceeded('192.0.2.1')).toBe('address')
    leave()
    leave()
    expect(connections.counts()).toMatchObject({ open: 1, addresses: 1 })
  })

  test('a socket on another path is refused', async () => {
    const api = await startApi()
    const raw = new WebSocket(`ws://127.0.0.1:${api.port}/other`, 'graphql-transport-ws')
    await expect(once(raw, 'open')).rejects.toThrow('404')
  })
})

test('a client that asks and never reads is cut off, and others are served', async () => {
  const api = await startApi()
  const large = await api.server.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        query: create.replace('type: $type', 'type: $type, input: $input').replace('!)', '!, $input: JSON)'),
        variables: { type: 'a', input: 'x'.repeat(900_000) },
      }),
    }),
  )
  expect(await large.json()).toMatchObject({ data: { createEvent: { __typename: 'CreateEventPayload' } } })
  const socket = await connect(api.port)
  socket.raw.pause()
  const everything = '{ events { nodes { input } } }'
  // A hundred answers of a megabyte each is more than the server keeps for one client. A few at a time, since a busy
  // machine may fail to read so much at once.
  let asked = 0
  const cut = await eventually(async () => {
    for (let i = 0; i < 10 && asked < 900; i++) socket.subscribe(String(asked++), everything)
    await new Promise((resolve) => void globalThis.setTimeout(resolve, 100))
    return api.log.find(({ msg }) => String(msg).includes('A WebSocket was closed'))
  })
  expect(cut).toBeDefined()
  const other = await connect(api.port)
  other.subscribe('1', '{ __typename }')
  expect(await other.next()).toMatchObject({ type: 'next' })
})

test('a client that sends half a handshake or garbage does not hurt the server', async () => {
  const api = await startApi()
  for (const text of [
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n',
    '\0\xff\xfe',
    'GET http://\r\n\r\n',
  ]) {
    const socket = net.connect(api.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(text)
    socket.destroy()
  }
  const handshake = net.connect(api.port, '127.0.0.1')
  handshake.write(
    'GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n',
  )
  const [answer] = await once(handshake, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1.1 4\d\d/)
  await connect(api.port)
})
