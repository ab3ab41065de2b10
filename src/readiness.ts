import type { Executor, Store } from './ports.ts'
import type { Runner } from './runner.ts'

/** How long the store may take to write something, in milliseconds, before that is what is wrong. */
const storeMs = 5_000

/** What `/ready` answers: whether work can be claimed and run, and for each part `ok` or what is wrong with it. */
export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<'store' | 'executor' | 'runner', string>>
}

interface Needs {
  readonly store: Pick<Store, 'check'>
  readonly executor: Pick<Executor, 'trouble'>
  readonly runner: Pick<Runner, 'trouble'>
}

export function createReadiness({ store, executor, runner }: Needs): () => Promise<Readiness> {
  return async () => {
    const checks = {
      store: await checkStore(store),
      executor: executor.trouble() ?? 'ok',
      runner: runner.trouble() ?? 'ok',
    }
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
  }
}

async function checkStore(store: Needs['store']): Promise<string> {
  const late = AbortSignal.timeout(storeMs)
  const tooLate = new Promise<string>((resolve) => {
    late.addEventListener('abort', () => resolve(`The store has not answered for ${storeMs} ms.`), { once: true })
  })
  const answer = store.check().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  return Promise.race([answer, tooLate])
}
