import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'

/** How often each client is asked whether it is still there, in milliseconds, where slow clients may take longer. */
const longestPingMs = 10_000

export interface Heartbeat {
  /** Asks the client of this socket from now on, until it has closed. */
  watch(socket: WebSocket): void
  stop(): void
}

interface Reader {
  /** When it last proved that it reads. */
  heardAt: number
  /** The question that it has not answered yet. */
  asked: { readonly token: Buffer; readonly at: number } | undefined
}

/**
 * Calls `slow` for each socket whose client has left something unread for `slowMs`. The pong for a ping says that all
 * that was sent before it was read, as long as it repeats the payload: who does not read cannot know that, but can send
 * pongs.
 */
export function createHeartbeat(slowMs: number, slow: (socket: WebSocket) => void): Heartbeat {
  const readers = new Map<WebSocket, Reader>()
  const pingMs = Math.min(longestPingMs, slowMs / 3)

  function check(socket: WebSocket, reader: Reader, now: number): void {
    if (socket.readyState !== socket.OPEN) return
    if (reader.asked) {
      if (now - reader.asked.at >= slowMs) slow(socket)
    } else if (now - reader.heardAt >= pingMs) {
      reader.asked = { token: randomBytes(8), at: now }
      socket.ping(reader.asked.token)
    }
  }

  const timer = setInterval(() => {
    const now = performance.now()
    for (const [socket, reader] of readers) check(socket, reader, now)
  }, pingMs / 4)
  timer.unref()

  return {
    watch(socket) {
      const reader: Reader = { heardAt: performance.now(), asked: undefined }
      readers.set(socket, reader)
      socket.on('pong', (payload) => {
        if (!reader.asked?.token.equals(payload)) return
        reader.asked = undefined
        reader.heardAt = performance.now()
      })
      socket.once('close', () => readers.delete(socket))
    },
    stop: () => clearInterval(timer),
  }
}
