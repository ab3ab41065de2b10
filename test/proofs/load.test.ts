import { createClient } from 'graphql-ws'
import { expect, onTestFinished, test } from 'vitest'
import { graphql } from '../../src/gen/index.ts'
import { eventually, inParallel, request, startTestApp } from '../harness.ts'
import { CreateEvent, GetEvent, SaveWorkflow } from '../operations.ts'

const Watch = graphql(`
  subscription WatchUnderLoad($id: ID!) {
    eventStatus(id: $id) {
      id
      rev
      status
      isFinal
    }
  }
`)

const StartMany = graphql(`
  mutation StartMany($input: CreateEventInput!) {
    createEvent(input: $input) {
      ... on CreateEventPayload {
        event {
          id
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

async function start(url: string, input: { type: string; workflow: string; input?: unknown; runAt?: string }) {
  const { createEvent } = await request(url, StartMany, { input })
  if (!('event' in createEvent)) throw new Error(createEvent.message)
  return createEvent.event.id
}

test('2,000 events of 32 clients all end, each with one outcome', async () => {
  const { url } = await startTestApp()
  await request(url, SaveWorkflow, { input: { name: 'echo', code: 'export default ({ input }) => input' } })
  const ids = await inParallel(32, 2000, (index) => start(url, { type: 'load', workflow: 'echo', input: index }))
  expect(new Set(ids).size).toBe(2000)
  const events = await inParallel(32, ids.length, (index) =>
    eventually(async () => {
      const { event } = await request(url, GetEvent, { id: ids[index] ?? '' })
      return event?.isFinal ? event : undefined
    }, 40),
  )
  expect(events.map((event) => event.data)).toEqual(ids.map((_id, index) => index))
  expect(events.filter((event) => event.attempts.length !== 1 || event.attempts[0]?.outcome !== 'SUCCESS')).toEqual([])
})

test('1,000 subscribers of 1,000 events each see the final state once and last', async () => {
  const app = await startTestApp()
  const { url } = app
  await request(url, SaveWorkflow, { input: { name: 'echo', code: 'export default ({ input }) => input' } })
  const runAt = new Date(Date.now() + 3_000).toISOString()
  const ids = await inParallel(32, 1000, () => start(url, { type: 'load', workflow: 'echo', runAt }))
  const clients = Array.from({ length: 50 }, () => createClient({ url: url.replace('http', 'ws'), lazy: true }))
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.dispose()))
  })

  const seen = await inParallel(1000, 1000, async (index) => {
    const client = clients[index % clients.length]
    const revisions: { rev: number; isFinal: boolean }[] = []
    const variables = { id: ids[index] ?? '' }
    for await (const { data } of client?.iterate<{ eventStatus: { rev: number; isFinal: boolean } }>({
      query: Watch.toString(),
      variables,
    }) ?? []) {
      if (data) revisions.push(data.eventStatus)
    }
    return revisions
  })
  for (const revisions of seen) {
    expect(revisions.map((it) => it.isFinal)).toEqual([...revisions.slice(1).map(() => false), true])
    expect(revisions.map((it) => it.rev)).toEqual([...new Set(revisions.map((it) => it.rev))].sort((a, b) => a - b))
  }
  await eventually(() => (app.watchers() === 0 ? true : undefined))
})

test('an event created with waitMs and one watched tell the same', async () => {
  const { url } = await startTestApp()
  await request(url, SaveWorkflow, { input: { name: 'echo', code: 'export default ({ input }) => input' } })
  const { createEvent } = await request(url, CreateEvent, {
    input: { type: 'x', workflow: 'echo', input: { deep: [1] }, waitMs: 10_000 },
  })
  if (!('event' in createEvent)) throw new Error(createEvent.message)
  expect((await request(url, GetEvent, { id: createEvent.event.id })).event).toEqual(createEvent.event)
})
