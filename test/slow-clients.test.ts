import { EventEmitter } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { defaultConnectionLimits } from '../src/connection-limits.ts'
import { createHeartbeat } from '../src/graphql/heartbeat.ts'
import { connect, startApi } from './api-harness.ts'
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
      ping: (token: Buffer) => isRead && setTimeout(() => socket.emit('pong', token), 5),
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
