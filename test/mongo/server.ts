// A MongoDB server for tests: the real wire and the driver's real behaviour, on data in memory, with faults on demand.
// One set of data, one or two nodes of a replica set in front of it, of which one is the primary.
import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { TlsOptions } from 'node:tls'
import { createServer as createTlsServer } from 'node:tls'
import type { Document } from 'bson'
import { asCommandError, createCommands, writes } from './commands.ts'
import { CommandError, Engine } from './engine.ts'
import type { Credentials, ScramConversation } from './scram.ts'
import { startScram } from './scram.ts'
import type { WireMessage } from './wire.ts'
import { createReader, encodeReply } from './wire.ts'

/** What happens to a command instead of being answered. */
export interface Fault {
  /** Name of the command, e.g. `update`. */
  readonly command: string
  /** The collection it is for; any when missing. */
  readonly collection?: string
  /** How often; once when missing. */
  readonly times?: number
  /**
   * `dropBefore`: the socket is closed before the command is applied; `dropAfter`: after. `half`: it is applied and
   * half an answer is sent before the socket closes. `hang`: it is applied and never answered. `slow`: it is applied
   * and answered after `delayMs`. `error`: refused with `code`. `errorAfter`: applied, answered with `code`.
   * `concern`: applied, but not confirmed by the majority. `duplicate`: refused with E11000 for its first statement, as
   * when what was in the way has been removed since.
   */
  readonly action:
    'dropBefore' | 'dropAfter' | 'half' | 'hang' | 'slow' | 'error' | 'errorAfter' | 'concern' | 'duplicate'
  readonly code?: number
  readonly codeName?: string
  readonly labels?: readonly string[]
  readonly delayMs?: number
}

export interface MongoServerOptions {
  readonly nodes?: 1 | 2
  /** A single server that is no replica set. */
  readonly standalone?: boolean
  /** Started as a member of a replica set that nobody has initiated; `initiate` of the server does. */
  readonly uninitiated?: boolean
  readonly credentials?: Credentials
  /** Commands that this user may not use. */
  readonly forbidden?: readonly string[]
  readonly tls?: TlsOptions
}

export interface MongoTestServer {
  /** A connection string for a database of its own. */
  uri(database?: string): string
  readonly engine: Engine
  /** The commands that came, hello and its like left out. */
  readonly commands: readonly SeenCommand[]
  /** How much this server's clock is ahead, in milliseconds. */
  clockAheadMs: number
  inject(fault: Fault): void
  /** Faults that have not happened yet. */
  pendingFaults(): number
  /** Lets the other node become the primary and cuts all connections to this one. */
  failover(): void
  /** What `rs.initiate()` does. */
  initiate(): void
  /** Closes every connection. */
  dropConnections(): void
  /** Goes away, data kept. */
  stop(): Promise<void>
  /** Comes back where it was. */
  start(): Promise<void>
}

interface Node {
  readonly server: Server
  readonly sockets: Set<Socket>
  port: number
}

/** What the tests want to know of a command. */
export interface SeenCommand {
  readonly name: string
  readonly collection: unknown
  readonly writeConcern: unknown
  readonly readConcern: unknown
  readonly isRetryable: boolean
}

function seen(name: string, command: Document): SeenCommand {
  const { writeConcern, readConcern, txnNumber } = command
  return { name, collection: command[name], writeConcern, readConcern, isRetryable: txnNumber !== undefined }
}

