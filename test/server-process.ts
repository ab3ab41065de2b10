import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** The structured log so far, a parsed line each. */
  readonly log: readonly Record<string, unknown>[]
  /** What it wrote to stderr so far. */
  errors(): string
  /** Resolves when the process is gone, to its exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>
  /** Sends a signal and resolves when the process is gone, to its exit code. */
  kill(signal: NodeJS.Signals): Promise<number | null>
}

export interface LaunchOptions {
  readonly env: Record<string, string>
  /** What is run: the server itself, or one with something between the app and its ports. */
  readonly script?: string
  /** Options of Node. */
  readonly nodeOptions?: readonly string[]
}

/** A server as a process of its own. `ready` resolves when it says that it listens; rejects when it ends before. */
export function launchServer({ env, script = 'src/main.ts', nodeOptions = [] }: LaunchOptions) {
  const child = spawn(process.execPath, [...nodeOptions, script], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: Record<string, unknown>[] = []
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = once(child, 'close').then(() => child.exitCode)
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }
  const ready = new Promise<ServerProcess>((resolve, reject) => {
    createInterface(child.stdout).on('line', (text) => {
      const line: Record<string, unknown> = JSON.parse(text)
      log.push(line)
      const { url } = line
      if (typeof url === 'string') resolve({ url, pid: child.pid ?? 0, log, errors: () => stderr, exited, kill })
    })
    void exited.then((code) => reject(new Error(`The server ended with ${code}: ${stderr}`)))
  })
  // Whoever waits for its end alone must not fail for that.
  ready.catch(() => undefined)
  return { pid: child.pid ?? 0, log, ready, exited, kill, errors: () => stderr }
}
