import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Commands } from '../commands.ts'
import { StartError } from '../errors.ts'
import type { Live } from '../live.ts'
import type { Store } from '../ports.ts'
import type { ConnectionLimits } from '../connection-limits.ts'
import { defaultConnectionLimits } from '../connection-limits.ts'
import type { ConnectionCounts } from './connections.ts'
import { createConnections } from './connections.ts'
import type { Api } from './context.ts'
import { createEngine } from './engine.ts'
import { createEventStreams } from './event-streams.ts'
import type { Answer, Incoming, MetricsText } from './front.ts'
import { createFront, endpoint, refuse } from './front.ts'
import { createPage } from './graphiql.ts'
import { createGuard } from './guard.ts'
import { createLoader, oneByOne } from './loader.ts'
import { createMask } from './mask.ts'
import { createUnreadAnswers } from './unread-answers.ts'
import { createSockets, refuseUpgrade } from './websocket.ts'

export interface ApiSettings {
  /** Keys that open the API. None: it is open to whoever reaches it, and then only by a loopback name. */
  readonly apiKeys: readonly string[]
  /** Origins of web pages, besides the server's own, whose scripts may call the API. */
  readonly allowedOrigins: readonly string[]
  readonly graphiql: boolean
  readonly introspection: boolean
  /** Longest body of a request and longest message on a WebSocket. */
  readonly maxBodyBytes?: number
  readonly connections?: ConnectionLimits
}

export interface ApiDeps {
  readonly store: Store
  readonly commands: Commands
  readonly live: Live
  readonly ready: () => Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }>
  readonly metrics?: MetricsText
  readonly settings: ApiSettings
  readonly log: Logger
}

export interface ApiServer {
  /** Answers a request without a network. */
  fetch(request: Request): Promise<Response>
  /** Throws a `StartError` when the address cannot be had. */
  listen(port: number, host: string): Promise<{ readonly port: number }>
  /** WebSockets and event streams. */
  connections(): ConnectionCounts
  /** Tells subscribers why, lets answers under way finish, and cuts off who is too slow. Closing twice is fine. */
  close(reason: string): Promise<void>
}

/** Room for code and input of a megabyte each, with what JSON adds to escape them. */
const defaultMaxBodyBytes = 4 * 2 ** 20
/** How long a client may take to leave when the server closes. */
const closeGraceMs = 500

/** The API over HTTP, server-sent events and WebSocket, all on one port and path. */
export function createApiServer({ store, commands, live, ready, metrics, settings, log }: ApiDeps): ApiServer {
  const { maxBodyBytes = defaultMaxBodyBytes, connections: limits = defaultConnectionLimits } = settings
  const guard = createGuard(settings)
  const mask = createMask(log)
  const api: Api = {
    store,
    commands,
    live,
    loadEvent: createLoader(async (ids) => new Map((await store.getEvents(ids)).map((event) => [event.id, event]))),
    loadProgram: createLoader(oneByOne((id) => store.getProgram(id))),
    loadVersion: createLoader(oneByOne((hash) => store.getVersion(hash))),
  }
  const connections = createConnections(limits)
  const streams = createEventStreams(connections)
  const unread = createUnreadAnswers({ connections, slowMs: limits.slowMs, log })
  const engine = createEngine({ api, mask, introspection: settings.introspection, plugins: [streams.plugin] })
  const page = settings.graphiql ? createPage(guard) : undefined
  const front = createFront({ guard, maxBodyBytes, ready, metrics, page })
  const sockets = createSockets({
    engine,
    guard,
    mask,
    log,
    maxPayload: maxBodyBytes,
    connections,
    limits,
  })
  // Behind a load balancer, connections must be kept longer than it keeps them.
  const timeouts = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 }
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 5000 }, (request, response) => {
    unread.watch(response)
    serve(request, response).catch((error: unknown) => {
      const { extensions } = mask(error)
      const refusal = {
        status: 500,
        code: 'INTERNAL_SERVER_ERROR',
        message: `Unexpected error ${extensions['faultId']}.`,
      }
      if (response.headersSent) response.destroy()
      else send(response, refuse(refusal))
    })
  })
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?', 1)[0] === endpoint) sockets.upgrade(request, socket, head)
    else refuseUpgrade(socket, { status: 404, code: 'NOT_FOUND', message: `The API is at ${endpoint}.` })
  })
  let closed: Promise<void> | undefined

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request
    const incoming: Incoming = { method, url, header: (name) => headers[name]?.toString(), inProcess: false }
    const answer = await front(incoming)
    if (!('pass' in answer)) return send(response, answer)
    const refusal = streams.refusalOf(request)
    if (refusal) return send(response, refuse(refusal, answer.headers))
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
    await engine(request, response)
  }

  async function close(reason: string): Promise<void> {
    const ended = new Promise<void>((resolve) => void server.close(() => resolve()))
    // A connection whose answer began before the close stays open when the answer has ended.
    const sweep = setInterval(() => server.closeIdleConnections(), 20)
    const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs)
    await sockets.close(reason, closeGraceMs)
    await ended
    unread.close()
    clearInterval(sweep)
    clearTimeout(cut)
  }

  return {
    async fetch(request) {
      const { host, pathname, search } = new URL(request.url)
      const header = (name: string) => request.headers.get(name) ?? (name === 'host' ? host : null)
      const answer = await front({ method: request.method, url: pathname + search, header, inProcess: true })
      if (!('pass' in answer)) return new Response(toBody(answer), answer)
      const response = await engine.fetch(request)
      for (const [name, value] of Object.entries(answer.headers)) response.headers.set(name, value)
      return response
    },

    async listen(port, host) {
      const address = await new Promise<AddressInfo | string | null>((resolve, reject) => {
        server.once('error', (error) => reject(new StartError(`PORT and HOST: ${error.message}`)))
        server.listen(port, host, () => resolve(server.address()))
      })
      return { port: typeof address === 'object' && address !== null ? address.port : port }
    },

    connections: () => connections.counts(),
    close: (reason) => (closed ??= close(reason)),
  }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Answers without content must have no body at all. */
function toBody({ status, body }: Answer) {
  return status === 204 ? null : Buffer.from(body)
}
