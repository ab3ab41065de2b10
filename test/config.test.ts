import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { variables } from '../src/variables.ts'

function refusal(env: Record<string, string>): string {
  try {
    parseConfig(env)
  } catch (error) {
    if (error instanceof StartError) return error.message
    throw error
  }
  throw new Error(`Expected a refusal of ${JSON.stringify(env)}`)
}

describe('configuration', () => {
  test('runs on a laptop with nothing set', () => {
    const config = parseConfig({})
    expect(config).toMatchObject({ port: 4000, host: '127.0.0.1', dataDir: './data', apiKeys: [], graphiql: true })
    expect(config.limits.defaults).toEqual({ timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 })
    expect(config.runners).toBeGreaterThanOrEqual(4)
  })

  test('an empty variable counts as not set', () => {
    expect(parseConfig({ PORT: '', API_KEYS: ' , ' })).toMatchObject({ port: 4000, apiKeys: [] })
  })

  test('reads keys from a list', () => {
    expect(parseConfig({ API_KEYS: 'first-key, second-key' }).apiKeys).toEqual(['first-key', 'second-key'])
  })

  test.each([
    [{ PORT: 'http' }, 'PORT: expected a whole number from 0 to 65535, got "http"'],
    [{ PORT: '70000' }, 'PORT: expected a whole number from 0 to 65535, got "70000"'],
    [{ PORT: '-1' }, 'PORT: expected a whole number from 0 to 65535, got "-1"'],
    [{ RUNNERS: '0' }, 'RUNNERS: expected a whole number from 1 to 256, got "0"'],
    [{ GRAPHIQL: 'yes' }, 'GRAPHIQL: expected on or off, got "yes"'],
    [
      { ALLOWED_ORIGINS: 'example.com' },
      'ALLOWED_ORIGINS: expected origins like https://app.example.com, separated by commas, got "example.com"',
    ],
    [
      { DEFAULT_TIMEOUT_MS: '600000' },
      'DEFAULT_TIMEOUT_MS: expected at most MAX_TIMEOUT_MS, which is 300000, got "600000"',
    ],
  ])('names the variable, what was expected and what came: %j', (env, message) => {
    expect(refusal(env)).toBe(message)
  })

  test.each([{ API_KEY: 'abc' }, { APIKEYS: 'abc' }, { WORKCELL_PORT: '1' }, { DATADIR: 'x' }, { WORKCELL_X: '1' }])(
    'refuses a name it does not know but was surely meant for it: %j',
    (env) => {
      expect(refusal(env)).toMatch(/unknown variable, expected/)
    },
  )

  test('refuses what it cannot do yet instead of ignoring it', () => {
    expect(refusal({ REDIS_URL: 'redis://x' })).toMatch(/expected not to be set/)
  })

  test('takes MongoDB as the store where it is told to', () => {
    expect(parseConfig({}).mongodbUri).toBeUndefined()
    const MONGODB_URI = 'mongodb+srv://ada:secret@cluster.example.com/workcell'
    expect(parseConfig({ MONGODB_URI })).toMatchObject({ mongodbUri: MONGODB_URI, allowStandaloneMongo: false })
    expect(parseConfig({ MONGODB_URI, ALLOW_STANDALONE_MONGO: '1' }).allowStandaloneMongo).toBe(true)
    for (const name of ['MONGO_URI', 'MONGO_URL', 'MONGODB_URL']) {
      expect(refusal({ [name]: MONGODB_URI })).toBe(`${name}: unknown variable, expected MONGODB_URI`)
      // It may be meant for somebody else.
      expect(parseConfig({ [name]: 'x', MONGODB_URI })).toMatchObject({ mongodbUri: MONGODB_URI })
    }
    expect(refusal({ ALLOW_STANDALONE_MONGO: 'yes' })).toBe('ALLOW_STANDALONE_MONGO: expected 1 or 0, got "yes"')
  })

  test('never shows a key or a password', () => {
    expect(refusal({ API_KEYS: 'secret key' })).not.toContain('secret')
    expect(refusal({ MONGODB_URI: 'postgres://ada:secret@host' })).toBe(
      'MONGODB_URI: expected a connection string like mongodb://host:27017/workcell, got something else',
    )
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.com'])('listens on %s only with keys', (HOST) => {
    expect(refusal({ HOST })).toMatch(/^HOST: expected a loopback address/)
    expect(parseConfig({ HOST, API_KEYS: 'some-long-key' }).host).toBe(HOST)
  })

  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('listens on %s without keys', (HOST) => {
    expect(parseConfig({ HOST }).host).toBe(HOST)
  })
})

test('the README lists every setting, and none that there is not', async () => {
  const readme = await readFile('README.md', 'utf8')
  const listed = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name)
  expect(listed.toSorted()).toEqual(Object.keys(variables).toSorted())
})
