import type { FileHandle } from 'node:fs/promises'
import { open, rm } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { backup } from 'node:sqlite'

/** Pages that are copied at a time. Nobody else can use the data file for so long: about a millisecond. */
const pagesAtATime = 100
/** Size of a page of the data file, in bytes: what SQLite takes unless told otherwise. */
const pageBytes = 4096
/** After how much more is brought to disk, and how much may wait for that, in bytes. */
const syncBytes = { each: 8 * 2 ** 20, most: 24 * 2 ** 20 } as const
/** Threads in the pool of Node.js, unless UV_THREADPOOL_SIZE says otherwise. */
const poolThreads = 4
/** How often the very first step is tried, and for how many steps each step that is needed may be taken. */
const tries = { starts: 100, steps: 10 } as const
/** How long a write waits for a step at most, in milliseconds. */
const stepMs = 20

/** Why a copy was given up although another process could make it. */
export class CopyAloneError extends Error {}

export interface CopyOptions {
  /** The copy. Must not exist yet. */
  readonly file: string
  /** Called after each step with the pages that were copied and how many there are. Ends the copy by throwing. */
  readonly progress: (copied: number, total: number) => void
}

/** Copies a database over the connection that writes to it, one copy at a time. */
export interface Copying {
  /**
   * Does something at the end of this turn of the event loop or, while a copy is being made, between two steps of it.
   * A step does nothing in the middle of a transaction, so a server that always writes would keep it from ever ending.
   */
  turn(act: () => void): void
  /**
   * What was committed before is in the copy, and what is committed meanwhile as well: SQLite carries it over, so that
   * nothing keeps the write-ahead log from being cut back. A copy that fails is removed.
   */
  copy(options: CopyOptions): Promise<void>
}

export function createCopying(db: DatabaseSync): Copying {
  let isCopying = false
  let waiting: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let nextPass = 0

  function letPass(): void {
    clearTimeout(timer)
    timer = undefined
    const acts = waiting
    waiting = []
    const began = performance.now()
    for (const act of acts) act()
    // The copy has as much time as the writes: else the file could grow faster than it is copied.
    nextPass = 2 * performance.now() - began
  }

  async function copyTo({ file, progress }: CopyOptions, sync: (bytes: number) => void): Promise<void> {
    let steps = 0
    const afterStep = ({ totalPages: total, remainingPages }: { totalPages: number; remainingPages: number }) => {
      if (performance.now() >= nextPass) letPass()
      // A write that is undone makes SQLite begin anew. On a full disk every one is, but the log does not grow either.
      if (++steps > tries.starts + (tries.steps * total) / pagesAtATime) throw new CopyAloneError('writes are undone')
      const copied = total - remainingPages
      sync(copied * pageBytes)
      progress(copied, total)
    }
    for (let start = 1; ; start++) {
      try {
        isCopying = true
        const total = await backup(db, file, { rate: pagesAtATime, progress: afterStep })
        return progress(total, total)
      } catch (error) {
        // The first step failed since a commit was under way, which Node.js calls "not an error".
        const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 0
        if (!isBusy || start >= tries.starts) throw error
      } finally {
        isCopying = false
        letPass()
      }
    }
  }

  return {
    turn(act) {
      if (!isCopying) return void setImmediate(act)
      waiting.push(act)
      // The step may wait for the disk.
      timer ??= setTimeout(letPass, Math.max(0, nextPass - performance.now()) + stepMs)
    },
    async copy(options) {
      const handle = await open(options.file, 'wx')
      try {
        await copyTo(options, createSyncing(handle))
        await handle.close()
      } catch (error) {
        await handle.close().catch(() => undefined)
        // What cannot be removed is in the way of the next one, which says so.
        for (const suffix of ['', '-journal']) await rm(options.file + suffix, { force: true }).catch(() => undefined)
        throw error
      }
    },
  }
}

/**
 * Brings what was copied to disk while the copy goes on. SQLite does that in its last step, too, and nobody can use the
 * data file until then.
 */
function createSyncing(handle: FileHandle): (bytes: number) => void {
  let [asked, waiting] = [0, 0]
  let failed: unknown

  function sync(): void {
    waiting++
    handle.datasync().then(
      () => waiting--,
      (error: unknown) => {
        waiting--
        failed ??= error
      },
    )
  }

  return (bytes) => {
    if (failed !== undefined) throw failed
    asked = Math.min(asked, bytes)
    const isBehind = bytes - asked > syncBytes.most
    if (!isBehind && (waiting > 0 || bytes - asked < syncBytes.each)) return
    asked = bytes
    // The copy is faster than the disk. While every thread of the pool waits for the disk, so does the next step.
    for (let thread = 0; thread < (isBehind ? poolThreads : 1); thread++) sync()
  }
}
