import type { Hub, LogLine, Store } from './ports.ts'

/** Writes the log of one run to the store while the run goes on, and tells watchers once lines can be read there. */
export interface LogWriter {
  write(lines: readonly LogLine[]): void
  /** Resolves when every line written so far is kept, or rejects as `Store.appendLogs` does. */
  flush(): Promise<void>
}

export function createLogWriter(store: Store, hub: Hub, eventId: string): LogWriter {
  let waiting: readonly LogLine[] = []
  let saving: Promise<void> | undefined

  /** One after the other: whoever has read a line has read all that came before it, and looks only for later ones. */
  async function saveAll(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting
      await store.appendLogs(lines)
      waiting = waiting.slice(lines.length)
      hub.notify({ kind: 'Logs', eventId })
    }
  }

  const save = () => (saving ??= saveAll().finally(() => (saving = undefined)))

  return {
    write(lines) {
      waiting = [...waiting, ...lines]
      // While the code runs nobody waits for this; the flush at the end meets the lines again.
      save().catch(() => undefined)
    },
    flush: save,
  }
}
