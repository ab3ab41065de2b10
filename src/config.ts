import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { StartError } from './errors.ts'
import type { ServerLimits } from './assignments.ts'

export interface Config {
  /** TCP port. 0 takes any free one. */
  readonly port: number
  readonly host: string
  /** Directory of the data file; made when missing. */
  readonly dataDir: string
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
  readonly limits: ServerLimits
  readonly graphiql: boolean
  readonly introspection: boolean
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** How long a shutdown waits for the runs under way, in milliseconds. */
  readonly shutdownMs: number
}

const switches = { on: true, off: false } as const

const variables = {
  PORT: whole(0, 65_535).default(4000),
  HOST: written('a host name or address', /^[\w.:[\]-]+$/).default('127.0.0.1'),
  DATA_DIR: written('a directory', /^[^\0]+$/).default('./data'),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/\S+$/, { error: 'a connection string like mongodb://host:27017/workcell' })
    .optional(),
  ALLOW_STANDALONE_MONGO: z
    .enum(['1', '0'], { error: '1 or 0' })
    .transform((word) => word === '1')
    .default(false),
  API_KEYS: list('keys without spaces, separated by commas', (key) => /^[!-~]+$/.test(key)),
  ALLOWED_ORIGINS: list('origins like https://app.example.com, separated by commas', isOrigin),
  RUNNERS: whole(1, 256).default(Math.min(16, Math.max(4, 2 * availableParallelism()))),
  DEFAULT_TIMEOUT_MS: whole(1, 86_400_000).default(5000),
  MAX_TIMEOUT_MS: whole(1, 86_400_000).default(300_000),
  DEFAULT_MEMORY_MB: whole(8, 4096).default(128),
  MAX_MEMORY_MB: whole(8, 4096).default(512),
  MAX_ATTEMPTS: whole(1, 100).default(25),
  SHUTDOWN_MS: whole(0, 600_000).default(25_000),
  GRAPHIQL: onOff().default(true),
  INTROSPECTION: onOff().default(true),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
}

/** Names that are reserved for what this version cannot do; to ignore them would lose somebody's data or trust. */
const reserved = new Set(['REDIS_URL'])

/** What others call `MONGODB_URI`. */
const otherNamesOfMongo = new Set(['MONGO_URI', 'MONGO_URL', 'MONGODB_URL'])

/** Variables whose values are nobody's to read. */
const secret = new Set(['API_KEYS', 'MONGODB_URI'])

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
    mongodbUri: it.MONGODB_URI,
    allowStandaloneMongo: it.ALLOW_STANDALONE_MONGO,
    apiKeys: it.API_KEYS,
    allowedOrigins: it.ALLOWED_ORIGINS,
    runners: it.RUNNERS,
    limits: {
      defaults: { timeoutMs: it.DEFAULT_TIMEOUT_MS, memoryMb: it.DEFAULT_MEMORY_MB, maxAttempts: 1 },
      maxima: { timeoutMs: it.MAX_TIMEOUT_MS, memoryMb: it.MAX_MEMORY_MB, maxAttempts: it.MAX_ATTEMPTS },
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

function whole(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,15}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
}

function written(error: string, pattern: RegExp) {
  return z.string().regex(pattern, { error })
}

function list(error: string, isItem: (item: string) => boolean) {
  return z
    .string()
    .default('')
    .transform((text) => text.split(',').map((item) => item.trim()))
    .transform((items) => items.filter((item) => item !== ''))
    .refine((items) => items.every(isItem), { error })
}

function onOff() {
  return z.enum(['on', 'off'], { error: 'on or off' }).transform((word) => switches[word])
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/.test(host)
}

function atMost(name: string, value: number, maxName: string, max: number): void {
  if (value > max) throw new StartError(`${name}: expected at most ${maxName}, which is ${max}, got "${value}"`)
}
