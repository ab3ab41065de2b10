import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Connections } from './connections.ts'

export interface UnreadAnswers {
  /** Watches an answer from before it begins until all of it has left this process. */
  watch(response: ServerResponse): void
  close(): void
}

interface Options {
  readonly connections: Connections
  /** How long a client may read nothing while something waits for it, in milliseconds. */
  readonly slowMs: number
  readonly log: Logger
}

interface Progress {
  bytes: number
  since: number
}

/**
 * Ends every answer over HTTP of which something waits and nothing has left for `slowMs`: it would stay in memory for as
 * long as its client likes. One that has nothing to say yet may take its time, and so may one that is read slowly.
 */
export function createUnreadAnswers({ connections, slowMs, log }: Options): UnreadAnswers {
  const open = new Map<ServerResponse, Progress>()

  const timer = setInterval(
    () => {
      const now = performance.now()
      for (const [response, progress] of open) {
        const bytes = bytesGone(response)
        if (bytes !== progress.bytes || !response.socket?.writableLength) Object.assign(progress, { bytes, since: now })
        else if (now - progress.since >= slowMs) {
          connections.refused('slow')
          log.warn({ path: response.req.url?.split('?', 1)[0] }, 'An answer that is not read was ended')
          response.destroy()
        }
      }
    },
    Math.min(1000, slowMs / 4),
  )
  timer.unref()

  return {
    watch(response) {
      open.set(response, { bytes: bytesGone(response), since: performance.now() })
      response.once('close', () => open.delete(response))
    },
    close: () => clearInterval(timer),
  }
}

/**
 * What the system has taken. Only the handle knows how far it has got with a large write: `bytesWritten` of a socket
 * counts all of it when it begins, and `writableLength` until it has ended.
 */
function bytesGone({ socket }: ServerResponse): number {
  const { _handle: handle } = (socket ?? {}) as { readonly _handle?: Handle | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0
}

interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}
