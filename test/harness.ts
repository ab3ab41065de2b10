import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { App } from '../src/app.ts'
import { startApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { scratchDir } from './scratch.ts'
import type { ServerProcess } from './server-process.ts'
import { launchServer } from './server-process.ts'
import { testStoreEnv } from './test-store.ts'

export { eventually, inParallel, request, send } from './client.ts'
export type { ServerProcess } from './server-process.ts'

/** The whole server in this process, on a free port and an empty directory, closed when the test has finished. */
export async function startTestApp(env: Record<string, string> = {}): Promise<App> {
  const dataDir = env['DATA_DIR'] ?? (await scratchDir())
  const store = await testStoreEnv()
  const config = parseConfig({ PORT: '0', RUNNERS: '4', SHUTDOWN_MS: '0', ...store, ...env, DATA_DIR: dataDir })
  const app = await startApp(config, pino({ level: 'silent' }))
  onTestFinished(() => app.close())
  return app
}

/** `node src/main.ts` as a process of its own, or another script; resolves when it says that it is ready. */
export async function startServer(env: Record<string, string>, script?: string): Promise<ServerProcess> {
  return untilFinished({ env, ...(script !== undefined && { script }) }).ready
}

/** Starts a server that is expected to refuse, and resolves to its exit code and what it says on stderr. */
export async function refusedStart(env: Record<string, string>): Promise<{ code: number | null; message: string }> {
  const { exited, errors } = untilFinished({ env })
  const code = await exited
  return { code, message: errors() }
}

/** A server that is gone when the test has finished. */
function untilFinished(options: Parameters<typeof launchServer>[0]) {
  const server = launchServer(options)
  onTestFinished(async () => {
    await server.kill('SIGKILL')
  })
  return server
}
