import { EventEmitter, once } from 'node:events'
import type http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { defaultConnectionLimits } from '../src/connection-limits.ts'
import { createHeartbeat } from '../src/graphql/heartbeat.ts'
import type { TestApi } from './api-harness.ts'
import { connect, openStream, post, startApi } from './api-harness.ts'
import { eventually } from './harness.ts'

const changes = 'subscription { eventChanges { id type } }'

describe('a WebSocket that is not read', () => {
  test('is closed, however many pongs its client sends', async () => {
    const api = await startApi({ connections: { ...defaultConnectionLimits, slowMs: 600 } })
    const slow = await connect(api.port)
    slow.subscribe('live', changes)
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    slow.raw.pause()
    await eventually(() => {
      slow.raw.pong()
      slow.raw.pong(Buffer.alloc(8))
      return api.server.connections().refused.slow === 1 ? true : undefined
    })
    slow.raw.resume()
    expect(await slow.closed).toMatchObject({ code: 4431 })
  })

  test('is closed between 30 and 45 s after it was last read, as docs/operations.md says', () => {
    const secondsAfter = Array.from({ length: 50 }, (_, index) => secondsUntilClosed(index / 2))
    expect(Math.min(...secondsAfter)).toBeGreaterThanOrEqual(30)
    expect(Math.max(...secondsAfter)).toBeLessThanOrEqual(45)
    // Else the page could promise more.
    expect(Math.max(...secondsAfter)).toBeGreaterThan(40)
  })
})

describe('an answer over HTTP', () => {
  const everything = '{ events(first: 100) { nodes { input } } }'
  const create = `mutation ($input: JSON) { createEvent(input: { type: "a", input: $input }) { __typename } }`
  const run = `mutation { executeWorkflow(input: { code: "held", waitMs: 30000 }) { __typename ... on ExecuteWorkflowPayload {
    event { status } } } }`

  /** An API whose whole list of events is more than the buffers of two sockets hold, and how long that is. */
  async function startLargeApi(slowMs: number): Promise<TestApi & { length: number }> {
    const api = await startApi({ connections: { ...defaultConnectionLimits, slowMs } })
    for (let i = 0; i < 20; i++) await post(api.port, create, { input: 'x'.repeat(900_000) })
    return { ...api, length: (await post(api.port, everything)).text.length }
  }

  /** The same request, of which nothing is read. */
  async function openAnswer(port: number): Promise<http.IncomingMessage> {
    const answer = await openStream(port, everything, {}, { accept: 'application/json' })
    answer.response.pause()
    return answer.response
  }

  test('that nobody reads is ended, and one that has nothing to say yet is not', async () => {
    const api = await startLargeApi(600)
    const waiting = post(api.port, run)
    await eventually(() => (api.hub.watchers() > 0 ? true : undefined))
    const unread = await openAnswer(api.port)
    const ended = once(unread, 'error')
    await eventually(() => (api.server.connections().refused.slow === 1 ? true : undefined))
    unread.resume()
    expect(await ended).toMatchObject([{ code: 'ECONNRESET' }])
    api.release(1)
    expect(await waiting).toMatchObject({
      status: 200,
      json: { data: { executeWorkflow: { event: { status: 'SUCCESS' } } } },
    })
    expect(api.server.connections().refused.slow).toBe(1)
  })

  test('that is read slowly arrives, however long it takes', async () => {
    const slowMs = 3000
    const api = await startLargeApi(slowMs)
    const began = performance.now()
    const answer = await openAnswer(api.port)
    let length = 0
    for await (const chunk of answer) {
      length += chunk.length
      const due = began + (2.5 * slowMs * length) / api.length
      await setTimeout(Math.max(0, due - performance.now()))
    }
    expect(length).toBe(api.length)
    expect(performance.now() - began).toBeGreaterThan(2 * slowMs)
    expect(api.server.connections().refused.slow).toBe(0)
  })
})

/** How long after a client read last it is closed, on a clock that the test moves. */
function secondsUntilClosed(lastRead: number): number {
  vi.useFakeTimers()
  try {
    let isRead = true
    let closed = false
    const heartbeat = createHeartbeat(defaultConnectionLimits.slowMs, () => (closed = true))
    const socket = Object.assign(new EventEmitter(), {
      OPEN: WebSocket.OPEN,
      readyState: WebSocket.OPEN,
      ping: (token: Buffer) => isRead && globalThis.setTimeout(() => socket.emit('pong', token), 5),
    })
    heartbeat.watch(socket as unknown as WebSocket)
    vi.advanceTimersByTime(1000 * lastRead)
    isRead = false
    const from = performance.now()
    while (!closed) vi.advanceTimersToNextTimer()
    heartbeat.stop()
    return (performance.now() - from) / 1000
  } finally {
    vi.useRealTimers()
  }
}
