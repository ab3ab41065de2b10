import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { App } from '../src/app.ts'
import { startApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import type { TypedDocumentString } from '../src/gen/graphql.ts'
import { scratchDir } from './scratch.ts'
import { testStoreEnv } from './test-store.ts'

/** The whole server in this process, on a free port and an empty directory, closed when the test has finished. */
export async function startTestApp(env: Record<string, string> = {}): Promise<App> {
  const dataDir = env['DATA_DIR'] ?? (await scratchDir())
  const store = await testStoreEnv()
  const config = parseConfig({ PORT: '0', RUNNERS: '4', SHUTDOWN_MS: '0', ...store, ...env, DATA_DIR: dataDir })
  const app = await startApp(config, pino({ level: 'silent' }))
  onTestFinished(() => app.close())
  return app
}

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** The structured log so far, a parsed line each. */
  readonly log: readonly Record<string, unknown>[]
  /** What it wrote to stderr so far. */
  errors(): string
  /** Sends a signal and resolves when the process is gone, to its exit code. */
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** `node src/main.ts` as a process of its own; resolves when it says that it is ready. */
export async function startServer(env: Record<string, string>): Promise<ServerProcess> {
  const { child, exited, log, errors } = spawnServer(env)
  const ready = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line: Record<string, unknown> = JSON.parse(text)
      log.push(line)
      if (typeof line['url'] === 'string') resolve(line['url'])
    })
    void exited.then((code) => reject(new Error(`The server ended with ${code}: ${errors()}`)))
  })
  return {
    url: await ready,
    pid: child.pid ?? 0,
    log,
    errors,
    kill(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** Starts a server that is expected to refuse, and resolves to its exit code and what it says on stderr. */
export async function refusedStart(env: Record<string, string>): Promise<{ code: number | null; message: string }> {
  const { child, exited, errors } = spawnServer(env)
  child.stdout.resume()
  const code = await exited
  return { code, message: errors() }
}

function spawnServer(env: Record<string, string>) {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: Record<string, unknown>[] = []
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = once(child, 'close').then(() => child.exitCode)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, exited, log, errors: () => stderr }
}

/** Sends one operation and resolves to its data; rejects with what the server says is wrong. */
export async function request<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Record<string, string> = {},
): Promise<Result> {
  const { data, errors } = await send(url, document, variables, headers)
  if (errors || !data) throw new Error(`The server answered with errors: ${JSON.stringify(errors)}`)
  return data
}

/** Sends one operation and resolves to the whole answer. */
export async function send<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Record<string, string> = {},
): Promise<{ data?: Result | null; errors?: { message: string; extensions?: Record<string, unknown> }[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query: document.toString(), variables }),
  })
  return JSON.parse(await response.text())
}

/** Resolves once `check` gives something; looks again as soon as it has answered, at most `seconds` long. */
export async function eventually<T>(check: () => Promise<T | undefined> | T | undefined, seconds = 15): Promise<T> {
  const deadline = Date.now() + 1000 * seconds
  for (;;) {
    const value = await check()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`What was waited for did not happen within ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Runs at most `width` of the tasks at a time. */
export async function inParallel<T>(width: number, count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
