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
    const cap = connections.exceeded(address) ?? connections.subscriptionExceeded(address)
    if (cap === undefined) return undefined
    connections.refused(cap)
    return { ...connections.refusal(cap), headers: { 'retry-after': String(retrySeconds) } }
  }

  return {
    plugin: {
      onSubscribe({ args, setResultAndStopExecution }) {
        const response = responseOf(args.contextValue)
        // What goes on on a WebSocket is counted there, and in the process itself there is no connection.
        if (!response) return
        const { remoteAddress } = response.req.socket
        const refusal = refuse(remoteAddress)
        if (refusal) {
          const { message, code, status, headers = {} } = refusal
          const http = { status, headers, spec: false }
          return setResultAndStopExecution({ errors: [new GraphQLError(message, { extensions: { code, http } })] })
        }
        response.once('close', connections.open(remoteAddress))
        response.once('close', connections.subscribe(remoteAddress))
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
