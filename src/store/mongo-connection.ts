import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { MongoClient, ReadConcern } from 'mongodb'
import { StartError } from '../errors.ts'
import { createClock } from './mongo-clock.ts'
import type { Clock } from './mongo-clock.ts'
import { within } from './mongo-calls.ts'
import { NoAnswerError, inWords, isDenied, mayPass } from './mongo-errors.ts'
import { checkWrites, migrate, readSchemaVersion, schemaVersion } from './mongo-schema.ts'

export interface MongoOptions {
  /** Connection string; the database is the one in its path, or `workcell`. */
  readonly uri: string
  /** Whether a single server that is no replica set will do. */
  readonly allowStandalone?: boolean
  /** How long a start waits for a server that is away, in milliseconds. */
  readonly startMs?: number
  readonly warn: (message: string) => void
}

export interface MongoConnection {
  readonly db: Db
  readonly clock: Clock
  /** Which servers cannot be reached now, and why; undefined when all can. */
  whyNot(): string | undefined
  close(): Promise<void>
}

/** Pause between two tries to reach a server at start, in milliseconds. */
const retryMs = 1_000

/**
 * Times of the driver, in milliseconds: how long it looks for a server that can be written to, for a connection to it,
 * and for a free one. All are shorter than a client waits for its mutation; `socketTimeoutMS` is not, since building
 * an index takes its time. What a single call may take is set in mongo-calls.ts.
 */
const times = {
  serverSelectionTimeoutMS: 1_500,
  connectTimeoutMS: 1_500,
  waitQueueTimeoutMS: 1_500,
  socketTimeoutMS: 60_000,
}

/** How long one question at start may wait for its answer, in milliseconds: long enough for the driver to say why. */
const tryMs = 5_000
/** How long making indexes may take, in milliseconds: there may be many documents when a new version adds one. */
const migrateMs = 600_000

/**
 * Connects, checks that this server keeps what it is told to keep, and brings the database to the present schema.
 * Throws a `StartError` of one line for what an operator can mend; a server that is away is waited for.
 */
export async function connectMongo({
  uri,
  allowStandalone = false,
  startMs = 30_000,
  warn,
}: MongoOptions): Promise<MongoConnection> {
  let deadline = performance.now() + startMs
  let told = false
  for (;;) {
    const left = () => deadline - performance.now()
    // A new one for each try: a client whose first connection failed never gives an answer again.
    const { client, database, set } = open(uri)
    const admin = client.db('admin')
    const clock = createClock(admin, warn)
    const whyNot = watchServers(client)
    const misfit = watchSet(client, set)
    try {
      const isReplicaSet = await within(tryMs, greet(admin, clock, allowStandalone))
      // Of a replica set, nothing is read that a failover could undo. A single server has no majority to ask.
      const db = client.db(database, { readConcern: new ReadConcern(isReplicaSet ? 'majority' : 'local') })
      const version = await within(tryMs, findVersion(db))
      await within(tryMs, checkWrites(db, clock.now()))
      // It is there: what follows may take its time.
      deadline = performance.now() + migrateMs
      await within(migrateMs, migrate(db, version))
      clock.start()
      followPrimary(client, clock)
      return {
        db,
        clock,
        whyNot,
        async close() {
          clock.stop()
          await client.close()
        },
      }
    } catch (error) {
      const wrong = misfit()
      const reason = wrong?.reason ?? ((error instanceof NoAnswerError && whyNot()) || inWords(error))
      await client.close()
      if (wrong?.isFinal) throw new StartError(`MONGODB_URI: expected ${wrong.expected}, got ${reason}`)
      if (mayPass(error) && left() > 0) {
        if (!told) warn(`MongoDB is not there yet, waiting up to ${startMs / 1000} s for it: ${reason}`)
        told = true
        await pause(Math.min(retryMs, Math.max(0, left())))
        continue
      }
      throw asStartError(error, reason, startMs)
    }
  }
}

/** The name in the path of a connection string, which is not a URL to the letter: it may name several hosts. */
function databaseOf(uri: string): string {
  const [, path = ''] = /^[^:]+:\/\/[^/]+\/([^?]*)/.exec(uri) ?? []
  return path === '' ? 'workcell' : decodeURIComponent(path)
}

interface Opened {
  readonly client: MongoClient
  readonly database: string
  /** Name of the replica set that the connection string asks for. */
  readonly set: string | undefined
}

