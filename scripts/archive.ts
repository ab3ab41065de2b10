import { Presets, SingleBar } from 'cli-progress'
import { pino } from 'pino'
import type { ArchiveOptions, Progress } from '../src/archive.ts'
import { ArchiveError, recordKinds } from '../src/archive-format.ts'
import { parseConfig } from '../src/config.ts'
import { StartError, UnavailableError } from '../src/errors.ts'
import { openStore } from '../src/open-store.ts'

/** How often progress is told where there is no terminal, in milliseconds. */
const tellMs = 5000

/**
 * Runs one of the two ways to move house, on the file that the command line names and the store that the environment
 * does. Prints the lines that `carry` resolves to, or one line on stderr that says why it could not. SIGINT and SIGTERM
 * stop it between two batches.
 */
export async function runArchive(
  verb: 'export' | 'import',
  carry: (options: ArchiveOptions) => Promise<readonly string[]>,
): Promise<void> {
  const stopped = new AbortController()
  const stop = () => {
    // Whoever asks a second time does not want to wait. That is safe: a torn line or batch is done again.
    if (stopped.signal.aborted) process.exit(130)
    stopped.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    const file = fileOf(verb)
    const config = parseConfig()
    const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, process.stderr)
    const { store } = await openStore(config, log)
    const bar = progressBar()
    try {
      const lines = await carry({ store, file, signal: stopped.signal, progress: bar.show })
      bar.stop()
      process.stdout.write(lines.map((line) => `${line}\n`).join(''))
    } finally {
      bar.stop()
      await store.close()
    }
  } catch (error) {
    if (stopped.signal.aborted && error === stopped.signal.reason) {
      process.stderr.write(`Workcell stopped the ${verb}. The same command goes on from here.\n`)
      process.exit(130)
    }
    const known = error instanceof StartError || error instanceof ArchiveError || error instanceof UnavailableError
    if (!known) throw error
    process.stderr.write(`Workcell cannot ${verb}. ${error.message}\n`)
    process.exit(1)
  }
}

/** A line of a table: how many of each kind, as `count` says it. */
export function summary(count: (kind: (typeof recordKinds)[number]) => string): readonly string[] {
  return recordKinds.map((kind) => `${`${kind}:`.padEnd(16)}${count(kind)}`)
}

function fileOf(verb: string): string {
  const [file, ...others] = process.argv.slice(2)
  if (file !== undefined && file !== '' && others.length === 0) return file
  const received = file === undefined ? 'none' : JSON.stringify([file, ...others].join(' '))
  throw new ArchiveError(`FILE: expected the name of one file, as in "npm run ${verb} -- FILE", got ${received}`)
}

/** A bar on a terminal, a line every few seconds elsewhere. */
function progressBar(): { show(progress: Progress): void; stop(): void } {
  let bar: SingleBar | undefined
  let toldAt = performance.now()
  return {
    show({ kind, records, totalRecords, bytes }) {
      const counts = { kind, megabytes: (bytes / 1e6).toFixed(1) }
      if (!process.stderr.isTTY) {
        if (performance.now() - toldAt < tellMs) return
        toldAt = performance.now()
        process.stderr.write(`${records} of ${totalRecords} records, ${counts.megabytes} MB\n`)
        return
      }
      if (!bar) {
        const format = '{bar} {percentage} % | {value} of {total} records, {megabytes} MB | {kind}'
        // It would end the process on a signal before the batch at hand is done.
        bar = new SingleBar({ format, stream: process.stderr, gracefulExit: false }, Presets.shades_classic)
        bar.start(totalRecords, records, counts)
      }
      bar.update(records, counts)
    },
    stop: () => bar?.stop(),
  }
}
