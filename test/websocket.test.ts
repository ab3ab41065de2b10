import { once } from 'node:events'
import net from 'node:net'
import { createClient } from 'graphql-ws'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { connect, openSocket, startApi } from './api-harness.ts'
import { eventually } from './harness.ts'

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
  test('of operations on one socket: one too many is refused, and the others go on', async () => {
    const api = await startApi({ maxOperationsPerSocket: 3 })
    const socket = await connect(api.port)
    for (const id of ['1', '2', '3', '4']) socket.subscribe(id, changes)
    expect(await socket.next()).toMatchObject({
      id: '4',
      type: 'error',
      payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    })
    socket.send({ id: '1', type: 'complete' })
    socket.subscribe('5', '{ __typename }')
    expect(await socket.next()).toMatchObject({ id: '5', type: 'next' })
    expect(api.hub.watchers()).toBe(2)
  })

  test('of sockets: one too many is refused before it becomes one', async () => {
    const api = await startApi({ maxSockets: 2 })
    const first = await connect(api.port)
    await connect(api.port)
    await expect(connect(api.port)).rejects.toThrow('503')
    first.raw.close()
    await first.closed
    await connect(api.port)
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
  // A hundred answers of a megabyte each is more than the server keeps for one client.
  for (let i = 0; i < 100; i++) socket.subscribe(String(i), everything)
  const cut = await eventually(() => api.log.find(({ msg }) => String(msg).includes('was cut off')))
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
