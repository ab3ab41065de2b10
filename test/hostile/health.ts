// Whether the server answers while others do their worst, next to a server that does nothing else.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

const idle = `require('node:http').createServer((_, answer) => answer.end('ok'))
  .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

export interface Health {
  /** Stops asking, and resolves to how long the slowest answers took, in milliseconds, of how many. */
  stop(): Promise<{ readonly server: number; readonly idle: number; readonly answers: number }>
}

/** Asks both ten times a second, each time at the same moment. */
export async function probeHealth(url: string): Promise<Health> {
  const child = spawn(process.execPath, ['-e', idle], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const targets = { server: new URL('/health', url).href, idle: `http://127.0.0.1:${String(port).trim()}/` }
  const worst = { server: 0, idle: 0 }
  let answers = 0
  let isOver = false

  async function ask(target: keyof typeof targets): Promise<void> {
    const start = performance.now()
    const response = await fetch(targets[target], { signal: AbortSignal.timeout(30_000) })
    await response.arrayBuffer()
    worst[target] = Math.max(worst[target], performance.now() - start)
    if (target === 'server' && response.status === 200) answers++
  }

  // The first connection of each is not what is measured.
  await Promise.all([fetch(targets.server), fetch(targets.idle)])
  const asking = (async () => {
    while (!isOver) {
      await Promise.all([ask('server'), ask('idle')])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    async stop() {
      isOver = true
      await asking
      child.kill('SIGKILL')
      return { ...worst, answers }
    },
  }
}
