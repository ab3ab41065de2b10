import type { IncomingMessage, ServerResponse } from 'node:http'
import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
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
}

export function createEventStreams(connections: Connections): EventStreams {
  function refuse(address: string | undefined): Refusal | undefined {
    const cap = connections.exceeded(address)
    if (cap === undefined) return undefined
    connections.refused(cap)
    const headers = { 'retry-after': String(retrySeconds) }
    const message = connections.reason(cap)
    if (cap === 'total') return { status: 503, code: 'UNAVAILABLE', message, headers }
    return { status: 429, code: 'TOO_MANY_CONNECTIONS', message, headers }
  }

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
        response.once('close', connections.open(response.req.socket.remoteAddress))
      },
    },
    refusalOf({ headers, socket }) {
      const onlyStream = headers.accept?.includes('text/event-stream') && !/json|\*\/\*/.test(headers.accept)
      return onlyStream ? refuse(socket.remoteAddress) : undefined
    },
  }
}

function responseOf(context: unknown): ServerResponse | undefined {
  const isOverHttp = typeof context === 'object' && context !== null && 'res' in context
  return isOverHttp ? (context.res as ServerResponse) : undefined
}
