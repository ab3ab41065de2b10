import { z } from 'zod'
import { StartError } from './errors.ts'
import type { ServerLimits } from './assignments.ts'
import type { Caps } from './caps.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import type { RetentionDays } from './retention-days.ts'
import { secret, variables } from './variables.ts'

export interface Config {
  /** TCP port. 0 takes any free one. */
  readonly port: number
  readonly host: string
  /** Directory of the data file; made when missing. */
  readonly dataDir: string
  /** How long the write-ahead log of that file may get, in bytes. */
  readonly walLimit: number
  /** Connection string of the MongoDB that keeps everything instead of the data file. Holds credentials. */
  readonly mongodbUri: string | undefined
  /** Whether a MongoDB that is no replica set will do. */
  readonly allowStandaloneMongo: boolean
  /** Keys that open the API. None: no key is needed, and only this machine can reach the server. */
  readonly apiKeys: readonly string[]
  /** Origins of web pages, besides the server's own, whose scripts may call the API. */
  readonly allowedOrigins: readonly string[]
  /** How many events run at the same time. */
  readonly runners: number
  /** How many runs of one workflow or function go on at the same time. */
  readonly workflowConcurrency: number
  readonly limits: ServerLimits
  /** What one run, one source and one input may use besides time and memory. */
  readonly caps: Caps
  readonly fetch: {
    /** Host names that user code may fetch from, `*.` in front for those below one. None: every public host. */
    readonly allow: readonly string[]
    /** Addresses and ranges that are opened although they are not public. */
    readonly allowPrivate: readonly string[]
  }
  /** Whether user code runs without a compiler: slower, and with less of V8 to attack. */
  readonly jitless: boolean
  /** Unfinished events beyond which creation is refused. */
  readonly maxPending: number
  readonly retentionDays: RetentionDays
  readonly connections: ConnectionLimits
  readonly graphiql: boolean
  readonly introspection: boolean
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** How long a shutdown waits for the runs under way, in milliseconds. */
  readonly shutdownMs: number
}

const mb = 1024 * 1024

/** Names that are reserved for what this version cannot do; to ignore them would lose somebody's data or trust. */
const reserved = new Set(['REDIS_URL'])

/** What others call `MONGODB_URI`. */
const otherNamesOfMongo = new Set(['MONGO_URI', 'MONGO_URL', 'MONGODB_URL'])

