import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { Copying } from './sqlite-copy.ts'
import { CopyAloneError } from './sqlite-copy.ts'
import { inWords } from './sqlite-errors.ts'

/** How often progress is told, and how long a client may take to ask and to go, in milliseconds. */
const [tellMs, requestMs] = [100, 10_000]
const longestRequest = 10_000
const mostClients = 16

/** Name of the socket in the data directory. */
export const socketFile = 'workcell.sock'

/** One JSON object a line, and one request for each connection. */
export const requestShape = z.strictObject({
  /** The copy: an absolute path on the machine of the server. Must not exist yet. */
  backup: z
    .string()
    .max(4096)
    .startsWith('/')
    .regex(/^[^\0]*$/),
})
export const answerShape = z.union([
  /** Pages that were copied, and how many there are. */
  z.strictObject({ copied: z.int(), total: z.int() }),
  z.strictObject({ done: z.literal(true) }),
  /** Why the client should copy by itself. */
  z.strictObject({ alone: z.string() }),
  z.strictObject({ error: z.string() }),
])
export type Answer = z.infer<typeof answerShape>

/** Copies the data file for other processes that ask for it. */
export interface BackupService {
  /** Stops a copy that is being made, and resolves when the database is not used for one any more. */
  close(): Promise<void>
}

/**
 * Listens on a socket in the data directory, which only the user of this process may open. Goes on without where there
 * can be none.
 */
export function serveBackups({ copy }: Copying, dataDir: string, warn: (message: string) => void): BackupService {
  const path = join(dataDir, socketFile)
  const clients = new Set<Socket>()
  let current: { readonly client: Socket; readonly ended: Promise<void> } | undefined
  let closed = false

  const server = createServer((client) => {
    clients.add(client)
    client.once('close', () => clients.delete(client))
    // Its end is told by `close`.
    client.on('error', () => undefined)
    client.setTimeout(requestMs, () => client.destroy())
    let text = ''
    client.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.includes('\n') || text.length > longestRequest) return
      text += chunk
      if (text.includes('\n') || text.length > longestRequest) void answer(client, text)
    })
  })

  async function answer(client: Socket, text: string): Promise<void> {
    client.setTimeout(0)
    // The copy of a client that has gone is about to end.
    while (current?.client.destroyed) await current.ended
    if (current) return end(client, { error: 'another backup is being made' })
    const ended = begin(client, text).finally(() => (current = undefined))
    current = { client, ended }
  }

  async function begin(client: Socket, text: string): Promise<void> {
    const request = parse(text)
    end(client, request ? await copyFor(client, request.backup) : { error: 'the server knows no such request' })
  }

  async function copyFor(client: Socket, file: string): Promise<Answer> {
    let told = 0
    const progress = (copied: number, total: number) => {
      if (closed) throw new Error('the server is being stopped')
      if (client.destroyed) throw new Error('the client has gone')
      if (copied < total && performance.now() - told < tellMs) return
      told = performance.now()
      tell(client, { copied, total })
    }
    try {
      await copy({ file, progress })
      return { done: true }
    } catch (error) {
      return error instanceof CopyAloneError ? { alone: error.message } : { error: inWords(error) }
    }
  }

  server.maxConnections = mostClients
  server.on('error', (error) => warn(withoutSocket(path, error)))
  try {
    // That of a server that was killed. Another one that lives would have the lock of the directory.
    rmSync(path, { force: true })
    const mask = process.umask(0o177)
    try {
      server.listen(path)
    } finally {
      process.umask(mask)
    }
    server.unref()
  } catch (error) {
    warn(withoutSocket(path, error))
  }

  return {
    async close() {
      closed = true
      // Removes the socket.
      server.close()
      await current?.ended
      for (const client of clients) client.destroySoon()
    },
  }
}

function withoutSocket(path: string, error: unknown): string {
  return `${path} cannot be made: ${inWords(error)}. A backup will copy the data file by itself, and keep the write-ahead log from being cut back.`
}

function tell(client: Socket, answer: Answer): void {
  client.write(`${JSON.stringify(answer)}\n`)
}

function end(client: Socket, answer: Answer): void {
  tell(client, answer)
  client.end()
  client.setTimeout(requestMs)
}

function parse(text: string): z.infer<typeof requestShape> | undefined {
  try {
    return requestShape.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
