// Where the tests find a MongoDB: the one at MONGODB_URI, or the wire-level server of this folder.
import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished } from 'vitest'
import type { MongoStore } from '../../src/store/mongo.ts'
import { openMongoStore } from '../../src/store/mongo.ts'
import type { MongoTestServer } from './server.ts'
import { startMongoServer } from './server.ts'

/** The server that somebody gave us; undefined: ours. */
export const givenUri = process.env['MONGODB_URI'] || undefined

let shared: Promise<MongoTestServer> | undefined

/** The server that the tests of one file share when they need no faults. */
export function sharedServer(): Promise<MongoTestServer> {
  return (shared ??= startMongoServer())
}

/** The connection string of a fresh database, dropped when the test has finished. */
export async function freshDatabase(): Promise<string> {
  const name = `workcell-test-${randomUUID().slice(0, 13)}`
  const uri = givenUri === undefined ? (await sharedServer()).uri(name) : withDatabase(givenUri, name)
  onTestFinished(async () => {
    // Whatever a test asked for, an index must have been there for it.
    if (givenUri === undefined) expect((await sharedServer()).engine.scans(name)).toEqual([])
    const client = new MongoClient(uri)
    await client.db().dropDatabase()
    await client.close()
  })
  return uri
}

/** The same server with another database; users are looked for where they were. */
function withDatabase(uri: string, name: string): string {
  // Not a URL to the letter: it may name several hosts.
  const [, hosts = '', database = '', query = ''] = /^([^/]+\/\/[^/?]+)\/?([^?]*)\??(.*)$/.exec(uri) ?? []
  const settings = new URLSearchParams(query)
  if (hosts.includes('@') && !settings.has('authSource')) settings.set('authSource', database || 'admin')
  return `${hosts}/${name}?${settings}`
}

/** A store on a database of its own. */
export async function openFreshMongoStore(): Promise<MongoStore> {
  return openMongoStore({ uri: await freshDatabase(), allowStandalone: givenUri !== undefined, warn: () => undefined })
}
