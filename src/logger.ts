import type { Level, Logger } from 'pino'
import { pino, stdSerializers } from 'pino'
import { UnavailableError } from './errors.ts'

/** Characters that wait for a log file that takes nothing now; beyond that lines are dropped. */
const mostWaiting = 1_000_000

/** The structured log on standard output, a JSON object a line. A disk on which it finds no room does not stop the server. */
export function createLogger(level: Level | 'silent'): Logger {
  const output = pino.destination({ fd: 1, sync: true, maxLength: mostWaiting })
  // What cannot be written cannot be complained about either, and is tried again with the next line.
  output.on('error', () => undefined)
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: serialize } }
  return pino(options, output)
}

/** Whatever is away now may be asked for thousands of times meanwhile, always from the same places. */
function serialize(error: Error) {
  return error instanceof UnavailableError ? { type: error.name, message: error.message } : stdSerializers.err(error)
}