/**
 * Reads the whole configuration from environment variables; an empty one counts as not set. Throws a `StartError` of
 * one line that names the variable, what was expected and what came.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  refuseUnknown(env)
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = z.object(variables).safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path: [name], message }) => {
      const value = String(given[String(name)])
      return `${String(name)}: expected ${message}, got ${secret.has(String(name)) ? 'something else' : JSON.stringify(value)}`
    })
    throw new StartError(lines.join('; '))
  }
  const it = parsed.data
  atMost('DEFAULT_TIMEOUT_MS', it.DEFAULT_TIMEOUT_MS, 'MAX_TIMEOUT_MS', it.MAX_TIMEOUT_MS)
  atMost('DEFAULT_MEMORY_MB', it.DEFAULT_MEMORY_MB, 'MAX_MEMORY_MB', it.MAX_MEMORY_MB)
  if (it.API_KEYS.length === 0 && !isLoopback(it.HOST)) {
    throw new StartError(
      `HOST: expected a loopback address like 127.0.0.1 as long as API_KEYS is not set, got ${JSON.stringify(it.HOST)}`,
    )
  }
  return {
    port: it.PORT,
    host: it.HOST.replace(/^\[(.*)\]$/, '$1'),
    dataDir: it.DATA_DIR,
    walLimit: it.WAL_LIMIT_MB * mb,
    mongodbUri: it.MONGODB_URI,
    allowStandaloneMongo: it.ALLOW_STANDALONE_MONGO,
    apiKeys: it.API_KEYS,
    allowedOrigins: it.ALLOWED_ORIGINS,
    runners: it.RUNNERS,
    workflowConcurrency: it.WORKFLOW_CONCURRENCY ?? Math.max(1, Math.floor(it.RUNNERS / 2)),
    limits: {
      defaults: { timeoutMs: it.DEFAULT_TIMEOUT_MS, memoryMb: it.DEFAULT_MEMORY_MB, maxAttempts: 1 },
      maxima: { timeoutMs: it.MAX_TIMEOUT_MS, memoryMb: it.MAX_MEMORY_MB, maxAttempts: it.MAX_ATTEMPTS },
    },
    caps: {
      sourceBytes: it.MAX_SOURCE_BYTES,
      sourceDepth: it.MAX_SOURCE_DEPTH,
      inputBytes: it.MAX_INPUT_BYTES,
      resultBytes: it.MAX_RESULT_BYTES,
      logLines: it.MAX_LOG_LINES,
      logLength: it.MAX_LOG_LENGTH,
      logLineLength: it.MAX_LOG_LINE_LENGTH,
      timers: it.MAX_TIMERS,
      calls: it.MAX_CALLS,
      callsInFlight: it.MAX_CALLS_IN_FLIGHT,
      callBytes: it.MAX_CALL_BYTES,
      fetches: it.MAX_FETCHES,
      fetchTimeoutMs: it.FETCH_TIMEOUT_MS,
      fetchBytes: it.FETCH_MAX_BYTES,
      fetchRedirects: it.FETCH_MAX_REDIRECTS,
    },
    fetch: { allow: it.FETCH_ALLOW, allowPrivate: it.FETCH_ALLOW_PRIVATE },
    jitless: it.SANDBOX_JITLESS,
    maxPending: it.MAX_PENDING,
    retentionDays: it.RETENTION_DAYS,
    connections: {
      max: it.MAX_CONNECTIONS,
      maxPerAddress: it.MAX_CONNECTIONS_PER_ADDRESS,
      maxSubscriptions: it.MAX_SUBSCRIPTIONS,
      maxSubscriptionsPerAddress: it.MAX_SUBSCRIPTIONS_PER_ADDRESS,
      maxSubscriptionsPerConnection: it.MAX_SUBSCRIPTIONS_PER_CONNECTION,
      slowMs: it.SLOW_CLIENT_MS,
    },
    graphiql: it.GRAPHIQL,
    introspection: it.INTROSPECTION,
    logLevel: it.LOG_LEVEL,
    shutdownMs: it.SHUTDOWN_MS,
  }
}

/** A misspelt name would be ignored in silence, and with API_KEYS that leaves a door open. */
function refuseUnknown(env: Readonly<Record<string, string | undefined>>): void {
  const known = new Map(Object.keys(variables).map((name) => [plain(name), name]))
  for (const name of Object.keys(env)) {
    if (env[name] && reserved.has(name)) {
      throw new StartError(
        `${name}: expected not to be set, since this version carries work and live updates without Redis`,
      )
    }
    if (Object.hasOwn(variables, name)) continue
    const isMongo = env[name] && !env['MONGODB_URI'] && otherNamesOfMongo.has(name)
    const meant = known.get(plain(name)) ?? (isMongo ? 'MONGODB_URI' : undefined)
    if (meant) throw new StartError(`${name}: unknown variable, expected ${meant}`)
    if (name.startsWith('WORKCELL_')) {
      throw new StartError(`${name}: unknown variable, expected one of ${Object.keys(variables).join(', ')}`)
    }
  }
}

/** What stays of a name when underscores, a prefix and a plural are taken away. */
function plain(name: string): string {
  return name
    .replace(/^WORKCELL_/, '')
    .replaceAll(/[_-]/g, '')
    .replace(/S$/, '')
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/.test(host)
}

function atMost(name: string, value: number, maxName: string, max: number): void {
  if (value > max) throw new StartError(`${name}: expected at most ${maxName}, which is ${max}, got "${value}"`)
}
