import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ExecutionArgs } from 'graphql'
import { GraphQLError } from 'graphql'
import { handleProtocols, makeServer } from 'graphql-ws'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { ConnectionLimits } from '../connection-limits.ts'
import type { Cap, Connections, Full } from './connections.ts'
import { closeCodes } from './connections.ts'
import type { Engine } from './engine.ts'
import type { Guard, Refusal } from './guard.ts'
import { createHeartbeat } from './heartbeat.ts'
import type { Mask } from './mask.ts'
import { withoutInternals } from './mask.ts'

/** How long a client that is closed may take to notice, in milliseconds. */
const goodbyeMs = 5_000
/** Clients that were refused and have not left yet. More are refused before they become a WebSocket. */
const maxLeaving = 1_000
/** A client that leaves more than this unread is cut off, else it could fill the memory. */
const maxUnreadBytes = 64 * 2 ** 20
const maxUnreadMessages = 1000

interface SocketOptions {
  readonly engine: Engine
  readonly guard: Guard
  readonly mask: Mask
  readonly log: Logger
  readonly maxPayload: number
  readonly connections: Connections
  readonly limits: Pick<ConnectionLimits, 'maxSubscriptionsPerConnection' | 'slowMs'>
}

export interface Sockets {
  /** Takes over a connection that asks to become a WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Tells every client why, and cuts off those who have not left after `graceMs`. */
  close(reason: string, graceMs: number): Promise<void>
}

interface Extra {
  readonly request: IncomingMessage
  readonly address: string | undefined
  readonly signal: AbortSignal
  /** Ends the whole connection. */
  readonly cut: (cap: Cap) => void
  /** To be called when the operation has ended that the message under way began. */
  leave: (() => void) | undefined
}

/** GraphQL over WebSocket, as graphql-transport-ws. Operations pass the same engine as those over HTTP. */
export function createSockets(options: SocketOptions): Sockets {
  const { engine, guard, mask, log, maxPayload, connections, limits } = options
  const wss = new WebSocketServer({ noServer: true, maxPayload, handleProtocols })
  const runs = new WeakMap<ExecutionArgs, ReturnType<Engine['getEnveloped']>>()
  const heartbeat = createHeartbeat(limits.slowMs, (socket) => cutOff(socket, 'slow'))
  const leaving = new Set<WebSocket>()
  let closing = false

  const server = makeServer<Record<string, unknown>, Extra>({
    onConnect: ({ connectionParams = {}, extra }) =>
      [extra.request.headers.authorization, connectionParams['authorization'], connectionParams['Authorization']].some(
        (authorization) => guard.isAuthorized(authorization),
      ),
    async onSubscribe({ subscriptions, extra }, _id, params) {
      try {
        const running = Object.keys(subscriptions).length
        if (running > limits.maxSubscriptionsPerConnection) {
          extra.cut('subscriptions')
          return [new GraphQLError(connections.reason('subscriptions'))]
        }
        const cap = connections.subscriptionExceeded(extra.address)
        if (cap) return [refuseOperation(cap, running, extra)]
        extra.leave = connections.subscribe(extra.address)
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
    const address = request.socket.remoteAddress
    const leave = connections.open(address)
    const cut = (cap: Cap) => cutOff(socket, cap)
    const extra: Extra = { request, address, signal: left.signal, cut, leave: undefined }
    heartbeat.watch(socket)
    let unread = 0
    const closed = server.opened(
      {
        protocol: socket.protocol,
        close: (code, reason) => socket.close(code, reason),
        send: (data) =>
          new Promise((resolve) => {
            if (socket.readyState !== socket.OPEN) return resolve()
            if (unread >= maxUnreadMessages || socket.bufferedAmount > maxUnreadBytes) {
              cutOff(socket, 'slow')
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
            // `onSubscribe` is called at once, and the operation that it lets begin has ended when this has.
            extra.leave = undefined
            const handled = receive(String(data))
            const { leave: leaveOperation } = extra
            handled
              .catch((error: unknown) => {
                log.warn({ err: error }, 'A WebSocket client sent what cannot be handled')
                socket.close(4400, 'Invalid message')
              })
              .finally(leaveOperation)
          }),
      },
      extra,
    )
    // A frame that is too long or malformed. The socket closes itself with the code for it.
    socket.on('error', (error) => log.debug({ err: error }, 'A WebSocket failed'))
    socket.once('close', (code, reason) => {
      left.abort()
      leave()
      closed(code, String(reason)).catch((error: unknown) => log.error({ err: error }, 'A WebSocket did not end well'))
    })
  })

  /** Says why on the way out. A client that does not read learns of it only once it does. */
  function cutOff(socket: WebSocket, cap: Cap): void {
    if (socket.readyState !== socket.OPEN) return
    connections.refused(cap)
    // Who is turned away can come again a thousand times a second.
    log[cap === 'slow' ? 'warn' : 'debug']({ cap }, `A WebSocket was closed. ${connections.reason(cap)}`)
    socket.close(closeCodes[cap], connections.reason(cap))
    const timer = setTimeout(() => socket.terminate(), goodbyeMs)
    socket.once('close', () => clearTimeout(timer))
  }

  /** The others on the socket must not have to begin anew for this one, again and again for as long as there is no room. */
  function refuseOperation(cap: Full, running: number, { cut }: Extra): GraphQLError {
    if (running === 1) cut(cap)
    else connections.refused(cap)
    const { code, message } = connections.refusal(cap)
    return new GraphQLError(message, { extensions: { code, retryable: true } })
  }

  function refusalOf(request: IncomingMessage): Refusal | undefined {
    const header = (name: string) => request.headers[name]?.toString()
    if (closing) return { status: 503, code: 'UNAVAILABLE', message: 'The server is shutting down.' }
    return guard.checkHost(header) ?? guard.checkOrigin(header)
  }

  /** Only a WebSocket can be closed with a code, so it becomes one, unless there are many who do not leave. */
  function turnAway(request: IncomingMessage, socket: Duplex, head: Buffer, cap: Cap): void {
    if (leaving.size >= maxLeaving) {
      connections.refused(cap)
      return refuseUpgrade(socket, { status: 503, code: 'UNAVAILABLE', message: connections.reason(cap) })
    }
    wss.handleUpgrade(request, socket, head, (client) => {
      leaving.add(client)
      client.once('close', () => leaving.delete(client))
      client.on('error', () => client.terminate())
      cutOff(client, cap)
    })
  }

  return {
    upgrade(request, socket, head) {
      const refusal = refusalOf(request)
      if (refusal) return refuseUpgrade(socket, refusal)
      const cap = connections.exceeded(request.socket.remoteAddress)
      if (cap) turnAway(request, socket, head, cap)
      else wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request))
    },

    async close(reason, graceMs) {
      closing = true
      heartbeat.stop()
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
