import { isIP } from 'node:net'
import { availableParallelism, totalmem } from 'node:os'
import { z } from 'zod'
import { defaultCaps } from './caps.ts'
import { defaultConnectionLimits } from './connection-limits.ts'
import { readRetention } from './retention-days.ts'

const mb = 1024 * 1024
const switches = { on: true, off: false } as const

/** Every environment variable that is read, with what it may be and what it is when not set. */
export const variables = {
  PORT: whole(0, 65_535).default(4000),
  HOST: written('a host name or address', /^[\w.:[\]-]+$/).default('127.0.0.1'),
  DATA_DIR: written('a directory', /^[^\0]+$/).default('./data'),
  WAL_LIMIT_MB: whole(32, 1_000_000).default(64),
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
  RUNNERS: whole(1, 256).default(usualRunners()),
  WORKFLOW_CONCURRENCY: whole(1, 256).optional(),
  DEFAULT_TIMEOUT_MS: whole(1, 86_400_000).default(5000),
  MAX_TIMEOUT_MS: whole(1, 86_400_000).default(300_000),
  DEFAULT_MEMORY_MB: whole(8, 4096).default(128),
  MAX_MEMORY_MB: whole(8, 4096).default(512),
  MAX_ATTEMPTS: whole(1, 100).default(25),
  SHUTDOWN_MS: whole(0, 600_000).default(25_000),
  MAX_SOURCE_BYTES: whole(1, 16 * mb).default(defaultCaps.sourceBytes),
  MAX_SOURCE_DEPTH: whole(10, 600).default(defaultCaps.sourceDepth),
  // An event holds both, and a document of MongoDB no more than 16 MB.
  MAX_INPUT_BYTES: whole(1, 7 * mb).default(defaultCaps.inputBytes),
  MAX_RESULT_BYTES: whole(1, 7 * mb).default(defaultCaps.resultBytes),
  MAX_LOG_LINES: whole(1, 100_000).default(defaultCaps.logLines),
  MAX_LOG_LENGTH: whole(1, 16 * mb).default(defaultCaps.logLength),
  MAX_LOG_LINE_LENGTH: whole(1, mb).default(defaultCaps.logLineLength),
  MAX_TIMERS: whole(0, 100_000).default(defaultCaps.timers),
  MAX_CALLS: whole(0, 1_000_000).default(defaultCaps.calls),
  MAX_CALLS_IN_FLIGHT: whole(1, 1000).default(defaultCaps.callsInFlight),
  MAX_CALL_BYTES: whole(1, 16 * mb).default(defaultCaps.callBytes),
  MAX_FETCHES: whole(0, 100_000).default(defaultCaps.fetches),
  FETCH_TIMEOUT_MS: whole(1, 300_000).default(defaultCaps.fetchTimeoutMs),
  FETCH_MAX_BYTES: whole(1, 64 * mb).default(defaultCaps.fetchBytes),
  FETCH_MAX_REDIRECTS: whole(0, 20).default(defaultCaps.fetchRedirects),
  FETCH_ALLOW: list('host names like api.example.com or *.example.com, separated by commas', isHostPattern),
  FETCH_ALLOW_PRIVATE: list('addresses or ranges like 10.1.0.0/16, separated by commas', isRange),
  SANDBOX_JITLESS: z
    .enum(['1', '0'], { error: '1 or 0' })
    .transform((word) => word === '1')
    .default(false),
  MAX_PENDING: whole(1, 100_000_000).default(100_000),
  RETENTION_DAYS: z
    .string()
    .default('')
    .transform((text, context) => {
      const days = readRetention(text)
      if (days) return days
      context.addIssue({ code: 'custom', message: 'days like 30, or by status like Success=7,Error=30,Canceled=1' })
      return z.NEVER
    }),
  MAX_CONNECTIONS: whole(1, 1_000_000).default(defaultConnectionLimits.max),
  MAX_CONNECTIONS_PER_ADDRESS: whole(1, 1_000_000).default(defaultConnectionLimits.maxPerAddress),
  MAX_SUBSCRIPTIONS: whole(1, 10_000_000).default(defaultConnectionLimits.maxSubscriptions),
  MAX_SUBSCRIPTIONS_PER_ADDRESS: whole(1, 10_000_000).default(defaultConnectionLimits.maxSubscriptionsPerAddress),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: whole(1, 100_000).default(defaultConnectionLimits.maxSubscriptionsPerConnection),
  SLOW_CLIENT_MS: whole(10, 3_600_000).default(defaultConnectionLimits.slowMs),
  GRAPHIQL: onOff().default(true),
  INTROSPECTION: onOff().default(true),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
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

/** Variables whose values are nobody's to read. */
export const secret = new Set(['API_KEYS', 'MONGODB_URI'])

/**
 * Eight for each core, 4 to 16, and no more than half of the memory holds when each uses what a run may by default:
 * runs wait more than they compute.
 */
function usualRunners(): number {
  const perRun = (1.5 * 128 + 200) * mb
  return Math.max(2, Math.min(16, Math.max(4, 8 * availableParallelism()), Math.floor(totalmem() / 2 / perRun)))
}

function isHostPattern(text: string): boolean {
  return /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text)
}

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const size = { 4: 32, 6: 128, 0: -1 }[isIP(address)] ?? -1
  return rest.length === 0 && size > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= size))
}
