import { openSqliteStore } from '../src/store/sqlite.ts'
import { archiveSuite } from './suites/archive.ts'
import { storeSuite } from './suites/store.ts'
import { openFreshMongoStore } from './mongo/mongo.ts'

storeSuite('MongoDB', openFreshMongoStore)

archiveSuite('SQLite to MongoDB', () => openSqliteStore({ dataDir: ':memory:' }), openFreshMongoStore)
archiveSuite('MongoDB to SQLite', openFreshMongoStore, () => openSqliteStore({ dataDir: ':memory:' }))
