import type { Hub, LogLine, Store } from './ports.ts'

/** Writes the log of one run to the store while the run goes on, and tells watchers once lines can be read there. */
export function createLogWriter(store: Store, hub: Hub, eventId: string) {
  let unsaved: readonly LogLine[] = []
  let saving: Promise<void> | undefined

  async function save(): Promise<void> {
    while (unsaved.length > 0) {
      const batch = unsaved
      await store.appendLogs(batch)
      unsaved = unsaved.slice(batch.length)
      hub.notify({ kind: 'Logs', eventId })
    }
  }

  function flush(): Promise<void> {
    saving ??= save().finally(() => (saving = undefined))
    return saving
  }

  return {
    write(lines: readonly LogLine[]): void {
      unsaved = [...unsaved, ...lines]
      // A failure is not lost: the lines stay unsaved, and the flush at the end of the run meets it again.
      flush().catch(() => undefined)
    },
    /** Resolves when every line written so far is kept; rejects as `Store.appendLogs` does. */
    flush: () => (unsaved.length > 0 ? flush() : Promise.resolve()),
  }
}
