import { readFile } from 'node:fs/promises'
import net from 'node:net'
import { createClient } from 'graphql-ws'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ConnectionLimits } from '../src/connection-limits.ts'
import { defaultConnectionLimits } from '../src/connection-limits.ts'
import { createConnections } from '../src/graphql/connections.ts'
import type { TestApi } from './api-harness.ts'
import { connect, openStream, post, startApi } from './api-harness.ts'
import { eventually, startTestApp } from './harness.ts'

const changes = 'subscription { eventChanges { id type } }'
const create = 'mutation { createEvent(input: { type: "a" }) { __typename } }'
const held = 'mutation { executeWorkflow(input: { code: "held", waitMs: 30000 }) { __typename } }'

const startWith = (limits: Partial<ConnectionLimits>) =>
  startApi({ connections: { ...defaultConnectionLimits, ...limits } })

async function untilSubscriptions({ server }: TestApi, count: number): Promise<void> {
  await eventually(() => (server.connections().subscriptions === count ? true : undefined))
}

const caps: [string, Partial<ConnectionLimits>, 'subscriptions_total' | 'subscriptions_address', object][] = [
  ['in all', { maxSubscriptions: 3 }, 'subscriptions_total', { close: 4503, status: 503, code: 'UNAVAILABLE' }],
  [
    'from one address',
    { maxSubscriptionsPerAddress: 3 },
    'subscriptions_address',
    { close: 4430, status: 429, code: 'TOO_MANY_SUBSCRIPTIONS' },
  ],
]

describe.each(caps)('one subscription too many %s', (_what, limit, cap, expected) => {
  const { close, status, code } = expected as { close: number; status: number; code: string }
  const message = expect.stringMatching(/ 3 subscriptions, which is all it /)

  /** Two subscriptions on one socket, and an event stream. */
  async function startFull() {
    const api = await startWith(limit)
    const socket = await connect(api.port)
    socket.subscribe('1', changes)
    socket.subscribe('2', changes)
    const stream = await openStream(api.port, changes)
    await untilSubscriptions(api, 3)
    await eventually(() => (api.hub.watchers() === 3 ? true : undefined))
    return { api, socket, stream }
  }

  test('closes a socket that has no other, until there is room', async () => {
    const { api, socket, stream } = await startFull()
    const refused = await connect(api.port)
    refused.subscribe('1', changes)
    expect(await refused.closed).toEqual({ code: close, reason: message })
    expect(api.server.connections().refused[cap]).toBe(1)

    socket.send({ id: '1', type: 'complete' })
    await untilSubscriptions(api, 2)
    const again = await connect(api.port)
    again.subscribe('1', changes)
    await untilSubscriptions(api, 3)
    stream.destroy()
    socket.raw.close()
    again.raw.terminate()
    await untilSubscriptions(api, 0)
    await eventually(() => (api.server.connections().addresses === 0 ? true : undefined))
  })

  test('is refused with an error where others go on, which it does not disturb', async () => {
    const { api, socket } = await startFull()
    socket.subscribe('3', changes)
    const payload = [{ message, extensions: { code, retryable: true } }]
    expect(await socket.next()).toEqual({ id: '3', type: 'error', payload })
    expect(api.server.connections().refused[cap]).toBe(1)
    await post(api.port, create)
    expect([await socket.next(), await socket.next()]).toMatchObject([
      { id: '1', type: 'next' },
      { id: '2', type: 'next' },
    ])
  })

  test('is no event stream, and the client is told when to come back', async () => {
    const { api } = await startFull()
    for (const accept of ['text/event-stream', '*/*', 'application/json, text/event-stream']) {
      const answer = await post(api.port, changes, {}, { accept })
      expect(answer).toMatchObject({ status, headers: { 'retry-after': '5' } })
      expect(answer.json).toMatchObject({ errors: [{ message, extensions: { code } }] })
    }
    expect((await post(api.port, '{ __typename }')).status).toBe(200)
    expect(api.server.connections()).toMatchObject({ open: 2, subscriptions: 3, refused: { [cap]: 3 } })
  })

  test('is taken from the client that everybody uses once there is room', async () => {
    const { api, socket } = await startFull()
    const closed: unknown[] = []
    const client = createClient({
      url: `ws://127.0.0.1:${api.port}/graphql`,
      webSocketImpl: WebSocket,
      retryWait: () => new Promise((resolve) => void setTimeout(resolve, 50)),
      on: { closed: (event) => closed.push(event) },
    })
    const results = client.iterate({ query: changes })
    let result: unknown
    results.next().then(
      ({ value }) => (result = value),
      () => {},
    )
    await eventually(() => (closed.length > 0 ? true : undefined))
    expect(closed[0]).toMatchObject({ code: close })
    socket.send({ id: '1', type: 'complete' })
    await eventually(() => post(api.port, create).then(() => result))
    expect(result).toMatchObject({ data: { eventChanges: { type: 'a' } } })

    const others = client.iterate({ query: changes })
    const count = closed.length
    await expect(others.next()).rejects.toMatchObject([{ extensions: { code } }])
    expect(closed.length).toBe(count)
    await client.dispose()
  })
})

