import { startApp, type Change } from './app.ts'
import { parseConfig } from './config.ts'
import { StartError } from './errors.ts'
import { createLogger } from './logger.ts'

/**
 * How much longer than `SHUTDOWN_MS` a shutdown may take, in milliseconds. Whatever hangs then is left to the next
 * start, as after a crash.
 */
const closeMs = 5_000

/**
 * The server as a process: reads the environment, starts, and closes at a signal. `change` puts something between the
 * app and its ports, for tests that make them fail.
 */
export async function serve(change?: Change): Promise<void> {
  try {
    const config = parseConfig()
    const log = createLogger(config.logLevel)
    const app = await startApp(config, log, change)
    const store = config.mongodbUri === undefined ? config.dataDir : 'MongoDB'
    log.info({ url: app.url, store, keys: config.apiKeys.length }, `Workcell listens at ${app.url}`)
    if (config.apiKeys.some((key) => key.length < 16))
      log.warn('API_KEYS: keys of less than 16 characters can be guessed')

    let signals = 0
    const stop = async (signal: NodeJS.Signals) => {
      // Whoever asks a second time does not want to wait. That is safe: it is what a crash would do.
      if (++signals > 1) process.exit(1)
      log.info(`${signal}: taking no new work, waiting up to ${config.shutdownMs} ms for what is running`)
      const late = setTimeout(() => {
        log.error('Something does not end; leaving as a crash would')
        process.exit(1)
      }, config.shutdownMs + closeMs)
      await app.close().catch((error: unknown) => {
        log.error({ err: error }, 'Something could not be closed; leaving as a crash would')
        process.exit(1)
      })
      clearTimeout(late)
      log.info('Everything is closed')
      process.exit(0)
    }
    process.on('SIGTERM', (signal) => void stop(signal))
    process.on('SIGINT', (signal) => void stop(signal))
    process.on('unhandledRejection', (error) => log.error({ err: error }, 'A rejection was not handled'))
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    process.stderr.write(`Workcell cannot start. ${error.message}\n`)
    process.exit(1)
  }
}
