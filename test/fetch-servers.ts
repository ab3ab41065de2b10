import type { Server, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { expect, onTestFinished } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import type { FetcherOptions } from '../src/executor/fetch.ts'
import { createFetcher } from '../src/executor/fetch.ts'
import type { FetchAnswer, FetchRequest } from '../src/executor/fetch-types.ts'

/** The one address that these tests open. */
export const opened = '127.0.0.2'

/** A fetcher that is closed at the end of the test, and a short way to use it. */
export function fetcherFor(options: Partial<FetcherOptions> = {}) {
  const fetcher = createFetcher({ allow: [], allowPrivate: [opened], caps: defaultCaps, ...options })
  onTestFinished(() => fetcher.close())
  const get = (url: string, rest: Partial<FetchRequest> = {}, signal = new AbortController().signal, run = 'run') =>
    fetcher.fetch({ url, method: 'GET', headers: [], redirect: 'follow', ...rest }, signal, run)
  return { ...fetcher, get }
}

/** A server of HTTP on the opened address. */
export async function serveHttp(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle)
  return { ...(await listen(server, opened)), server }
}

/** A server that does with each connection what it is told. */
export function serveTcp(handle: (socket: Socket) => void, host = opened) {
  // What is not read would hide that the other side is gone.
  return listen(
    createTcpServer((socket) => handle(socket.resume())),
    host,
  )
}

async function listen(server: Server, host: string) {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(0, host, resolve)
  })
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return { port, url: `http://${opened}:${port}`, connections: () => connections, open: () => sockets.size }
}

/** The text of an answer; throws what a failure says. */
export function textOf(answer: FetchAnswer): string {
  if (answer.kind === 'failure') throw new Error(`${answer.name}: ${answer.message}`)
  return Buffer.from(answer.body, 'base64').toString()
}

export function header(answer: FetchAnswer, wanted: string): string | undefined {
  return answer.kind === 'answer' ? answer.headers.find(([name]) => name === wanted)?.[1] : undefined
}

/** Like `expect.poll`, with time for a slow machine. */
export function until<T>(read: () => T) {
  return expect.poll(read, { timeout: 15_000, interval: 10 })
}
