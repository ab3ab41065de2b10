import { beforeEach, describe, expect, test, vi } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import type { Commands } from '../src/commands.ts'
import { createCommands } from '../src/commands.ts'
import { UnavailableError } from '../src/errors.ts'
import type { Event } from '../src/event.ts'
import { inputSchemas } from '../src/inputs.ts'
import type { Change, Queue, Store } from '../src/ports.ts'
import { createVersions } from '../src/versions.ts'
import { openTestStore } from './test-store.ts'

const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
const leaving = 'The server is shutting down.'

describe('commands', () => {
  let store: Store
  let commands: Commands
  let closing: string | undefined
  let told: Change[]
  let queue: Queue & { push: ReturnType<typeof vi.fn<Queue['push']>> }
  beforeEach(async () => {
    closing = undefined
    told = []
    queue = { push: vi.fn<Queue['push']>(), consume: () => {}, close: async () => {} }
    store = await openTestStore()
    commands = createCommands({
      store,
      queue,
      executor: { prepare: async ({ code }) => ({ kind: 'Ready', script: code }) },
      hub: {
        notify: (change) => void told.push(change),
        watch: () => ({}) as never,
        watchers: () => 0,
        close: () => {},
      },
      live: { untilFinal: async (event) => event },
      versions: createVersions(store),
      limits: { defaults: limits, maxima: limits },
      schemas: inputSchemas(limits, defaultCaps),
      maxPending: 100,
      closing: () => closing,
    })
    await commands.saveWorkflow({ name: 'work', code: 'work' })
    await commands.saveFunction({ name: 'help', code: 'help' })
    return () => store.close()
  })

  function expectBegun(event: Event): void {
    expect(told.splice(0)).toEqual([{ kind: 'Event', event }])
    expect(queue.push.mock.calls.splice(0)).toEqual([[event]])
  }

  const create = () => commands.createEvent({ type: 'a', workflow: 'work' })

  test('what is to run is told to those who watch, and wakes a runner, at once', async () => {
    const event = await create()
    expectBegun(event)
    expectBegun(await commands.executeWorkflow({ workflow: 'work' }))
    expectBegun(await commands.executeFunction({ function: 'help' }))
    expectBegun(await commands.executeWorkflow({ workflow: 'work', eventId: event.id }))
    const canceled = await commands.cancelEvent({ id: event.id })
    expect(told.splice(0)).toEqual([{ kind: 'Event', event: canceled }])
    expectBegun(await commands.rerunEvent({ id: event.id }))
  })

  test('a record is told, and wakes nobody', async () => {
    const event = await commands.createEvent({ type: 'a' })
    expect(told).toEqual([{ kind: 'Event', event }])
    expect(queue.push).not.toHaveBeenCalled()
  })

  test('a server that is leaving takes nothing new to run, and still cancels', async () => {
    const event = await create()
    const canceled = await commands.cancelEvent({ id: (await create()).id })
    closing = leaving
    const refused = [
      create,
      () => commands.createEvent({ type: 'a' }),
      () => commands.executeWorkflow({ workflow: 'work' }),
      () => commands.executeWorkflow({ workflow: 'work', eventId: canceled.id }),
      () => commands.executeFunction({ function: 'help' }),
      () => commands.rerunEvent({ id: canceled.id }),
    ]
    for (const ask of refused) await expect(ask()).rejects.toThrow(new UnavailableError(leaving))
    expect(await commands.cancelEvent({ id: event.id })).toMatchObject({ status: 'Canceled' })
    expect(await store.listEvents({}, { limit: 10 })).toHaveLength(2)
  })
})
