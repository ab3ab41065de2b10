import type { Commands } from '../commands.ts'
import type { Event } from '../event.ts'
import type { Live } from '../live.ts'
import type { Store } from '../ports.ts'
import type { Program, Version } from '../program.ts'
import type { Load } from './loader.ts'

/** What resolvers work with, the same for every request. */
export interface Api {
  readonly store: Store
  readonly commands: Commands
  readonly live: Live
  readonly loadEvent: Load<Event>
  readonly loadProgram: Load<Program>
  readonly loadVersion: Load<Version>
}

/** What a resolver gets. Over HTTP, Yoga adds the request; over WebSocket, the signal is that of the connection. */
export interface Context {
  readonly api: Api
  readonly request?: Request
  readonly signal?: AbortSignal
}

/** Aborts once nobody waits for the answer any more. */
export function clientSignal({ signal, request }: Context): AbortSignal | undefined {
  return signal ?? request?.signal
}
