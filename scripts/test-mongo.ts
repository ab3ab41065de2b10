// Runs the tests of the store and the API on a real MongoDB: the one at MONGODB_URI or, where mongodb-memory-server was
// installed for it, one that is fetched, started and thrown away. `npm run test:mongo [-- FILE]`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const howTo =
  'Set MONGODB_URI to the connection string of a server; each test makes a database of its own there and drops it.\n' +
  'Or have one fetched: npm install --no-save mongodb-memory-server@11.3.0, then npm run test:mongo again.\n'

/** The part of mongodb-memory-server that is used: it is no dependency, since it downloads a server. */
interface MemoryServer {
  readonly MongoMemoryReplSet: {
    create(options: { replSet: { count: number; storageEngine: string } }): Promise<ReplicaSet>
  }
}

interface ReplicaSet {
  getUri(): string
  stop(): Promise<unknown>
}

async function fetchServer(): Promise<ReplicaSet | undefined> {
  const name: string = 'mongodb-memory-server'
  try {
    import.meta.resolve(name)
  } catch {
    return undefined
  }
  const { MongoMemoryReplSet }: MemoryServer = await import(name)
  return MongoMemoryReplSet.create({ replSet: { count: 1, storageEngine: 'wiredTiger' } })
}

async function runTests(uri: string): Promise<number> {
  const vitest = spawn('vitest', ['run', '--project', 'mongodb', ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, MONGODB_URI: uri },
  })
  const [code] = await once(vitest, 'exit')
  return typeof code === 'number' ? code : 1
}

const given = process.env['MONGODB_URI']
const server = given ? undefined : await fetchServer()
const uri = given || server?.getUri()
try {
  if (!uri) process.stderr.write(howTo)
  process.exitCode = uri ? await runTests(uri) : 1
} finally {
  await server?.stop()
}
