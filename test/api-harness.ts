// The API on real adapters, with an executor whose runs a test can hold and end, and clients that speak the protocols.
import { once } from 'node:events'
import http from 'node:http'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import { defaultCaps } from '../src/caps.ts'
import { createCore } from '../src/core.ts'
import type { Failure } from '../src/event.ts'
import type { ApiServer, ApiSettings } from '../src/graphql/server.ts'
import { createApiServer } from '../src/graphql/server.ts'
import { createMemoryHub } from '../src/hub/memory.ts'
import { inputSchemas } from '../src/inputs.ts'
import type { Json } from '../src/json.ts'
import type { Executor, Hub, Store } from '../src/ports.ts'
import { createMemoryQueue } from '../src/queue/memory.ts'
import { openTestStore } from './test-store.ts'

export interface TestApi {
  readonly server: ApiServer
  readonly url: string
  readonly port: number
  readonly hub: Hub
  readonly store: Store
  /** What the server logged, a parsed line each. */
  readonly log: readonly Record<string, unknown>[]
  /** Ends the runs of the code `held`, those under way and those to come, with these data. */
  release(data: Json): void
}

interface TestOptions extends Partial<ApiSettings> {
  /** Unfinished events beyond which no more are taken. Default 100,000. */
  readonly maxPending?: number
  /** Changes methods of the store, to make it fail. */
  readonly store?: (store: Store) => Partial<Store>
}

const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }

export async function startApi({
  store: change,
  maxPending = 100_000,
  ...settings
}: TestOptions = {}): Promise<TestApi> {
  const opened = await openTestStore()
  const store: Store = { ...opened, ...change?.(opened) }
  const log: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(JSON.parse(line)) })
  const hub = createMemoryHub()
  const queue = createMemoryQueue({ concurrency: 4 })
  const held = Promise.withResolvers<Json>()
  const executor = createTestExecutor(held.promise)
  const maxima = { timeoutMs: 300_000, memoryMb: 512, maxAttempts: 25 }
  const { commands, live, runner } = createCore({
    store,
    queue,
    executor,
    hub,
    log: logger,
    limits: { defaults: limits, maxima },
    schemas: inputSchemas(maxima, defaultCaps),
    maxPending,
    closing: () => undefined,
  })
  const server = createApiServer({
    store,
    commands,
    live,
    ready: async () => ({ ready: executor.trouble() === undefined, checks: { executor: 'ok' } }),
    settings: { apiKeys: [], allowedOrigins: [], graphiql: true, introspection: true, ...settings },
    log: logger,
  })
  const { port } = await server.listen(0, '127.0.0.1')
  runner.start()
  onTestFinished(async () => {
    await runner.close(0)
    hub.close('The test is over')
    await server.close('The test is over')
    await opened.close()
  })
  return {
    server,
    url: `http://127.0.0.1:${port}/graphql`,
    port,
    hub,
    store,
    log,
    release: held.resolve,
  }
}

/** Runs `held` until it is released, fails at `broken`, and gives back its input otherwise. */
function createTestExecutor(released: Promise<Json>): Executor {
  const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }
  return {
    prepare: async ({ code }) =>
      code.includes('broken') ? { kind: 'Failure', failure: syntaxError } : { kind: 'Ready', script: code },
    async run({ version, input }, { signal }) {
      if (version.code !== 'held') return { kind: 'Success', data: input, usage }
      const stopped = new Promise<undefined>((resolve) => {
        if (signal.aborted) resolve(undefined)
        signal.addEventListener('abort', () => resolve(undefined), { once: true })
      })
      const data = await Promise.race([released, stopped])
      return data === undefined ? { kind: 'Interrupted' } : { kind: 'Success', data, usage }
    },
    trouble: () => undefined,
    close: async () => {},
  }
}

const syntaxError: Failure = {
  code: 'SYNTAX_ERROR',
  name: 'SyntaxError',
  message: 'Unexpected identifier',
  stack: null,
  codeFrame: '> 1 | broken',
  line: 1,
  column: 3,
  retryable: false,
}

