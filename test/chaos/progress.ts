import { SingleBar } from 'cli-progress'

export interface Progress {
  /** `done` of what was to be done, and what else is to be told. */
  update(done: number, note: string): void
  stop(): void
}

/** One line on a terminal; elsewhere, as in CI, a line every ten seconds. */
export function createProgress(name: string, total: number): Progress {
  if (!process.stderr.isTTY) {
    let told = 0
    return {
      update(done, note) {
        if (performance.now() - told < 10_000) return
        told = performance.now()
        process.stderr.write(`${name}: ${done} of ${total}, ${note}\n`)
      },
      stop() {},
    }
  }
  const bar = new SingleBar({ format: `${name} {bar} {value} of {total}, {note}`, hideCursor: true })
  bar.start(total, 0, { note: '' })
  return { update: (done, note) => bar.update(done, { note }), stop: () => bar.stop() }
}