export async function startMongoServer(options: MongoServerOptions = {}): Promise<MongoTestServer> {
  const { standalone = false, credentials, forbidden = [], tls } = options
  let isGhost = options.uninitiated ?? false
  const engine = new Engine()
  const run = createCommands(engine)
  const faults: { fault: Fault; left: number }[] = []
  const answers = new Map<string, Document>()
  const commands: SeenCommand[] = []
  let primary = 0
  let connections = 0

  const nodes: Node[] = Array.from({ length: options.nodes ?? 1 }, (_, index) => {
    const accept = (socket: Socket) => serve(socket, index)
    return { server: tls ? createTlsServer(tls, accept) : createServer(accept), sockets: new Set(), port: 0 }
  })
  const host = (index: number) => `127.0.0.1:${nodes[index]?.port}`

  function hello(index: number): Document {
    const limits = { maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 }
    const isPrimary = index === primary && !isGhost
    return {
      helloOk: true,
      ismaster: isPrimary,
      isWritablePrimary: isPrimary,
      ...(isGhost && { isreplicaset: true, info: 'Does not have a valid replica set config' }),
      ...(!standalone &&
        !isGhost && {
          setName: 'rs0',
          setVersion: 1,
          hosts: nodes.map((_, at) => host(at)),
          primary: host(primary),
          me: host(index),
          secondary: !isPrimary,
        }),
      ...limits,
      localTime: new Date(Date.now() + server.clockAheadMs),
      logicalSessionTimeoutMinutes: 30,
      connectionId: ++connections,
      minWireVersion: 0,
      maxWireVersion: 25,
      readOnly: false,
      ok: 1,
    }
  }

  function serve(socket: Socket, index: number): void {
    let scram: ScramConversation | undefined
    let authenticated = !credentials
    nodes[index]?.sockets.add(socket)
    socket.on('close', () => nodes[index]?.sockets.delete(socket)).on('error', () => {})
    socket.setNoDelay(true)

    /** What a connection may ask before it says who it is; undefined for everything else. */
    function greet(name: string, command: Document): Document | undefined {
      if (name === 'hello' || name === 'ismaster' || name === 'isMaster') return hello(index)
      if (name === 'saslStart' && command['mechanism'] !== 'SCRAM-SHA-256') {
        throw new CommandError(334, 'MechanismUnavailable', `Unsupported mechanism '${command['mechanism']}'`)
      }
      if (name !== 'saslStart' && name !== 'saslContinue') return undefined
      if (name === 'saslStart' && credentials) scram = startScram(credentials)
      const answer = scram?.next(Buffer.from(command['payload'].buffer).toString())
      if (!answer) throw new CommandError(18, 'AuthenticationFailed', 'Authentication failed.')
      authenticated ||= answer.done
      return { conversationId: 1, payload: Buffer.from(answer.payload), done: answer.done, ok: 1 }
    }

    const reader = createReader((message) => void handle(message))
    socket.on('data', reader)

    async function handle(message: WireMessage): Promise<void> {
      const { command } = message
      const [name = ''] = Object.keys(command)
      const reply = (answer: Document) => {
        if (!message.silent && !socket.destroyed) socket.write(encodeReply(message, answer))
      }
      try {
        const greeting = greet(name, command)
        if (greeting) return reply(greeting)
        commands.push(seen(name, command))
        if (!authenticated) throw new CommandError(13, 'Unauthorized', `Command ${name} requires authentication`)
        if (forbidden.includes(name)) {
          throw new CommandError(
            13,
            'Unauthorized',
            `not authorized on ${command['$db']} to execute command ${JSON.stringify(command)}`,
          )
        }
        const fault = take(name, command)
        if (fault?.action === 'dropBefore') return void socket.destroy()
        if (fault?.action === 'error') throw errorOf(fault)
        if (fault?.action === 'duplicate') return reply(duplicate)
        if ((index !== primary || isGhost) && name !== 'ping') {
          throw new CommandError(10_107, 'NotWritablePrimary', 'not primary', { errorLabels: ['RetryableWriteError'] })
        }
        const answer = answerOnce(name, command)
        if (!fault) return reply(answer)
        if (fault.action === 'dropAfter') return void socket.destroy()
        if (fault.action === 'half') {
          const whole = encodeReply(message, answer)
          return void socket.write(whole.subarray(0, whole.length / 2), () => socket.destroy())
        }
        if (fault.action === 'hang') return
        if (fault.action === 'slow') await pause(fault.delayMs ?? 100)
        if (fault.action === 'errorAfter') throw errorOf(fault)
        const unconfirmed = { code: 64, codeName: 'WriteConcernFailed', errmsg: 'waiting for replication timed out' }
        reply(fault.action === 'concern' ? { ...answer, writeConcernError: unconfirmed } : answer)
      } catch (error) {
        const { code, codeName, message: errmsg, details } = asCommandError(error)
        reply({ ok: 0, code, codeName, errmsg, ...details })
      }
    }
  }

  /** Retryable writes: what was answered under a transaction number is not done again, but answered again. */
  function answerOnce(name: string, command: Document): Document {
    const number = command['txnNumber']
    if (number === undefined || !writes.has(name)) return run(command)
    const key = `${command['lsid'].id.toString('hex')} ${number}`
    const known = answers.get(key) ?? run(command)
    answers.set(key, known)
    return known
  }

  function take(name: string, command: Document): Fault | undefined {
    const at = faults.findIndex(
      ({ fault }) => fault.command === name && (fault.collection ?? command[name]) === command[name],
    )
    const found = faults[at]
    if (!found) return undefined
    if (--found.left === 0) faults.splice(at, 1)
    return found.fault
  }

  async function listen(node: Node): Promise<void> {
    node.server.listen(node.port, '127.0.0.1')
    await once(node.server, 'listening')
    node.port = (node.server.address() as AddressInfo).port
  }

  const server: MongoTestServer = {
    engine,
    commands,
    clockAheadMs: 0,
    uri(database = 'test') {
      const user = credentials ? `${credentials.username}:${encodeURIComponent(credentials.password)}@` : ''
      // Short, so that a test which changes the primary need not wait ten seconds for the driver to look again.
      const settings = [
        'heartbeatFrequencyMS=500',
        credentials && 'authSource=admin',
        credentials && 'authMechanism=SCRAM-SHA-256',
      ]
      const set = standalone ? 'directConnection=true' : 'replicaSet=rs0'
      const query = [set, ...settings, tls && 'tls=true'].filter(Boolean).join('&')
      return `mongodb://${user}${nodes.map((_, index) => host(index)).join(',')}/${database}?${query}`
    },
    inject: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    pendingFaults: () => faults.length,
    failover() {
      const old = nodes[primary]
      primary = (primary + 1) % nodes.length
      for (const socket of old?.sockets ?? []) socket.destroy()
    },
    initiate() {
      isGhost = false
    },
    dropConnections() {
      for (const { sockets } of nodes) for (const socket of sockets) socket.destroy()
    },
    async stop() {
      const closed = nodes.map((node) => new Promise((resolve) => node.server.close(resolve)))
      server.dropConnections()
      await Promise.all(closed)
    },
    async start() {
      for (const node of nodes) await listen(node)
    },
  }
  await server.start()
  return server
}

const duplicate = {
  n: 0,
  nModified: 0,
  writeErrors: [{ index: 0, code: 11_000, errmsg: 'E11000 duplicate key error, as the test wants it' }],
  ok: 1,
}

function errorOf({ code = 2, codeName = 'BadValue', labels }: Fault): CommandError {
  return new CommandError(code, codeName, `${codeName}, as the test wants it`, labels ? { errorLabels: labels } : {})
}