function open(uri: string): Opened {
  let client: MongoClient
  try {
    client = new MongoClient(uri, {
      ...times,
      appName: 'workcell',
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      retryReads: true,
      retryWrites: true,
      ignoreUndefined: false,
    })
  } catch (error) {
    const reason = error instanceof Error && !quotes(error.message, uri) ? `: ${error.message}` : ''
    throw new StartError(
      `MONGODB_URI: expected a connection string like mongodb://host:27017/workcell, got something else${reason}`,
    )
  }
  const database = databaseOf(uri)
  if (!/^[^/\\. "$*<>:|?\0]+$/.test(database) || Buffer.byteLength(database) > 63) {
    throw new StartError(
      'MONGODB_URI: expected a database name of at most 63 bytes without spaces and any of /\\."$*<>:|?, got another',
    )
  }
  return { client, database, set: client.options.replicaSet }
}

/** Whether a text repeats any part of a connection string but its scheme and the names of its settings. */
function quotes(text: string, uri: string): boolean {
  const [authority = '', ...settings] = uri.replace(/^mongodb(\+srv)?:\/\//, '').split('?')
  const values = settings
    .join('?')
    .split('&')
    .map((it) => it.replace(/^[^=]*=?/, ''))
  const parts = [...authority.split(/[:@/,]/), ...values].filter((it) => it !== '')
  return parts.some((it) => text.includes(it))
}

function watchServers(client: MongoClient): () => string | undefined {
  const failing = new Map<string, string>()
  client.on('serverHeartbeatFailed', ({ connectionId, failure }) => failing.set(connectionId, inWords(failure)))
  client.on('serverHeartbeatSucceeded', ({ connectionId }) => failing.delete(connectionId))
  client.on('serverClosed', ({ address }) => failing.delete(address))
  return () => [...failing].map(([address, reason]) => `${address}: ${reason}`).join('; ') || undefined
}

interface Misfit {
  readonly expected: string
  readonly reason: string
  /** Whether waiting cannot mend it. */
  readonly isFinal: boolean
}

/** What is wrong with servers that answer, which the driver leaves out in silence when they are not of the set it wants. */
function watchSet(client: MongoClient, set: string | undefined): () => Misfit | undefined {
  const misfits = new Map<string, Misfit>()
  client.on('serverHeartbeatSucceeded', ({ connectionId: address, reply }) => {
    const { setName, isreplicaset: isUninitiated, msg } = reply
    const expected = `a member of the replica set ${JSON.stringify(set)}, as its setting replicaSet says`
    misfits.delete(address)
    if (isUninitiated) {
      const reason = `${address} is no member of a replica set yet; run rs.initiate() once`
      misfits.set(address, { expected: 'a replica set that was initiated', reason, isFinal: false })
    } else if (set !== undefined && setName === undefined && msg !== 'isdbgrid') {
      misfits.set(address, { expected, reason: `${address}, a standalone server`, isFinal: true })
    } else if (set !== undefined && setName !== undefined && setName !== set) {
      misfits.set(address, { expected, reason: `${address}, a member of ${JSON.stringify(setName)}`, isFinal: true })
    }
  })
  return () => [...misfits.values()][0]
}

/** Another primary, another clock. */
function followPrimary(client: MongoClient, clock: Clock): void {
  client.on('serverDescriptionChanged', ({ previousDescription, newDescription }) => {
    const isNew = newDescription.type === 'RSPrimary' && previousDescription.type !== 'RSPrimary'
    if (isNew) void clock.measure().catch(() => undefined)
  })
}

/** Refuses a server that will not do. Resolves to whether it is a replica set, or stands for one. */
async function greet(admin: Db, clock: Clock, allowStandalone: boolean): Promise<boolean> {
  const hello = await admin.command({ hello: 1 })
  const isReplicaSet = Boolean(hello['setName']) || hello['msg'] === 'isdbgrid'
  if (!isReplicaSet && !allowStandalone) {
    throw new StartError(
      'MONGODB_URI: expected a replica set, got a standalone server. A standalone server cannot tell a write that was ' +
        'repeated after a lost connection from a new one, and keeps no second copy. Start it with --replSet and run ' +
        'rs.initiate() once (one node is enough), or set ALLOW_STANDALONE_MONGO=1',
    )
  }
  const offset = await clock.measure()
  if (Math.abs(offset) >= 5_000) {
    throw new StartError(
      `MONGODB_URI: expected a server whose clock is less than 5 s off ours, got one that is ${seconds(offset)}. Set both by NTP`,
    )
  }
  return isReplicaSet
}

/** Refuses a database of a newer version, to which nothing has been written yet. */
async function findVersion(db: Db): Promise<number> {
  const found = await readSchemaVersion(db)
  if (found > schemaVersion) {
    throw new StartError(
      `MONGODB_URI: expected a database of schema version ${schemaVersion} or earlier, got version ${found}, made by a newer Workcell`,
    )
  }
  return found
}

function seconds(offset: number): string {
  return `${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'ahead' : 'behind'}`
}

function asStartError(error: unknown, reason: string, startMs: number): unknown {
  if (error instanceof StartError) return error
  if (isDenied(error))
    return new StartError(
      `MONGODB_URI: expected a user with the role readWrite on the database, and dbAdmin where its schema must change, got ${reason}`,
    )
  if (mayPass(error)) {
    return new StartError(`MONGODB_URI: expected a server that answers within ${startMs / 1000} s, got ${reason}`)
  }
  return new StartError(`MONGODB_URI: expected a server that Workcell can use, got ${reason}`)
}
