import type { Caps } from '../caps.ts'
import type { ChildMessage } from './protocol.ts'

/** The limits that the server gave this process at its start. */
export function givenCaps(): Caps {
  return JSON.parse(process.argv[2] ?? '')
}

/**
 * The child's end of its pipe to the server. A child without a server has nobody who would stop it, so it ends
 * itself; a plain exit could wait for, or crash on, an isolate that is still running.
 */
export function openLink(receive: (message: unknown) => Promise<void>): (message: ChildMessage) => void {
  process.on('disconnect', die)
  // A terminal sends these to the whole group of processes, but a server that is asked to stop first lets runs end.
  process.on('SIGINT', ignore)
  process.on('SIGTERM', ignore)
  process.on('message', (message: unknown) => void receive(message))
  if (!process.connected) die()
  return (message) => {
    if (process.connected) process.send?.(message)
  }
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

function ignore(): void {}
