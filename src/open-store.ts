import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { ForeignChanges, Store } from './ports.ts'

export interface OpenedStore {
  readonly store: Store
  /** The same store where other processes can write to it too, to learn of what they do. */
  readonly shared: (Store & ForeignChanges) | undefined
  /** Length of the write-ahead log of SQLite, in bytes. */
  readonly walBytes: () => number
}

type StoreConfig = Pick<Config, 'dataDir' | 'walLimit' | 'mongodbUri' | 'allowStandaloneMongo'>

/**
 * Opens the store that the configuration asks for: MongoDB where `MONGODB_URI` is set, else the SQLite file. Only the
 * one that is used is loaded, since loading a driver takes longer than starting without. Throws a `StartError`.
 */
export async function openStore(config: StoreConfig, log: Logger): Promise<OpenedStore> {
  if (config.mongodbUri === undefined) {
    const { openSqliteStore } = await import('./store/sqlite.ts')
    const warn = (message: string) => log.warn(message)
    const store = openSqliteStore({ dataDir: config.dataDir, walLimit: config.walLimit, warn })
    return { store, shared: undefined, walBytes: () => store.walBytes() }
  }
  const { openMongoStore } = await import('./store/mongo.ts')
  const store = await openMongoStore({
    uri: config.mongodbUri,
    allowStandalone: config.allowStandaloneMongo,
    warn: (message) => log.warn(message),
  })
  return { store, shared: store, walBytes: () => 0 }
}
