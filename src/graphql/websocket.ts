import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs } from 'graphql'
import { GraphQLError } from 'graphql'
import { handleProtocols, makeServer } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { Engine } from './engine.ts'
import type { Guard, Refusal } from './guard.ts'
import type { Mask } from './mask.ts'
import { withoutInternals } from './mask.ts'

/** How often each client is asked whether it is still there; one that has not answered by the next time is gone. */
const heartbeatMs = 12_000
/** A client that leaves more than this unread is cut off, else it could fill the memory. */
const maxUnreadBytes = 64 * 2 ** 20
const maxUnreadMessages = 1000

interface SocketOptions {
  readonly engine: Engine
  readonly guard: Guard
  readonly mask: Mask
  readonly log: Logger
  readonly maxPayload: number
  readonly maxSockets: number
  readonly maxOperationsPerSocket: number
}

export interface Sockets {
  /** Takes over a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Tells every client why, and cuts off those who have not left after `graceMs`. */
  close(reason: string, graceMs: number): Promise<void>
}

interface Extra {
  readonly request: IncomingMessage
  readonly signal: AbortSignal
}

/** GraphQL over WebSocket, as graphql-transport-ws. Operations pass the same engine as those over HTTP. */
export function createSockets(options: SocketOptions): Sockets {
  const { engine, guard, mask, log, maxPayload, maxSockets, maxOperationsPerSocket } = options
  const wss = new WebSocketServer({ noServer: true, maxPayload, handleProtocols })
  const runs = new WeakMap<ExecutionArgs, ReturnType<Engine['getEnveloped']>>()
  const silent = new WeakSet<WebSocket>()
  let closing = false

  const server = makeServer<Record<string, unknown>, Extra>({
    onConnect: ({ connectionParams = {}, extra }) =>
      [extra.request.headers.authorization, connectionParams['authorization'], connectionParams['Authorization']].some(
        (authorization) => guard.isAuthorized(authorization),
      ),
    async onSubscribe({ subscriptions, extra }, _id, params) {
      try {
        if (Object.keys(subscriptions).length > maxOperationsPerSocket) throw tooManyOperations()
        const enveloped = engine.getEnveloped({ params, signal: extra.signal })
        const document = enveloped.parse(params.query)
        const errors = enveloped.validate(enveloped.schema, document)
        if (errors.length > 0) return errors
        const args: ExecutionArgs = {
          schema: enveloped.schema,
          document,
          operationName: params.operationName,
          variableValues: params.variables,
          contextValue: await enveloped.contextFactory(),
        }
        runs.set(args, enveloped)
        return args
      } catch (error) {
        // A mistake in one operation must not end the others on this socket.
        return [mask(error)]
      }
    },
    execute: (args) => runs.get(args)?.execute(args),
    subscribe: (args) => runs.get(args)?.subscribe(args),
    onNext: (_context, _id, _params, _args, { errors, data }) =>
      errors && { errors: presentErrors(errors), ...(data !== undefined && { data }) },
    onError: (_context, _id, _params, errors) => presentErrors(errors),
  })

  wss.on('connection', (socket, request) => {
    const left = new AbortController()
    let unread = 0
    const closed = server.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        send: (data) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) return resolve()
            if (unread >= maxUnreadMessages || socket.bufferedAmount > maxUnreadBytes) {
              log.warn('A WebSocket client does not read what it asked for and was cut off')
              socket.terminate()
              return resolve()
            }
            unread += 1
            socket.send(data, () => {
              unread -= 1
              resolve()
            })
          }),
        onMessage: (receive) =>
          socket.on('message', (data) => {
            receive(String(data)).catch((error: unknown) => {
              log.warn({ err: error }, 'A WebSocket client sent what cannot be handled')
              socket.close(4400, 'Invalid message')
            })
          }),
      },
      { request, signal: left.signal },
    )
    // A frame that is too long or malformed. The socket closes itself with the code for it.
    socket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'))
    socket.on('pong', () => silent.delete(socket))
    socket.once('close', (code, reason) => {
      left.abort()
      closed(code, String(reason)).catch((error: unknown) => log.error({ err: error }, 'A WebSocket did not end well'))
    })
  })

  const heartbeat = setInterval(() => {
    for (const socket of wss.clients) {
      if (silent.has(socket)) socket.terminate()
      else if (socket.readyState === socket.OPEN) {
        silent.add(socket)
        socket.ping()
      }
    }
  }, heartbeatMs)
  heartbeat.unref()

  function refusalOf(request: IncomingMessage): Refusal | undefined {
    const header = (name: string) => request.headers[name]?.toString()
    if (closing) return { status: 503, code: 'UNAVAILABLE', message: 'The server is shutting down.' }
    if (wss.clients.size >= maxSockets) {
      return {
        status: 503,
        code: 'UNAVAILABLE',
        message: `The server has ${maxSockets} WebSockets, which is all it takes.`,
      }
    }
    return guard.checkHost(header) ?? guard.checkOrigin(header)
  }

  return {
    upgrade(request, socket, head) {
      const refusal = refusalOf(request)
      if (refusal) refuseUpgrade(socket, refusal)
      else wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request))
    },

    async close(reason, graceMs) {
      closing = true
      clearInterval(heartbeat)
      const gone = [...wss.clients].map((socket) => {
        // The protocol has room for 123 bytes.
        socket.close(1001, Buffer.from(reason).subarray(0, 123).toString().replace(/�$/, ''))
        return new Promise((resolve) => void socket.once('close', resolve))
      })
      const cut = setTimeout(() => {
        for (const socket of wss.clients) socket.terminate()
      }, graceMs)
      await Promise.all(gone)
      clearTimeout(cut)
    },
  }

  function presentErrors(errors: readonly GraphQLError[]) {
    return errors.map((error) => withoutInternals(mask(error)).toJSON())
  }

  function tooManyOperations(): GraphQLError {
    const message = `At most ${maxOperationsPerSocket} operations may run on one WebSocket. Complete one first.`
    return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } })
  }
}

/** A plain answer of HTTP, since the connection has not become a WebSocket. */
export function refuseUpgrade(socket: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] })
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
