import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Event } from '../src/event.ts'
import { idBound } from '../src/id.ts'
import { createRetention } from '../src/retention.ts'
import { openTestStore } from './test-store.ts'
import { eventually } from './client.ts'
import { pendingEvent } from './suites/store.ts'

const day = 86_400_000
const log = pino({ level: 'silent' })

/** As one that was made and ended so many days ago. */
function ended(status: Event['status'], daysAgo: number): Event {
  const at = Date.now() - daysAgo * day
  const event = pendingEvent({ status, createdAt: at, finishedAt: at })
  const begin = idBound('evt', at)
  return { ...event, id: `${begin}${event.id.slice(begin.length)}` }
}

describe('retention', () => {
  test('deletes by status what ended long enough ago, and nothing else', async () => {
    const store = await openTestStore()
    onTestFinished(() => store.close())
    const old = [...Array.from({ length: 250 }, () => ended('Success', 8)), ended('Error', 31)]
    const young = [ended('Success', 6), ended('Error', 8), ended('Canceled', 1000)]
    const unfinished = { ...ended('Pending', 1000), finishedAt: null }
    await store.createEvents([...old, ...young, unfinished])
    await store.appendLogs(
      old.map(({ id }) => ({ eventId: id, attempt: 1, seq: 1, at: 1, level: 'info' as const, message: 'm' })),
    )
    const retention = createRetention({ store, days: { Success: 7, Error: 30 }, log })
    onTestFinished(() => retention.stop())
    retention.start()
    await eventually(() => (retention.deleted().events === 251 ? true : undefined))
    const left = await store.listEvents({}, { limit: 100 })
    expect(left.map(({ id }) => id).toSorted()).toEqual([...young, unfinished].map(({ id }) => id).toSorted())
    for (const { id } of old) expect(await store.readLogs(id, undefined, 1)).toEqual([])
  })

  test('is off by default, and stops at once', async () => {
    const store = await openTestStore()
    onTestFinished(() => store.close())
    await store.createEvents([ended('Success', 10_000)])
    const off = createRetention({ store, days: {}, log })
    off.start()
    await off.stop()
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(1)

    const on = createRetention({ store, days: { Success: 1 }, log })
    on.start()
    await eventually(() => (on.deleted().events === 1 ? true : undefined))
    await on.stop()
  })

  test('others are let in between its batches', async () => {
    const store = await openTestStore()
    onTestFinished(() => store.close())
    await store.createEvents(Array.from({ length: 1000 }, () => ended('Success', 8)))
    const retention = createRetention({ store, days: { Success: 7 }, log })
    onTestFinished(() => retention.stop())
    retention.start()
    let between = 0
    while (retention.deleted().events < 1000) {
      await store.createEvents([pendingEvent()])
      between++
    }
    // Ten batches of a hundred, with a pause after each.
    expect(between).toBeGreaterThan(9)
  })
})
