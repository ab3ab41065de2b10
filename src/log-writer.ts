import type { Hub, LogLine, Store } from './ports.ts'

/** Writes the log of one run to the store while the run goes on, and tells watchers once lines can be read there. */
export interface LogWriter {
  write(lines: readonly LogLine[]): void
  /** Resolves when every line written so far is kept, or rejects as `Store.appendLogs` does. */
  flush(): Promise<void>
}

export function createLogWriter(store: Store, hub: Hub, eventId: string): LogWriter {
  const saving = new Set<Promise<void>>()
  let unsaved: readonly LogLine[] = []

  function save(lines: readonly LogLine[]): void {
    const saved = store
      .appendLogs(lines)
      .then(() => hub.notify({ kind: 'Logs', eventId }))
      .catch((error: unknown) => {
        unsaved = [...unsaved, ...lines]
        throw error
      })
      .finally(() => saving.delete(saved))
    saving.add(saved)
    // While the code runs nobody waits for this; the flush at the end meets the lines again.
    saved.catch(() => undefined)
  }

  return {
    write: save,
    async flush() {
      const again = unsaved
      unsaved = []
      if (again.length > 0) save(again)
      await Promise.all(saving)
    },
  }
}
