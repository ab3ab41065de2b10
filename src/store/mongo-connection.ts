import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { MongoClient } from 'mongodb'
import { StartError } from '../errors.ts'
import { createClock } from './mongo-clock.ts'
import type { Clock } from './mongo-clock.ts'
import { NoAnswerError, inWords, isDenied, mayPass, withoutCredentials } from './mongo-errors.ts'
import { migrate, schemaVersion } from './mongo-schema.ts'

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
  const name = /^[^:]+:\/\/[^/]+\/([^?]+)/.test(uri) ? undefined : 'workcell'
  const deadline = Date.now() + startMs
  let told = false
  for (;;) {
    // A new one for each try: a client whose first connection failed never gives an answer again.
    const client = open(uri, allowStandalone)
    const db = client.db(name)
    const clock = createClock(db, warn)
    const whyNot = watchServers(client)
    try {
      await prepare(db, clock, allowStandalone)
      clock.start()
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
      await client.close()
      if (mayPass(error) && Date.now() < deadline) {
        if (!told) warn(`MongoDB is not there yet, waiting up to ${startMs / 1000} s for it: ${inWords(error)}`)
        told = true
        await pause(Math.min(retryMs, Math.max(0, deadline - Date.now())))
        continue
      }
      throw asStartError(error, startMs)
    }
  }
}

function open(uri: string, allowStandalone: boolean): MongoClient {
  try {
    return new MongoClient(uri, {
      ...times,
      appName: 'workcell',
      writeConcern: { w: 'majority', journal: true },
      // A single server has no majority to ask; of a replica set, nothing is read that a failover could undo.
      readConcern: { level: allowStandalone ? 'local' : 'majority' },
      readPreference: 'primary',
      retryReads: true,
      retryWrites: true,
      ignoreUndefined: false,
    })
  } catch (error) {
    const reason = error instanceof Error ? withoutCredentials(error.message) : 'unknown'
    throw new StartError(`MONGODB_URI: expected a connection string like mongodb://host:27017/workcell: ${reason}`)
  }
}

function watchServers(client: MongoClient): () => string | undefined {
  const failing = new Map<string, string>()
  client.on('serverHeartbeatFailed', ({ connectionId, failure }) => failing.set(connectionId, inWords(failure)))
  client.on('serverHeartbeatSucceeded', ({ connectionId }) => failing.delete(connectionId))
  client.on('serverClosed', ({ address }) => failing.delete(address))
  return () => [...failing].map(([address, reason]) => `${address}: ${reason}`).join('; ') || undefined
}

async function prepare(db: Db, clock: Clock, allowStandalone: boolean): Promise<void> {
  const hello = await db.admin().command({ hello: 1 })
  if (!hello['setName'] && hello['msg'] !== 'isdbgrid' && !allowStandalone) {
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
  const newer = await migrate(db)
  if (newer !== undefined) {
    throw new StartError(
      `MONGODB_URI: expected a database of schema version ${schemaVersion} or earlier, got version ${newer}, made by a newer Workcell`,
    )
  }
}

function seconds(offset: number): string {
  return `${(Math.abs(offset) / 1000).toFixed(1)} s ${offset > 0 ? 'ahead' : 'behind'}`
}

function asStartError(error: unknown, startMs: number): unknown {
  if (error instanceof StartError) return error
  if (isDenied(error))
    return new StartError(
      `MONGODB_URI: expected a user with the role readWrite on the database, and dbAdmin where its schema must change, got ${inWords(error)}`,
    )
  if (mayPass(error) || error instanceof NoAnswerError) {
    return new StartError(
      `MONGODB_URI: expected a server that answers within ${startMs / 1000} s, got ${inWords(error)}`,
    )
  }
  return new StartError(`MONGODB_URI: expected a server that Workcell can use, got ${inWords(error)}`)
}
