import { describe, expect, test } from 'vitest'
import { newId } from '../src/id.ts'
import type { Event } from '../src/event.ts'
import { claimEvent, newEvent, settleEvent } from '../src/transitions.ts'
import type { GraphQLAnswer, TestApi } from './api-harness.ts'
import { connect, openStream, startApi } from './api-harness.ts'
import { eventually } from './harness.ts'
import { startStopwatch } from './stopwatch.ts'

type Next = () => Promise<GraphQLAnswer | 'complete'>
type Subscribe = (port: number, query: string) => Promise<{ next: Next; leave: () => void; stall: () => void }>

const transports: readonly [string, Subscribe][] = [
  [
    'server-sent events',
    async (port, query) => {
      const stream = await openStream(port, query)
      return {
        next: async () => (await stream.next()) ?? 'complete',
        leave: () => stream.destroy(),
        stall: () => void stream.response.pause(),
      }
    },
  ],
  [
    'WebSocket',
    async (port, query) => {
      const socket = await connect(port)
      socket.subscribe('1', query)
      return {
        async next() {
          const { type, payload } = await socket.next()
          if (type === 'complete') return 'complete'
          return type === 'error' ? { errors: [...(payload ?? [])] } : (payload ?? {})
        },
        leave: () => socket.raw.terminate(),
        stall: () => socket.raw.pause(),
      }
    },
  ],
]

const limits = { timeoutMs: 1000, memoryMb: 8, maxAttempts: 3 }
const usage = { wallMs: 1, cpuMs: 1, heapBytes: 1, logLines: 0 }

/** An event far in the future, so that only the test moves it. */
async function keepEvent({ store }: TestApi, input: string | null = null): Promise<Event> {
  const runAt = Date.now() + 1e9
  const assignment = { workflow: null, execution: null, version: 'a'.repeat(64), limits, runAt }
  const origin = { idempotencyKey: null, requestHash: null, rerunOf: null }
  const event = newEvent({ id: newId('evt'), type: 'a', input, assignment, limits, ...origin }, Date.now())
  const [kept = event] = await store.createEvents([event])
  return kept
}

async function move({ store, hub }: TestApi, next: Event | undefined): Promise<Event> {
  if (!next || !(await store.updateEvent(next))) throw new Error('The event did not move')
  hub.notify({ kind: 'Event', event: next })
  return next
}

/** Three attempts, the last of which succeeds: six changes of state in all. */
async function runThrough(api: TestApi, event: Event, pause: () => Promise<void>): Promise<void> {
  const error = {
    code: 'USER_ERROR',
    name: 'Error',
    message: '',
    stack: null,
    codeFrame: null,
    line: null,
    column: null,
  } as const
  const failed = { kind: 'Failure', failure: { ...error, retryable: true }, usage } as const
  let now = event
  for (const outcome of [failed, failed, { kind: 'Success', data: { done: true }, usage } as const]) {
    await pause()
    now = await move(api, claimEvent(now, 'me', 4e12, now.runAt ?? 0))
    await pause()
    now = await move(api, settleEvent(now, 'me', outcome, now.runAt ?? 0, 0.5))
  }
}

