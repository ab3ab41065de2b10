import type { Executor, Store } from './ports.ts'
import type { Runner } from './runner.ts'

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
      store: await store.check().then(
        () => 'ok',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
      executor: executor.trouble() ?? 'ok',
      runner: runner.trouble() ?? 'ok',
    }
    return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
  }
}
