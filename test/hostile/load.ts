// Honest runs at a steady pace, and hostile ones as fast as they end.
import { request } from '../harness.ts'
import { ExecuteWorkflow, SaveWorkflow } from '../operations.ts'

export interface Pace {
  readonly p50: number
  readonly p95: number
  readonly failed: readonly string[]
}

/** Starts an honest run every 40 ms, each second one of which waits 20 ms, and takes the time until each has answered. */
export async function honestLoad(url: string, runs: number): Promise<Pace> {
  const times: number[] = []
  const failed: string[] = []
  const going: Promise<void>[] = []
  for (let n = 0; n < runs; n++) {
    going.push(honest(n))
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await Promise.all(going)
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * times.length)] ?? Infinity
  return { p50: at(0.5), p95: at(0.95), failed }

  async function honest(n: number): Promise<void> {
    const start = performance.now()
    const { executeWorkflow: answer } = await request(url, ExecuteWorkflow, {
      input: { workflow: n % 2 ? 'honest' : 'patient', input: { n }, waitMs: 30_000 },
    })
    times.push(performance.now() - start)
    if (!('event' in answer)) failed.push(answer.message)
    else if (answer.event.data !== n) failed.push(answer.event.error?.message ?? answer.event.status)
  }
}

export async function saveHonest(url: string): Promise<void> {
  await save(url, 'honest', 'export default ({ input }) => input.n')
  await save(
    url,
    'patient',
    'export default async ({ input }) => { await new Promise((resolve) => setTimeout(resolve, 20)); return input.n }',
  )
}

export async function save(url: string, name: string, code: string): Promise<void> {
  const { saveWorkflow } = await request(url, SaveWorkflow, { input: { name, code, language: 'JAVASCRIPT' } })
  if (!('workflow' in saveWorkflow)) throw new Error(JSON.stringify(saveWorkflow))
}

export interface Stream {
  /** Starts nothing more. Resolves to how many it ran, once the last has ended. */
  stop(): Promise<number>
}

/** Does one thing after another until it is told to stop. */
export function stream(next: (count: number) => Promise<unknown>): Stream {
  let isOver = false
  const done = (async () => {
    let count = 0
    for (; !isOver; count++) await next(count)
    return count
  })()
  return {
    stop() {
      isOver = true
      return done
    },
  }
}