describe.each(transports)('over %s', (_name, subscribe) => {
  test('eventStatus begins with the present state, goes on with each later one and completes after the final', async () => {
    const api = await startApi()
    const event = await keepEvent(api)
    const { next } = await subscribe(
      api.port,
      `subscription { eventStatus(id: "${event.id}") { rev status isFinal data } }`,
    )
    const first = { rev: 1, status: 'PENDING', isFinal: false, data: null }
    expect(await next()).toEqual({ data: { eventStatus: first } })
    await runThrough(api, event, async () => {})
    const seen: unknown[] = []
    for (let answer = await next(); answer !== 'complete'; answer = await next())
      seen.push(answer.data?.['eventStatus'])
    expect(seen).toMatchObject([
      { rev: 2, status: 'PROCESSING' },
      { rev: 3, status: 'PENDING' },
      { rev: 4, status: 'PROCESSING' },
      { rev: 5, status: 'PENDING' },
      { rev: 6, status: 'PROCESSING' },
      { rev: 7, status: 'SUCCESS', isFinal: true, data: { done: true } },
    ])
    expect(api.hub.watchers()).toBe(0)
  })

  test('whenever a subscription comes, it loses no revision and gets none twice', async () => {
    const api = await startApi()
    const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))
    const histories = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const event = await keepEvent(api)
        const running = runThrough(api, event, async () => {
          for (let turns = 0; turns < i % 7; turns++) await turn()
        })
        for (let turns = 0; turns < i; turns++) await turn()
        const { next } = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}") { rev } }`)
        const revs: number[] = []
        for (let answer = await next(); answer !== 'complete'; answer = await next()) {
          revs.push(Number(JSON.stringify(answer).match(/"rev":(\d)/)?.[1]))
        }
        await running
        return revs
      }),
    )
    for (const revs of histories) {
      const first = revs[0] ?? 0
      expect(revs).toEqual(Array.from({ length: 8 - first }, (_, i) => first + i))
    }
    // Some came early and some late, or this would show little.
    expect(new Set(histories.map(([first]) => first)).size).toBeGreaterThan(1)
    expect(api.hub.watchers()).toBe(0)
  })

  test('afterRev leaves out what is known', async () => {
    const api = await startApi()
    const event = await keepEvent(api)
    await runThrough(api, event, async () => {})
    const { next } = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}", afterRev: 6) { rev } }`)
    expect(await next()).toEqual({ data: { eventStatus: { rev: 7 } } })
    expect(await next()).toBe('complete')
    const known = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}", afterRev: 7) { rev } }`)
    expect(await known.next()).toBe('complete')
  })

  test('eventStream gives states and log lines in order, and goes on where a cursor says', async () => {
    const api = await startApi()
    const event = await keepEvent(api)
    const stream = (after = '') => `subscription { eventStream(id: "${event.id}"${after && `, after: "${after}"`}) {
      __typename ... on EventStatusChange { cursor event { rev } } ... on EventLogLine { cursor line { message } } } }`
    const { next } = await subscribe(api.port, stream())
    const item = async (from: Next = next) => {
      const answer = await from()
      return answer === 'complete' ? answer : JSON.parse(JSON.stringify(answer.data?.['eventStream']))
    }
    expect(await item()).toMatchObject({ __typename: 'EventStatusChange', event: { rev: 1 } })
    const running = await move(api, claimEvent(event, 'me', 4e12, event.runAt ?? 0))
    expect(await item()).toMatchObject({ event: { rev: 2 } })
    const log = async (seq: number) => {
      await api.store.appendLogs([{ eventId: event.id, attempt: 1, seq, at: 0, level: 'info', message: `line ${seq}` }])
      api.hub.notify({ kind: 'Logs', eventId: event.id })
    }
    await log(1)
    const first = await item()
    expect(first).toMatchObject({ __typename: 'EventLogLine', line: { message: 'line 1' } })
    await log(2)
    await move(api, settleEvent(running, 'me', { kind: 'Success', data: null, usage }, 3e12, 0.5))
    expect(await item()).toMatchObject({ line: { message: 'line 2' } })
    expect(await item()).toMatchObject({ event: { rev: 3 } })
    expect(await item()).toBe('complete')

    const again = await subscribe(api.port, stream(first.cursor))
    expect(await item(again.next)).toMatchObject({ line: { message: 'line 2' } })
    expect(await item(again.next)).toMatchObject({ event: { rev: 3 } })
    expect(await item(again.next)).toBe('complete')
  })

  test('eventChanges gives the changes that match, and the watcher goes with the client', async () => {
    const api = await startApi()
    const query = 'subscription { eventChanges(filter: { type: "wanted", status: [PENDING] }) { id } }'
    const { next, leave } = await subscribe(api.port, query)
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    const event = await keepEvent(api)
    api.hub.notify({ kind: 'Event', event })
    api.hub.notify({ kind: 'Event', event: { ...event, type: 'wanted', status: 'Success' } })
    api.hub.notify({ kind: 'Event', event: { ...event, type: 'wanted' } })
    expect(await next()).toEqual({ data: { eventChanges: { id: event.id } } })
    leave()
    await eventually(() => (api.hub.watchers() === 0 ? true : undefined))
  })

  test('a client that does not read holds a bounded part of memory, and others are served', async () => {
    const api = await startApi()
    const stalled = await subscribe(api.port, 'subscription { eventChanges { id input } }')
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    stalled.stall()
    const event = await keepEvent(api, 'x'.repeat(10_000))
    const before = process.memoryUsage().rss
    let sent = 0
    await eventually(async () => {
      for (let i = 0; i < 1000; i++) api.hub.notify({ kind: 'Event', event: { ...event, id: newId('evt') } })
      sent += 1000
      await new Promise((resolve) => void setImmediate(resolve))
      return sent >= 20_000 || undefined
    })
    // 200 MB were to be sent. The hub gave up on it, which it is told when it reads again.
    expect(api.hub.watchers()).toBe(0)
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20)
    const other = await subscribe(api.port, '{ __typename }')
    expect(await other.next()).toEqual({ data: { __typename: 'Query' } })
    stalled.leave()
  })

  test('a slow reader is told that it was too slow', async () => {
    const api = await startApi()
    const { next } = await subscribe(api.port, 'subscription { eventChanges { id } }')
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    const event = await keepEvent(api)
    for (let i = 0; i < 5000; i++) api.hub.notify({ kind: 'Event', event: { ...event, id: newId('evt') } })
    let answer = await next()
    while (answer !== 'complete' && !answer.errors) answer = await next()
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'TOO_SLOW', retryable: true } }] })
  })

  test('a client that left while it was stalled leaves nothing behind', async () => {
    const api = await startApi()
    const event = await keepEvent(api, 'x'.repeat(1_000_000))
    const stalled = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}") { rev input } }`)
    await eventually(() => (api.hub.watchers() === 1 ? true : undefined))
    stalled.stall()
    for (let rev = 2; rev < 30; rev++) {
      api.hub.notify({ kind: 'Event', event: { ...event, rev } })
      await new Promise((resolve) => void setImmediate(resolve))
    }
    stalled.leave()
    await eventually(() => (api.hub.watchers() === 0 ? true : undefined))
  })
})

