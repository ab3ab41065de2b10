import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { defaultConnectionLimits } from '../src/connection-limits.ts'
import { createConnections } from '../src/graphql/connections.ts'
import { createUnreadAnswers } from '../src/graphql/unread-answers.ts'

test('an answer that is over is not looked at any more', () => {
  vi.useFakeTimers()
  const log = pino({ level: 'silent' })
  const unread = createUnreadAnswers({ connections: createConnections(defaultConnectionLimits), slowMs: 400, log })
  try {
    const looks = vi.fn(() => null)
    const response = Object.defineProperty(new EventEmitter(), 'socket', { get: looks }) as ServerResponse
    unread.watch(response)
    looks.mockClear()
    vi.advanceTimersByTime(200)
    expect(looks).toHaveBeenCalled()
    response.emit('close')
    looks.mockClear()
    vi.advanceTimersByTime(1000)
    expect(looks).not.toHaveBeenCalled()
  } finally {
    unread.close()
    vi.useRealTimers()
  }
})
