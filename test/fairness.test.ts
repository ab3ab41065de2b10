import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import type { Event, Outcome } from '../src/event.ts'
import { isFinal } from '../src/event.ts'
import { createMemoryHub } from '../src/hub/memory.ts'
import type { Executor, Store } from '../src/ports.ts'
import { createMemoryQueue } from '../src/queue/memory.ts'
import { createRunner } from '../src/runner.ts'
import { createVersions } from '../src/versions.ts'
import { eventually } from './harness.ts'
import { pendingEvent } from './suites/store.ts'
import { openTestStore } from './test-store.ts'

const success: Outcome = { kind: 'Success', data: 1, usage: { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 } }

/** A runner with the places of a server; the runs of workflows named greedy go on until they are stopped. */
function startRunner(store: Store) {
  const greedy = new Set<string>()
  let held = 0
  const executor: Executor = {
    async run({ eventId }, { signal }) {
      if (!greedy.has(eventId)) return success
      held++
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return { kind: 'Interrupted' }
    },
    prepare: () => Promise.reject(new Error('Not used here')),
    trouble: () => undefined,
    close: async () => {},
  }
  const queue = createMemoryQueue({ concurrency: 16, perLane: 8, now: store.now })
  const log = pino({ level: 'silent' })
  const runner = createRunner({ store, queue, executor, hub: createMemoryHub(), versions: createVersions(store), log })
  onTestFinished(async () => {
    await runner.close(0)
    await store.close()
  })
  return { runner, queue, greedy, held: () => held }
}

async function openStore(): Promise<Store> {
  const store = await openTestStore()
  await store.saveVersion({ hash: 'abc', language: 'JavaScript', code: '', script: '', createdAt: 0 })
  return store
}

async function create(store: Store, count: number, changes: Partial<Event>): Promise<readonly string[]> {
  const made = Array.from({ length: count }, () => pendingEvent({ runAt: store.now(), ...changes }))
  for (let from = 0; from < count; from += 1000) await store.createEvents(made.slice(from, from + 1000))
  return made.map(({ id }) => id)
}

const untilFinal = (store: Store, id: string) =>
  eventually(async () => {
    const event = await store.getEvent(id)
    return event && isFinal(event) ? event : undefined
  })

test('beside three workflows whose runs never end, another runs at once', async () => {
  const store = await openStore()
  const { runner, queue, greedy, held } = startRunner(store)
  for (const workflow of ['wfl_a', 'wfl_b', 'wfl_c']) {
    for (const id of await create(store, 20, { workflow })) greedy.add(id)
  }
  runner.start()
  // Eight of one, four of another, one of the third: the rest of the places is for those with nothing running.
  await eventually(() => (held() === 13 ? true : undefined))
  const began = performance.now()
  for (let round = 0; round < 5; round++) {
    const event = pendingEvent({ runAt: store.now(), workflow: 'wfl_honest' })
    await store.createEvents([event])
    queue.push(event)
    expect(await untilFinal(store, event.id)).toMatchObject({ status: 'Success' })
  }
  console.log(`an event beside three greedy workflows: ${Math.round((performance.now() - began) / 5)} ms`)
  expect(held()).toBe(13)
})

test('ten thousand events of one workflow do not hide one of another', { timeout: 120_000 }, async () => {
  const store = await openStore()
  const { runner, greedy, held } = startRunner(store)
  for (const id of await create(store, 10_000, { workflow: 'wfl_greedy', runAt: 1 })) greedy.add(id)
  const [before = ''] = await create(store, 1, { workflow: 'wfl_honest', runAt: 2 })
  runner.start()
  // No wake-up tells of it: it was there before this process, as after a crash.
  expect(await untilFinal(store, before)).toMatchObject({ status: 'Success' })
  const [after = ''] = await create(store, 1, { workflow: 'wfl_honest' })
  const began = performance.now()
  expect(await untilFinal(store, after)).toMatchObject({ status: 'Success' })
  console.log(`an event that only the sweep can find: ${Math.round(performance.now() - began)} ms`)
  expect(held()).toBe(8)
})

test('what waits in its lane is not claimed', async () => {
  const store = await openStore()
  const { runner, greedy, held } = startRunner(store)
  const ids = await create(store, 12, { workflow: 'wfl_greedy' })
  for (const id of ids) greedy.add(id)
  runner.start()
  await eventually(() => (held() === 8 ? true : undefined))
  const [other = ''] = await create(store, 1, { workflow: 'wfl_honest' })
  await untilFinal(store, other)
  const events = await store.getEvents(ids)
  expect(events.filter(({ status }) => status === 'Pending')).toHaveLength(4)
  expect(events.every(({ rev, status }) => rev === (status === 'Pending' ? 1 : 2))).toBe(true)
})
