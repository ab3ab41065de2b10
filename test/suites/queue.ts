import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Queue } from '../../src/ports.ts'

export const suiteConcurrency = 3

/** What every queue must do. `open` makes one that runs `suiteConcurrency` events at a time. */
export function queueSuite(name: string, open: () => Promise<Queue> | Queue): void {
  describe(`${name} as a queue`, () => {
    let queue: Queue
    beforeEach(async () => {
      queue = await open()
    })
    afterEach(() => queue.close())

    const wake = (id: string, runAt: number | null = 0, workflow = id) =>
      queue.push({ id, runAt, workflow, execution: null, version: null })

    /** Consumes; each run waits until it is let go. */
    function consume() {
      const started: string[] = []
      const running = new Map<string, () => void>()
      let changed = Promise.withResolvers<void>()
      queue.consume(async (id) => {
        started.push(id)
        const done = Promise.withResolvers<void>()
        running.set(id, done.resolve)
        changed.resolve()
        changed = Promise.withResolvers()
        await done.promise
      })
      return {
        started,
        finish: (id: string) => running.get(id)?.(),
        async until(count: number): Promise<string[]> {
          while (started.length < count) await changed.promise
          return started
        },
      }
    }

    test('delivers what was pushed before and after consuming began', async () => {
      wake('a')
      const runs = consume()
      wake('b')
      expect(new Set(await runs.until(2))).toEqual(new Set(['a', 'b']))
      runs.finish('a')
      runs.finish('b')
    })

    test('runs no more than so many at a time, and all in the end', async () => {
      const runs = consume()
      const ids = Array.from({ length: 10 }, (_, index) => `e${index}`)
      for (const id of ids) wake(id)
      for (let count = suiteConcurrency; count <= ids.length; count++) {
        const started = await runs.until(count)
        expect(started).toHaveLength(count)
        runs.finish(started[count - suiteConcurrency] ?? '')
      }
      for (const id of ids) runs.finish(id)
      expect(new Set(runs.started)).toEqual(new Set(ids))
    })

    test('never runs one event twice at the same time, and again if it was woken while it ran', async () => {
      const runs = consume()
      wake('a')
      await runs.until(1)
      wake('a')
      wake('b')
      expect(await runs.until(2)).toEqual(['a', 'b'])
      runs.finish('a')
      expect(await runs.until(3)).toEqual(['a', 'b', 'a'])
      runs.finish('a')
      runs.finish('b')
    })

    test('delivers what is due later when it is due', async () => {
      const runs = consume()
      const due = Date.now() + 80
      wake('later', due)
      wake('now', null)
      expect(await runs.until(2)).toEqual(['now', 'later'])
      expect(Date.now()).toBeGreaterThanOrEqual(due)
      runs.finish('now')
      runs.finish('later')
    })

    test('however many of one workflow wait, one of another is next', async () => {
      const runs = consume()
      for (let index = 0; index < 50; index++) wake(`many${index}`, 0, 'many')
      await runs.until(suiteConcurrency)
      wake('other')
      runs.finish('many0')
      const started = await runs.until(suiteConcurrency + 1)
      expect(started.at(-1)).toBe('other')
      for (let count = 1; count <= 51; count++) runs.finish((await runs.until(count))[count - 1] ?? '')
    })

    test('a run that ends frees its place, whatever became of it', async () => {
      let ran = 0
      const done = Promise.withResolvers<void>()
      queue.consume(async () => {
        if (++ran === 20) done.resolve()
      })
      for (let index = 0; index < 20; index++) wake(`e${index}`)
      await done.promise
      expect(ran).toBe(20)
    })

    test('closing stops delivery at once and waits for the runs under way', async () => {
      const runs = consume()
      for (const id of ['a', 'b', 'c', 'd']) wake(id)
      await runs.until(3)
      let closed = false
      const closing = queue.close().then(() => (closed = true))
      wake('e')
      runs.finish('a')
      runs.finish('b')
      await Promise.resolve()
      expect(closed).toBe(false)
      runs.finish('c')
      await closing
      await queue.close()
      expect(runs.started).toEqual(['a', 'b', 'c'])
    })
  })
}
