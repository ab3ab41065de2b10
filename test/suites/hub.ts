import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WatchEndedError } from '../../src/errors.ts'
import type { Event } from '../../src/event.ts'
import type { Change, Hub, Watcher } from '../../src/ports.ts'
import { pendingEvent } from './store.ts'

export const suiteBuffer = 10

function change(id: string, rev: number, status: Event['status'] = 'Processing'): Change {
  return { kind: 'Event', event: pendingEvent({ id, rev, status }) }
}

function revOf(result: IteratorResult<Change, undefined>): number | undefined {
  return result.value?.kind === 'Event' ? result.value.event.rev : undefined
}

/** What every hub must do. `open` makes one whose watchers buffer `suiteBuffer` changes. */
export function hubSuite(name: string, open: () => Promise<Hub> | Hub): void {
  describe(`${name} as a hub`, () => {
    let hub: Hub
    beforeEach(async () => {
      hub = await open()
    })
    afterEach(() => hub.close('The test is over.'))

    async function take(watcher: Watcher, count: number): Promise<(number | undefined)[]> {
      const revs: (number | undefined)[] = []
      while (revs.length < count) revs.push(revOf(await watcher.next()))
      return revs
    }

    test('a watcher hears everything from the moment it was made, in order', async () => {
      const watcher = hub.watch({ eventId: 'a' })
      hub.notify(change('a', 1))
      hub.notify(change('b', 1))
      hub.notify(change('a', 2))
      expect(await take(watcher, 2)).toEqual([1, 2])
      const next = watcher.next()
      hub.notify(change('a', 3))
      expect(revOf(await next)).toBe(3)
    })

    test('a watcher of all hears of every event, also of logs', async () => {
      const watcher = hub.watch('all')
      hub.notify(change('a', 1))
      hub.notify({ kind: 'Logs', eventId: 'b' })
      expect(revOf(await watcher.next())).toBe(1)
      expect(await watcher.next()).toEqual({ done: false, value: { kind: 'Logs', eventId: 'b' } })
    })

    test('every watcher of an event hears the same', async () => {
      const watchers = Array.from({ length: 50 }, () => hub.watch({ eventId: 'a' }))
      hub.notify(change('a', 1))
      for (const watcher of watchers) expect(revOf(await watcher.next())).toBe(1)
      expect(hub.watchers()).toBe(50)
    })

    test('returning ends it at once, also while it waits, and leaves nothing behind', async () => {
      const waiting = hub.watch({ eventId: 'a' })
      const all = hub.watch('all')
      const pending = waiting.next()
      expect(hub.watchers()).toBe(2)
      await waiting.return()
      expect(await pending).toEqual({ done: true, value: undefined })
      hub.notify(change('a', 1))
      expect(await waiting.next()).toEqual({ done: true, value: undefined })
      await all.return()
      await all.return()
      expect(hub.watchers()).toBe(0)
    })

    test('a slow watcher of one event misses steps, never the last one', async () => {
      const watcher = hub.watch({ eventId: 'a' })
      for (let rev = 1; rev <= 20_000; rev++) {
        hub.notify(change('a', rev, rev === 20_000 ? 'Success' : 'Processing'))
        hub.notify({ kind: 'Logs', eventId: 'a' })
      }
      const seen: number[] = []
      while (seen.at(-1) !== 20_000) {
        const rev = revOf(await watcher.next())
        if (rev !== undefined) seen.push(rev)
      }
      expect(seen.length).toBeLessThanOrEqual(suiteBuffer)
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    })

    test('a watcher of all that misses events is told so, once, and is detached', async () => {
      const watcher = hub.watch('all')
      for (let index = 0; index <= suiteBuffer; index++) hub.notify(change(`e${index}`, 1))
      expect(hub.watchers()).toBe(0)
      await expect(watcher.next()).rejects.toMatchObject({ code: 'TOO_SLOW' })
      expect(await watcher.next()).toEqual({ done: true, value: undefined })
    })

    test('a watcher of all keeps the last state of each event while that fits', async () => {
      const watcher = hub.watch('all')
      for (let rev = 1; rev <= 100; rev++) {
        for (let index = 0; index < suiteBuffer / 2; index++) hub.notify(change(`e${index}`, rev))
      }
      const last = new Map<string, number>()
      while ([...last.values()].filter((rev) => rev === 100).length < suiteBuffer / 2) {
        const { value } = await watcher.next()
        if (value?.kind === 'Event') last.set(value.event.id, value.event.rev)
      }
      expect([...last.keys()].toSorted()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4'])
    })

    test('closing tells every watcher why, and those that come later', async () => {
      const waiting = hub.watch({ eventId: 'a' })
      const pending = waiting.next()
      const all = hub.watch('all')
      hub.close('Going home.')
      await expect(pending).rejects.toThrow(new WatchEndedError('GOING_AWAY', 'Going home.'))
      await expect(all.next()).rejects.toMatchObject({ code: 'GOING_AWAY', message: 'Going home.' })
      expect(hub.watchers()).toBe(0)
      await expect(hub.watch('all').next()).rejects.toMatchObject({ code: 'GOING_AWAY' })
      hub.notify(change('a', 1))
    })
  })
}
