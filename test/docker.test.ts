import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runInNewContext } from 'node:vm'
import { validate } from 'dockerfile-utils'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../src/config.ts'
import { request } from './harness.ts'
import { ExecuteWorkflow } from './operations.ts'
import { scratchDir } from './scratch.ts'

const dockerfile = await readFile('Dockerfile', 'utf8')
const compose = parse(await readFile('compose.yaml', 'utf8'))
const config = await readFile('src/variables.ts', 'utf8')

/** What an instruction says, wherever it stands; lines that go on are one. */
function instructions(name: string): readonly string[] {
  const lines = dockerfile.replaceAll(/\\\n\s*/g, ' ').split('\n')
  return lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
}

/** The paths that the image takes from this directory. */
const taken = instructions('COPY')
  .filter((line) => !line.startsWith('--from='))
  .map((line) => line.split(' ').slice(0, -1))
const shipped = (taken.at(0) ?? []).concat(...taken.slice(1))

const imageEnv: Record<string, string> = Object.fromEntries(
  instructions('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=', 2))),
)

const apiKey = 'a-key-that-is-long-enough'
const composeEnv: Record<string, string> = {
  ...compose.services.workcell.environment,
  API_KEYS: compose.services.workcell.environment.API_KEYS.replace(/^\$\{API_KEYS:\?[^}]+\}$/, apiKey),
}

test('nothing is wrong with the Dockerfile', () => {
  expect(validate(dockerfile).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual([])
})

test('the image and the composition set only what the server knows, and what it accepts', () => {
  const names = Object.keys({ ...imageEnv, ...composeEnv }).filter((name) => name !== 'NODE_ENV')
  expect(names).toContain('MONGODB_URI')
  for (const name of names) expect(config).toMatch(new RegExp(`^  ${name}: `, 'm'))
  expect(parseConfig({ ...imageEnv, ...composeEnv })).toMatchObject({ host: '0.0.0.0', apiKeys: [apiKey] })
  expect(() => parseConfig(imageEnv)).toThrow(/API_KEYS/)
})

test('what is sent to be built is what the image takes', async () => {
  const [first, ...others] = (await readFile('.dockerignore', 'utf8')).trim().split('\n')
  expect(first).toBe('*')
  expect(others.toSorted()).toEqual([...new Set(shipped)].map((path) => `!${path}`).toSorted())
})

test('the image runs the Node that this project is tested on, and not as root', async () => {
  const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8'))
  const [major] = devDependencies.node.split('.')
  for (const line of instructions('FROM')) expect(line).toMatch(new RegExp(`^node:${major}-`))
  expect(instructions('USER')).toEqual(['node'])
})

test('only this machine reaches the server, and only the server reaches the database', () => {
  const { workcell, mongo } = compose.services
  for (const port of workcell.ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  expect(mongo).not.toHaveProperty('ports')
  expect(mongo.networks).toEqual(['store'])
  expect(compose.networks.store).toEqual({ internal: true })
  expect(workcell.networks).toContain('store')
})

test('the server has longer to stop than it waits for running code', () => {
  const { shutdownMs } = parseConfig({ ...imageEnv, ...composeEnv })
  expect(1000 * parseInt(compose.services.workcell.stop_grace_period, 10)).toBeGreaterThan(shutdownMs)
})

test('the database is healthy once its replica set, made when there is none, has a primary', () => {
  const script: string = compose.services.mongo.healthcheck.test.at(-1)
  const uri = new URL(composeEnv['MONGODB_URI'] ?? '')
  const made: { _id: string; members: { host: string }[] }[] = []

  function check(state: 'none' | 'electing' | 'primary' | 'broken'): number | undefined {
    let code: number | undefined
    const status = () => {
      if (state === 'none') throw Object.assign(new Error('no replset config'), { codeName: 'NotYetInitialized' })
      if (state === 'broken') throw Object.assign(new Error('not allowed'), { codeName: 'Unauthorized' })
    }
    const initiate = (set: (typeof made)[number]) => void made.push(set)
    const db = { hello: () => ({ isWritablePrimary: state === 'primary' }) }
    runInNewContext(script, { rs: { status, initiate }, db, quit: (given: number) => (code = given) })
    return code
  }

  expect(check('none')).toBe(1)
  expect(check('electing')).toBe(1)
  expect(check('primary')).toBe(0)
  expect(() => check('broken')).toThrow('not allowed')
  expect(made).toEqual([{ _id: uri.searchParams.get('replicaSet'), members: [{ _id: 0, host: uri.host }] }])
  const { command } = compose.services.mongo
  expect(command[command.indexOf('--replSet') + 1]).toBe(uri.searchParams.get('replicaSet'))
})

/** A directory with what the image holds: the files it takes, and the packages that are needed to run. */
async function unpackImage(): Promise<string> {
  const app = await scratchDir()
  for (const path of new Set(shipped)) await cp(path, join(app, path), { recursive: true })
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8'))
  for (const path of Object.keys(packages)) {
    // What lies in another package comes with it; what is for other platforms only is not there.
    const isOfItsOwn = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)
    if (isOfItsOwn && !packages[path].dev && existsSync(path)) await cp(path, join(app, path), { recursive: true })
  }
  return app
}

function commandOf(line: string | undefined): readonly string[] {
  const [name, ...others]: string[] = JSON.parse(line?.match(/\[.*\]$/)?.[0] ?? '[]')
  expect(name).toBe('node')
  return others
}

test('what the image holds is enough to run code, to tell its health, and to export', async () => {
  const app = await unpackImage()
  const before = await readdir(app, { recursive: true })
  const dataDir = await scratchDir()
  const env = { ...imageEnv, DATA_DIR: dataDir, API_KEYS: apiKey, PORT: '0' }
  const run = (args: readonly string[], given: Record<string, string>) =>
    new Promise<number | null>((done) => {
      const child = execFile(process.execPath, args, { cwd: app, env: given }, () => done(child.exitCode))
    })

  const server = spawn(process.execPath, commandOf(instructions('CMD')[0]), {
    cwd: app,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(server, 'close')
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await exited
  })
  const listening = Promise.withResolvers<string>()
  void exited.then(() => listening.reject(new Error('The server did not start')))
  createInterface(server.stdout).on('line', (line) => {
    const { url } = JSON.parse(line)
    if (url) listening.resolve(url)
  })
  const { port } = new URL(await listening.promise)
  const url = `http://127.0.0.1:${port}/graphql`

  const input = { code: 'export default ({ input }) => input.a + 1', input: { a: 1 }, waitMs: 15_000 }
  const authorization = { authorization: `Bearer ${apiKey}` }
  expect(await request(url, ExecuteWorkflow, { input }, authorization)).toMatchObject({
    executeWorkflow: { event: { status: 'SUCCESS', data: 2 } },
  })
  const page = await fetch(url, { headers: { accept: 'text/html', ...authorization } })
  expect(await page.text()).toContain('GraphiQL')

  const health = commandOf(instructions('HEALTHCHECK')[0])
  expect(await run(health, { PORT: port })).toBe(0)
  server.kill('SIGTERM')
  await exited
  expect(await run(health, { PORT: port })).toBe(1)

  expect(await run(['scripts/export.ts', join(dataDir, 'export.jsonl')], env)).toBe(0)
  // Its own directory cannot be written.
  expect(await readdir(app, { recursive: true })).toEqual(before)
})