describe('when the server closes', () => {
  test('WebSockets are told with 1001 and the reason, and streams end', async () => {
    const api = await startApi()
    const event = await keepEvent(api)
    const query = `subscription { eventStatus(id: "${event.id}") { rev } }`
    const socket = await connect(api.port)
    socket.subscribe('1', query)
    const stream = await openStream(api.port, query)
    await stream.next()
    await eventually(() => (api.hub.watchers() === 2 ? true : undefined))
    const watch = startStopwatch()
    api.hub.close('The server is shutting down')
    await api.server.close('The server is shutting down: ' + 'ü'.repeat(100))
    expect(watch.stop()).toBeLessThan(1000)
    const { code, reason } = await socket.closed
    expect(code).toBe(1001)
    expect(reason).toMatch(/^The server is shutting down: ü+$/)
    expect(await stream.next()).toMatchObject({ errors: [{ extensions: { code: 'GOING_AWAY' } }] })
    expect(await stream.next()).toBeUndefined()
    await expect(fetch(api.url)).rejects.toThrow('fetch failed')
  })

  test('clients that do not leave are cut off after half a second', async () => {
    const api = await startApi()
    const event = await keepEvent(api, 'x'.repeat(1_000_000))
    const query = `subscription { eventStatus(id: "${event.id}") { rev input } }`
    const socket = await connect(api.port)
    socket.raw.pause()
    socket.subscribe('1', query)
    const stream = await openStream(api.port, query)
    stream.response.pause()
    await eventually(() => (api.hub.watchers() === 2 ? true : undefined))
    for (let rev = 2; rev < 30; rev++) {
      api.hub.notify({ kind: 'Event', event: { ...event, rev } })
      await new Promise((resolve) => void setImmediate(resolve))
    }
    const began = performance.now()
    const watch = startStopwatch()
    api.hub.close('The server is shutting down')
    await api.server.close('The server is shutting down')
    expect(watch.stop()).toBeLessThan(2000)
    expect(performance.now() - began).toBeGreaterThan(450)
    expect(api.hub.watchers()).toBe(0)
  })

  test('an answer under way is still given', async () => {
    const api = await startApi()
    const save = 'mutation { saveWorkflow(input: { name: "flow", code: "held" }) { __typename } }'
    const run = 'mutation { executeWorkflow(input: { workflow: "flow", waitMs: 20000 }) { __typename } }'
    const headers = { 'content-type': 'application/json' }
    await fetch(api.url, { method: 'POST', headers, body: JSON.stringify({ query: save }) })
    const waiting = fetch(api.url, { method: 'POST', headers, body: JSON.stringify({ query: run }) })
    await eventually(() => (api.hub.watchers() === 2 ? true : undefined))
    const closed = api.server.close('The server is shutting down')
    api.release(null)
    const answer = await waiting
    expect(await answer.json()).toEqual({ data: { executeWorkflow: { __typename: 'ExecuteWorkflowPayload' } } })
    await closed
  })
})
