// The store that the tests of the API and of the core run on: SQLite, or MongoDB in the vitest project of that name.
import type { Store } from '../src/ports.ts'
import { openSqliteStore } from '../src/store/sqlite.ts'

const onMongo = process.env['TEST_STORE'] === 'mongodb'

export async function openTestStore(): Promise<Store> {
  if (!onMongo) return openSqliteStore({ dataDir: ':memory:' })
  const { openFreshMongoStore } = await import('./mongo/mongo.ts')
  return openFreshMongoStore()
}

/** What makes a whole server use that store. */
export async function testStoreEnv(): Promise<Record<string, string>> {
  if (!onMongo) return {}
  const { freshDatabase, givenUri } = await import('./mongo/mongo.ts')
  return { MONGODB_URI: await freshDatabase(), ALLOW_STANDALONE_MONGO: givenUri === undefined ? '0' : '1' }
}
