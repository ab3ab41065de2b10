import { pino } from 'pino'
import type { Commands } from '../../src/commands.ts'
import { defaultCaps } from '../../src/caps.ts'
import { createCore } from '../../src/core.ts'
import { createMemoryHub } from '../../src/hub/memory.ts'
import { createPollingHub } from '../../src/hub/polling.ts'
import { inputSchemas } from '../../src/inputs.ts'
import type { Live } from '../../src/live.ts'
import type { Queue } from '../../src/ports.ts'
import { createMemoryQueue } from '../../src/queue/memory.ts'
import type { Checker } from './checker.ts'
import { createSimulatedExecutor } from './executor.ts'
import type { Life } from './life.ts'
import type { Model } from './model.ts'
import type { StoreFaults } from './port.ts'
import { createStorePort } from './port.ts'
import type { World } from './world.ts'

export interface Server extends Life {
  readonly commands: Commands
  readonly live: Live
  /** As a signal does it. */
  terminate(graceMs: number): void
}

export interface ServerOptions {
  readonly name: string
  readonly world: World
  readonly model: Model
  readonly checker: Checker
  readonly faults: StoreFaults
  /** How many events it runs at the same time. */
  readonly concurrency: number
  readonly perLane: number
  readonly maxPending: number
  /** Several processes share the store, so each asks it for what the others do. */
  readonly shared: boolean
  readonly clockError: number
  readonly wallSkew: number
  readonly wakeUps: WakeUpFaults
  readonly runs: { longestMs: number }
  /** Ends this process, because of its code. */
  readonly kill: (life: Life) => void
  readonly exited: (life: Life) => void
}

/** Shares of the wake-ups that are lost, and that come twice. */
export interface WakeUpFaults {
  lost: number
  twice: number
}

const limits = { timeoutMs: 60_000, memoryMb: 128, maxAttempts: 1 }
const maxima = { ...limits, maxAttempts: 10 }
/** Made once: they keep nothing, and to make them takes longer than all else that a start does. */
const schemas = inputSchemas(maxima, defaultCaps)

/** The core as it is, with the world in the place of the store and of the isolates. */
export function startServer(options: ServerOptions): Server {
  const { name, world, model, checker, faults, kill, clockError, wallSkew, concurrency, shared } = options
  const life: Life = {
    name,
    alive: true,
    frozenUntil: 0,
    wallSkew,
    clockError,
    storeTroubleAt: 0,
    storeClosed: false,
    underWay: new Set(),
    executorBrokenUntil: 0,
    closing: false,
    closedAt: 0,
    hurryAt: undefined,
    asked: checker.asked,
    answered: checker.answered,
  }
  const store = createStorePort(world, model, faults, life)
  const executor = createSimulatedExecutor({ world, checker, server: life, kill, runs: options.runs })
  const queue = withFaults(
    world,
    options.wakeUps,
    createMemoryQueue({ concurrency, perLane: options.perLane, now: store.now }),
  )
  const inner = createMemoryHub()
  const hub = shared ? createPollingHub({ hub: inner, store, warn: () => undefined }) : inner
  const { commands, live, runner } = createCore({
    store,
    queue,
    executor,
    hub,
    log: silent,
    limits: { defaults: limits, maxima },
    schemas,
    maxPending: options.maxPending,
    closing: () => (life.closing ? 'The server is shutting down.' : undefined),
  })
  // Its timers are to be its own.
  world.after(0, life, () => runner.start())

  async function close(graceMs: number): Promise<void> {
    life.closing = true
    life.closedAt = world.now()
    life.hurryAt = world.now() + graceMs
    checker.closes()
    await runner.close(graceMs)
    hub.close('The server is shutting down.')
    await executor.close()
    await store.close()
    options.exited(life)
  }

  return Object.assign(life, {
    commands,
    live,
    terminate(graceMs: number) {
      if (!life.closing) void close(graceMs)
    },
  })
}

const silent = pino({ level: 'silent' })

function withFaults(world: World, faults: WakeUpFaults, queue: Queue): Queue {
  const { random } = world
  return {
    ...queue,
    push(event) {
      if (random.chance(faults.lost)) return
      queue.push(event)
      if (random.chance(faults.twice)) world.after(random.int(0, 3000), world.actor(), () => queue.push(event))
    },
  }
}
