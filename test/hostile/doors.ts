// Listeners that nobody may reach from user code, and a server at an address that the operator opened.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

/** On Linux all of 127.0.0.0/8 is this machine, so one of its addresses can be opened and the others stay closed. */
export const openAddress = '127.0.0.77'

export interface Doors {
  /** At this port every loopback address listens. */
  readonly port: number
  /** The server that may be reached. */
  readonly open: string
  /** Connections that should not have come. */
  readonly entered: readonly string[]
}

export async function openDoors(): Promise<Doors> {
  const entered: string[] = []
  const port = await listenEverywhere(entered)
  const server = createServer(answer)
  const openPort = await listen(server, 0, openAddress)
  return { port, open: `http://${openAddress}:${openPort}`, entered }
}

/** One port for both families, which is free at the first and, but for bad luck, at the second. */
async function listenEverywhere(entered: string[]): Promise<number> {
  for (let tries = 0; ; tries++) {
    const port = await listen(trap(entered), 0, '0.0.0.0')
    try {
      await listen(trap(entered), port, '::1')
      return port
    } catch (error) {
      // Some machines have no IPv6.
      if (error instanceof Error && 'code' in error && error.code !== 'EADDRINUSE') return port
      if (tries > 5) throw error
    }
  }
}

function trap(entered: string[]): Server {
  return createTcpServer((socket) => {
    entered.push(`${socket.localAddress} was reached from ${socket.remoteAddress}`)
    socket.on('error', () => {})
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret')
  })
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  onTestFinished(() => {
    server.close()
    if ('closeAllConnections' in server && typeof server.closeAllConnections === 'function')
      server.closeAllConnections()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

const zeros = gzipSync(Buffer.alloc(100_000_000))

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://open')
  response.on('error', () => {})
  switch (url.pathname) {
    case '/hello':
      response.end('hello')
      break
    case '/redirect':
      response.writeHead(Number(url.searchParams.get('status')), { location: url.searchParams.get('to') ?? '/' }).end()
      break
    case '/loop':
      response.writeHead(302, { location: '/loop' }).end()
      break
    case '/endless': {
      const chunk = Buffer.alloc(65_536, 'x')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
      break
    }
    case '/bomb':
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(zeros)
      break
    case '/headers':
      request.socket.write(`HTTP/1.1 200 OK\r\n${'x-a: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n'.repeat(100_000)}`)
      break
    case '/garbage':
      request.socket.end('\0\0 this is no HTTP\r\n\r\n')
      break
    case '/silent':
      break
    default:
      response.writeHead(404).end()
  }
}
