import type { Logger } from 'pino'
import type { ServerLimits } from './assignments.ts'
import type { Commands } from './commands.ts'
import { createCommands } from './commands.ts'
import type { InputSchemas } from './inputs.ts'
import type { Live } from './live.ts'
import { createLive } from './live.ts'
import type { Executor, Hub, Queue, Store } from './ports.ts'
import type { Runner } from './runner.ts'
import { createRunner } from './runner.ts'
import { createVersions } from './versions.ts'

/** What the server does, whatever stands behind its ports and whoever asks. */
export interface Core {
  readonly commands: Commands
  readonly live: Live
  readonly runner: Runner
}

interface Needs {
  readonly store: Store
  readonly queue: Queue
  readonly executor: Executor
  readonly hub: Hub
  readonly log: Logger
  readonly limits: ServerLimits
  readonly schemas: InputSchemas
  /** Unfinished events beyond which no more are taken. */
  readonly maxPending: number
  /** A sentence while the server takes no new work, else undefined. */
  readonly closing: () => string | undefined
}

/** Connects the parts that know only each other and the ports. */
export function createCore({ store, queue, executor, hub, log, ...rest }: Needs): Core {
  const versions = createVersions(store)
  const live = createLive({ store, hub })
  const runner = createRunner({ store, queue, executor, hub, versions, log })
  const commands = createCommands({ store, queue, executor, hub, live, versions, ...rest })
  return { commands, live, runner }
}