export interface GraphQLAnswer {
  readonly data?: Record<string, unknown> | null
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions?: Record<string, unknown>
  }[]
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  /** The body as GraphQL answers it. */
  readonly json: GraphQLAnswer
}

interface HttpOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** One request over a connection of its own, with exactly these headers: `fetch` forbids some and adds others. */
export async function ask(port: number, options: HttpOptions): Promise<HttpAnswer> {
  const { method = 'GET', path = '/graphql', headers = {}, body } = options
  const length =
    body === undefined || 'transfer-encoding' in headers ? {} : { 'content-length': Buffer.byteLength(body) }
  const request = http.request({
    port,
    host: '127.0.0.1',
    method,
    path,
    headers: { ...length, ...headers },
    agent: false,
  })
  // A server that refuses a body early may cut the connection while it is still being sent.
  request.on('error', () => {})
  request.end(body)
  const response = await new Promise<http.IncomingMessage>((resolve) => void request.once('response', resolve))
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const isJson = text !== '' && response.headers['content-type']?.includes('json') === true
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

/** One operation as JSON by POST. */
export function post(
  port: number,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<HttpAnswer> {
  const body = JSON.stringify({ query, variables })
  return ask(port, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
}

export interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: GraphQLAnswer & GraphQLAnswer['errors']
}

export interface TestSocket {
  readonly raw: WebSocket
  send(message: unknown): void
  subscribe(id: string, query: string, variables?: Record<string, unknown>): void
  /** The next message that is not a ping of the protocol. */
  next(): Promise<Message>
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

/** A WebSocket that speaks graphql-transport-ws and leaves everything to the test. */
export async function openSocket(port: number, headers: Record<string, string> = {}): Promise<TestSocket> {
  const raw = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws', { headers })
  onTestFinished(() => raw.terminate())
  const waiting: ((message: Message) => void)[] = []
  const arrived: Message[] = []
  raw.on('message', (data: RawData) => {
    const message: Message = JSON.parse(data.toString())
    const receiver = waiting.shift()
    if (receiver) receiver(message)
    else arrived.push(message)
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    raw.once('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await once(raw, 'open')
  const send = (message: unknown) => raw.send(JSON.stringify(message))
  return {
    raw,
    send,
    subscribe: (id, query, variables = {}) => send({ id, type: 'subscribe', payload: { query, variables } }),
    next() {
      const message = arrived.shift()
      if (message) return Promise.resolve(message)
      return new Promise((resolve) => void waiting.push(resolve))
    },
    closed,
  }
}

/** The same, after the greeting. */
export async function connect(port: number, payload?: Record<string, unknown>): Promise<TestSocket> {
  const socket = await openSocket(port)
  socket.send({ type: 'connection_init', payload })
  const { type } = await socket.next()
  if (type !== 'connection_ack') throw new Error(`Expected to be greeted, got ${type}`)
  return socket
}

export interface TestStream {
  readonly status: number
  readonly contentType: string
  readonly response: http.IncomingMessage
  /** The next result. Undefined once the stream is complete. */
  next(): Promise<GraphQLAnswer | undefined>
  destroy(): void
}

/** An operation whose results come as server-sent events. */
export async function openStream(
  port: number,
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<TestStream> {
  const body = JSON.stringify({ query, variables })
  const request = http.request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/graphql',
    agent: false,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'text/event-stream',
      ...headers,
    },
  })
  request.on('error', () => {})
  onTestFinished(() => void request.destroy())
  request.end(body)
  const response = await new Promise<http.IncomingMessage>((resolve) => void request.once('response', resolve))
  const blocks = readBlocks(response)
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    response,
    async next() {
      const { value: block } = await blocks.next()
      if (!block || block.includes('event: complete')) return undefined
      return JSON.parse(block.slice(block.indexOf('data: ') + 6))
    },
    destroy: () => void request.destroy(),
  }
}

/** Events of the stream, without the comments that keep it alive. */
async function* readBlocks(response: http.IncomingMessage): AsyncGenerator<string, undefined> {
  let text = ''
  for await (const chunk of response) {
    text += String(chunk)
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end)
      text = text.slice(end + 2)
      if (block !== ':' && block !== '') yield block
    }
  }
  return undefined
}
