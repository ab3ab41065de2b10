import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Connections } from './connections.ts'
import type { Refusal } from './guard.ts'

/** When a client that was refused is to come back, in seconds. */
const retrySeconds = 5

/** Subscriptions whose results go out as the answer to a request over HTTP. */
export interface EventStreams {
  /** Counts each stream in, or answers that there are too many. */
  readonly plugin: Plugin
  /** Why a request that takes nothing but a stream is refused. Others are told by GraphQL. */
  refusalOf(request: IncomingMessage): Refusal | undefined
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

export function createEventStreams({ connections, slowMs, log }: Options): EventStreams {
  const open = new Map<ServerResponse, Progress>()

  function refuse(address: string | undefined): Refusal | undefined {
    const cap = connections.exceeded(address)
    if (cap === undefined) return undefined
    connections.refused(cap)
    const headers = { 'retry-after': String(retrySeconds) }
    const message = connections.reason(cap)
    if (cap === 'total') return { status: 503, code: 'UNAVAILABLE', message, headers }
    return { status: 429, code: 'TOO_MANY_CONNECTIONS', message, headers }
  }

  const watch = setInterval(
    () => {
      const now = performance.now()
      for (const [response, progress] of open) {
        const bytes = bytesGone(response)
        if (bytes !== progress.bytes || !response.socket?.writableLength) Object.assign(progress, { bytes, since: now })
        else if (now - progress.since >= slowMs) {
          connections.refused('slow')
          log.warn('An event stream that is not read was ended')
          response.destroy()
        }
      }
    },
    Math.min(1000, slowMs / 4),
  )
  watch.unref()

  return {
    plugin: {
      onSubscribe({ args, setResultAndStopExecution }) {
        const response = responseOf(args.contextValue)
        // A WebSocket was counted when it opened, and in the process itself there is no connection.
        if (!response) return
        const refusal = refuse(response.req.socket.remoteAddress)
        if (refusal) {
          const { message, code, status, headers = {} } = refusal
          const http = { status, headers, spec: false }
          return setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions: { code, http } })] })
        }
        const leave = connections.open(response.req.socket.remoteAddress)
        open.set(response, { bytes: bytesGone(response), since: performance.now() })
        response.once('close', () => {
          leave()
          open.delete(response)
        })
      },
    },
    refusalOf({ headers, socket }) {
      const onlyStream = headers.accept?.includes('text/event-stream') && !/json|\*\/\*/.test(headers.accept)
      return onlyStream ? refuse(socket.remoteAddress) : undefined
    },
    close: () => clearInterval(watch),
  }
}

function responseOf(context: unknown): ServerResponse | undefined {
  const isOverHttp = typeof context === 'object' && context !== null && 'res' in context
  return isOverHttp ? (context.res as ServerResponse) : undefined
}

/** What has left for the client is everything that was written, but for what waits in this process. */
function bytesGone({ socket }: ServerResponse): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0
}
