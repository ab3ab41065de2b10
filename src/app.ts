import type { Logger } from 'pino'
import type { Caps } from './caps.ts'
import type { Config } from './config.ts'
import { createCore } from './core.ts'
import { createFetcher } from './executor/fetch.ts'
import { openPool } from './executor/pool.ts'
import { createApiServer } from './graphql/server.ts'
import { createMemoryHub } from './hub/memory.ts'
import { createPollingHub } from './hub/polling.ts'
import { inputSchemas } from './inputs.ts'
import { measureCommands, measureFetcher } from './metrics/measured-calls.ts'
import { measureStore } from './metrics/measured-store.ts'
import { createMetrics } from './metrics/prometheus.ts'
import { createMemoryQueue } from './queue/memory.ts'
import type { OpenedStore } from './open-store.ts'
import { openStore } from './open-store.ts'
import type { Executor, Hub, Queue, Store } from './ports.ts'
import { createReadiness } from './readiness.ts'
import { createRetention } from './retention.ts'

export interface App {
  /** Where the API answers, e.g. `http://127.0.0.1:4000/graphql`. */
  readonly url: string
  readonly port: number
  /** How many subscribers are attached. */
  watchers(): number
  /** Shuts down in order, losing nothing: see the body. Closing twice is fine. */
  close(): Promise<void>
}

/** What stands behind the ports. */
export interface Adapters {
  readonly store: Store
  readonly queue: Queue
  readonly executor: Executor
  readonly hub: Hub
}

/** Gives back what the app is to use in the place of its adapters. */
export type Change = (adapters: Adapters) => Adapters

/** Subscribers here must learn of what other processes do, where there can be any. */
function createHub(shared: OpenedStore['shared'], log: Logger): Hub {
  const hub = createMemoryHub()
  return shared ? createPollingHub({ hub, store: shared, warn: (message) => log.warn(message) }) : hub
}

/** Room for code and input at their largest, with what JSON adds to escape them. */
function bodyBytes({ sourceBytes, inputBytes }: Caps): number {
  return Math.max(4 * 2 ** 20, 2 * (sourceBytes + inputBytes) + 2 ** 16)
}

/** Opens every part and connects them. Throws a `StartError` for what the operator can mend. */
export async function startApp(config: Config, log: Logger, change: Change = (same) => same): Promise<App> {
  const opened = await openStore(config, log)
  const metrics = createMetrics()
  const memoryQueue = createMemoryQueue({
    concurrency: config.runners,
    perLane: config.workflowConcurrency,
    now: () => opened.store.now(),
  })
  const pool = openPool({
    runners: config.runners,
    maxMemoryMb: config.limits.maxima.memoryMb,
    caps: config.caps,
    jitless: config.jitless,
    fetcher: measureFetcher(createFetcher({ ...config.fetch, caps: config.caps }), metrics),
    warn: (message) => log.warn(message),
  })
  const adapters = change({
    store: opened.store,
    queue: memoryQueue,
    executor: pool,
    hub: createHub(opened.shared, log),
  })
  const { queue, executor, hub } = adapters
  const store = measureStore(adapters.store, metrics)
  const retention = createRetention({ store, days: config.retentionDays, log })
  let closing: Promise<void> | undefined
  const shuttingDown = () => (closing ? 'The server is shutting down; try again once it is back.' : undefined)
  const { commands, live, runner } = createCore({
    store,
    queue,
    executor,
    hub,
    log,
    limits: config.limits,
    schemas: inputSchemas(config.limits.maxima, config.caps),
    maxPending: config.maxPending,
    closing: shuttingDown,
  })
  const server = createApiServer({
    store,
    commands: measureCommands(commands, metrics),
    live,
    metrics,
    ready: createReadiness({ store, executor, runner }),
    settings: { ...config, maxBodyBytes: bodyBytes(config.caps) },
    log,
  })

  metrics.read({
    now: () => store.now(),
    backlog: (limit) => store.backlog(limit),
    queueDepth: () => memoryQueue.waiting(),
    processes: () => pool.stats(),
    watchers: () => hub.watchers(),
    connections: () => server.connections(),
    deleted: () => retention.deleted(),
    walBytes: opened.walBytes,
  })

  /**
   * First no new work is taken, while those who watch the runs under way still see them end. Then the subscribers
   * are told, and the parts close from the outside in: the store last, since everything writes to it.
   */
  async function close(): Promise<void> {
    await runner.close(config.shutdownMs)
    hub.close('The server is shutting down; subscribe again once it is back.')
    await server.close('The server is shutting down')
    await executor.close()
    await retention.stop()
    await store.close()
  }

  try {
    const { port } = await server.listen(config.port, config.host)
    runner.start()
    retention.start()
    const host = config.host.includes(':') ? `[${config.host}]` : config.host
    return {
      url: `http://${host}:${port}/graphql`,
      port,
      watchers: () => hub.watchers(),
      close: () => (closing ??= close()),
    }
  } catch (error) {
    await executor.close()
    await store.close()
    throw error
  }
}