describe('what was counted is given back', () => {
  test('when operations end, fail or are given up', async () => {
    const api = await startWith({})
    const socket = await connect(api.port)
    for (let i = 0; i < 50; i++) {
      socket.subscribe('1', changes)
      socket.send({ id: '1', type: 'complete' })
      socket.subscribe(`a${i}`, '{ nothing }')
      socket.subscribe(`b${i}`, '{ __typename }')
      socket.subscribe(`c${i}`, 'subscription { eventStatus(id: "evt_unknown") { id } }')
    }
    socket.subscribe('last', '{ __typename }')
    while ((await socket.next()).id !== 'last');
    await untilSubscriptions(api, 0)
    expect(socket.raw.readyState).toBe(WebSocket.OPEN)
    expect(api.hub.watchers()).toBe(0)
  })

  test('when a client asks for an event stream and has left before it began', async () => {
    const api = await startWith({})
    const body = JSON.stringify({ query: changes })
    const head = `POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n`
    for (let i = 0; i < 100; i++) {
      const socket = net.connect(api.port, '127.0.0.1')
      socket.on('error', () => {})
      const text = `${head}Content-Length: ${body.length}\r\n\r\n${body}`
      socket.write(text, () => (i % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()))
    }
    const stream = await openStream(api.port, changes)
    await eventually(() => {
      const { open, subscriptions } = api.server.connections()
      return open === 1 && subscriptions === 1 && api.hub.watchers() === 1 ? true : undefined
    })
    stream.destroy()
    await untilSubscriptions(api, 0)
  })

  test('but not when a client gives up what cannot be stopped', async () => {
    const api = await startWith({ maxSubscriptionsPerAddress: 3 })
    const socket = await connect(api.port)
    for (const id of ['1', '2', '3']) {
      socket.subscribe(id, held)
      socket.send({ id, type: 'complete' })
    }
    await untilSubscriptions(api, 3)
    socket.subscribe('4', held)
    expect(await socket.closed).toMatchObject({ code: 4430 })
    await untilSubscriptions(api, 0)
  })
})

test('subscriptions of one network of IPv6 are those of one address', () => {
  const connections = createConnections({ ...defaultConnectionLimits, maxSubscriptionsPerAddress: 1 })
  const leave = connections.subscribe('2001:db8:1:2::1')
  expect(connections.subscriptionExceeded('2001:db8:1:2:ffff::9')).toBe('subscriptions_address')
  expect(connections.subscriptionExceeded('2001:db8:1:3::1')).toBeUndefined()
  expect(connections.exceeded('2001:db8:1:2::1')).toBeUndefined()
  leave()
  leave()
  expect(connections.counts()).toMatchObject({ subscriptions: 0, addresses: 0 })
})

test('why a WebSocket is closed fits into its close frame, however high the caps', () => {
  const highest = 10_000_000
  const connections = createConnections({
    max: highest,
    maxPerAddress: highest,
    maxSubscriptions: highest,
    maxSubscriptionsPerAddress: highest,
    maxSubscriptionsPerConnection: highest,
    slowMs: highest,
  })
  for (const cap of [
    'total',
    'address',
    'subscriptions_total',
    'subscriptions_address',
    'subscriptions',
    'slow',
  ] as const)
    expect(Buffer.byteLength(connections.reason(cap))).toBeLessThanOrEqual(123)
})

test('the caps are settings, and docs/metrics.md names each that /metrics counts', async () => {
  const page = await readFile('docs/metrics.md', 'utf8')
  for (const [name, cap] of [
    ['MAX_SUBSCRIPTIONS', 'subscriptions_total'],
    ['MAX_SUBSCRIPTIONS_PER_ADDRESS', 'subscriptions_address'],
  ] as const) {
    const app = await startTestApp({ [name]: '1' })
    await openStream(app.port, changes)
    await eventually(() => (app.watchers() === 1 ? true : undefined))
    await openStream(app.port, changes)
    const text = await (await fetch(new URL('/metrics', app.url))).text()
    expect(text).toContain(`workcell_connections_refused_total{cap="${cap}"} 1\n`)
    const counted = [...text.matchAll(/^workcell_connections_refused_total\{cap="(\w+)"\}/gm)].map(([, label]) => label)
    expect(counted.length).toBe(6)
    for (const label of counted) expect(page).toContain(`\`${label}\``)
  }
})
