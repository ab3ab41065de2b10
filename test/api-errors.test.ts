import { describe, expect, test } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import { newId } from '../src/id.ts'
import { newEvent } from '../src/transitions.ts'
import type { GraphQLAnswer, TestApi } from './api-harness.ts'
import { ask, connect, openStream, post, startApi } from './api-harness.ts'

const secret = 'mongodb://admin:hunter2@10.0.0.7'
const throwSecret = () => Promise.reject(new Error(secret))

/** An event that has nothing to run but is not final, so that its subscriptions stay open. */
async function openEvent(api: TestApi) {
  const limits = { timeoutMs: 1, memoryMb: 8, maxAttempts: 1 }
  const id = newId('evt')
  const record = newEvent(
    { id, type: 'a', input: null, assignment: null, limits, idempotencyKey: null, requestHash: null, rerunOf: null },
    Date.now(),
  )
  const event = {
    ...record,
    status: 'Pending',
    finishedAt: null,
    runAt: Date.now() + 1e9,
    workflow: newId('wfl'),
  } as const
  await api.store.createEvents([event])
  return event
}

/** The same operation over each transport, and what each of them answers first. */
const transports: readonly [string, (port: number, query: string) => Promise<GraphQLAnswer>][] = [
  ['HTTP', async (port, query) => (await post(port, query)).json],
  ['server-sent events', async (port, query) => (await (await openStream(port, query)).next()) ?? {}],
  [
    'WebSocket',
    async (port, query) => {
      const socket = await connect(port)
      socket.subscribe('1', query)
      const { type, payload } = await socket.next()
      if (type !== 'next') throw new Error(`Expected a result, got ${type}`)
      return payload ?? {}
    },
  ],
]

describe.each(transports)('over %s', (_name, run) => {
  test('a fault is hidden behind an id, under which the log has it once', async () => {
    const api = await startApi({ store: () => ({ getEvents: throwSecret }) })
    const answer = await run(
      api.port,
      `{ a: node(id: "${newId('evt')}") { id } b: node(id: "${newId('evt')}") { id } }`,
    )
    expect(JSON.stringify(answer)).not.toContain('hunter2')
    expect(answer.data).toEqual({ a: null, b: null })
    const [error, twin] = answer.errors ?? []
    const faultId = error?.extensions?.['faultId']
    expect(error).toMatchObject({
      message: 'Unexpected error.',
      path: ['a'],
      extensions: { code: 'INTERNAL_SERVER_ERROR', faultId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    })
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', faultId })
    expect(twin?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', faultId })
    const lines = api.log.filter((line) => JSON.stringify(line).includes('hunter2'))
    expect(lines).toMatchObject([{ faultId, err: { message: secret, stack: expect.stringContaining('throwSecret') } }])
  })

  test('an UnavailableError says that trying again may help, and not what is away', async () => {
    const away = new UnavailableError(`cannot reach ${secret}`)
    const api = await startApi({ store: () => ({ listEvents: () => Promise.reject(away) }) })
    const answer = await run(api.port, '{ events { nodes { id } } }')
    expect(answer.errors).toMatchObject([
      {
        message: 'The server cannot do this right now. The same request may succeed later.',
        extensions: { code: 'UNAVAILABLE', retryable: true },
      },
    ])
    expect(JSON.stringify(answer)).not.toContain('hunter2')
  })

  test('an UnavailableError in a mutation is not a member of its union', async () => {
    const away = new UnavailableError('away')
    const api = await startApi({ store: () => ({ createEvents: () => Promise.reject(away) }) })
    const answer = await run(api.port, 'mutation { createEvent(input: { type: "a" }) { __typename } }')
    expect(answer).toMatchObject({ data: null, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
  })

  test('a store that goes away while a mutation waits does not take back what was kept', async () => {
    let away = false
    const api = await startApi({
      store: (store) => ({
        async createEvents(events) {
          const kept = await store.createEvents(events)
          away = true
          return kept
        },
        getEvent: (id) => (away ? Promise.reject(new UnavailableError('away')) : store.getEvent(id)),
      }),
    })
    await post(api.port, 'mutation { saveWorkflow(input: { name: "flow", code: "held" }) { __typename } }')
    const create = 'createEvent(input: { type: "a", workflow: "flow", waitMs: 30000 })'
    const answer = await run(api.port, `mutation { ${create} { ... on CreateEventPayload { event { status } } } }`)
    expect(answer).toEqual({ data: { createEvent: { event: { status: 'PENDING' } } } })
  })

  test('a mistake in a query is an error with its code, path, expected and received', async () => {
    const api = await startApi()
    const answer = await run(api.port, '{ events(first: 1000) { nodes { id } } }')
    const issue = { path: 'first', expected: 'a whole number from 0 to 100', received: '1000' }
    expect(answer).toMatchObject({
      data: null,
      errors: [
        {
          message: 'first: expected a whole number from 0 to 100, got 1000',
          path: ['events'],
          extensions: { code: 'INVALID_INPUT', ...issue, issues: [issue] },
        },
      ],
    })
  })

  test('variables that do not fit are the fault of the caller and give no hint at what would', async () => {
    const api = await startApi()
    const answer = await run(api.port, 'query ($first: Int!) { events(first: $first) { nodes { id } } }')
    expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
    const { json } = await post(api.port, 'query ($f: EventFilter) { events(filter: $f) { nodes { id } } }', {
      f: { status: ['SUCCES'] },
    })
    expect(json.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }])
    expect(JSON.stringify(json)).not.toContain('Did you mean')
  })
})

const subscriptions: readonly [string, (port: number, query: string) => Promise<() => Promise<GraphQLAnswer>>][] = [
  [
    'server-sent events',
    async (port, query) => {
      const stream = await openStream(port, query)
      return async () => (await stream.next()) ?? {}
    },
  ],
  [
    'WebSocket',
    async (port, query) => {
      const socket = await connect(port)
      socket.subscribe('1', query)
      return async () => {
        const { type, payload } = await socket.next()
        // An error that ends the operation comes as a bare list.
        return type === 'error' ? { errors: [...(payload ?? [])] } : (payload ?? {})
      }
    },
  ],
]

describe.each(subscriptions)('a subscription over %s', (_name, subscribe) => {
  test('hides a fault in a field and goes on', async () => {
    let broken = false
    const api = await startApi({
      store: (store) => ({ getProgram: (id) => (broken ? throwSecret() : store.getProgram(id)) }),
    })
    const event = await openEvent(api)
    const next = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}") { rev workflow { name } } }`)
    expect(await next()).toEqual({ data: { eventStatus: { rev: 1, workflow: null } } })
    broken = true
    api.hub.notify({ kind: 'Event', event: { ...event, rev: 2 } })
    const failed = await next()
    expect(failed).toMatchObject({
      data: { eventStatus: { rev: 2, workflow: null } },
      errors: [{ message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
    })
    expect(JSON.stringify(failed)).not.toContain('hunter2')
    broken = false
    api.hub.notify({ kind: 'Event', event: { ...event, rev: 3 } })
    expect(await next()).toEqual({ data: { eventStatus: { rev: 3, workflow: null } } })
    expect(api.log.filter((line) => JSON.stringify(line).includes('hunter2'))).toHaveLength(1)
  })

  test('hides a fault of its source, and ends', async () => {
    let broken = false
    const api = await startApi({
      store: (store) => ({ readLogs: (...args) => (broken ? throwSecret() : store.readLogs(...args)) }),
    })
    const event = await openEvent(api)
    const next = await subscribe(api.port, `subscription { eventStream(id: "${event.id}") { __typename } }`)
    expect(await next()).toEqual({ data: { eventStream: { __typename: 'EventStatusChange' } } })
    broken = true
    api.hub.notify({ kind: 'Logs', eventId: event.id })
    const failed = await next()
    expect(failed.errors).toMatchObject([
      { message: 'Unexpected error.', extensions: { code: 'INTERNAL_SERVER_ERROR', faultId: expect.any(String) } },
    ])
    expect(JSON.stringify(failed)).not.toContain('hunter2')
    expect(api.hub.watchers()).toBe(0)
    expect(api.log.filter((line) => JSON.stringify(line).includes('hunter2'))).toHaveLength(1)
  })

  test.each([
    ['the id of no event', () => newId('evt'), 'NOT_FOUND', 'the id of an event'],
    ['an id of another type', () => newId('wfl'), 'INVALID_INPUT', 'an id that begins with evt_'],
  ])('says what is wrong with %s', async (_what, id, code, expected) => {
    const api = await startApi()
    const next = await subscribe(api.port, `subscription { eventStatus(id: "${id()}") { id } }`)
    expect((await next()).errors).toMatchObject([{ extensions: { code, path: 'id', expected } }])
    expect(api.hub.watchers()).toBe(0)
  })

  test('of events of a workflow that nobody saved says so, instead of staying silent for ever', async () => {
    const api = await startApi()
    const next = await subscribe(api.port, 'subscription { eventChanges(filter: { workflow: "nobody" }) { id } }')
    expect((await next()).errors).toMatchObject([{ extensions: { code: 'NOT_FOUND', path: 'filter.workflow' } }])
  })

  test('a cursor that no stream gave is refused', async () => {
    const api = await startApi()
    const event = await openEvent(api)
    const next = await subscribe(api.port, `subscription { eventStream(id: "${event.id}", after: "x") { __typename } }`)
    expect((await next()).errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', path: 'after' } }])
  })

  test('is told when the server goes away', async () => {
    const api = await startApi()
    const event = await openEvent(api)
    const next = await subscribe(api.port, `subscription { eventStatus(id: "${event.id}") { rev } }`)
    await next()
    api.hub.close('The server is shutting down')
    expect((await next()).errors).toMatchObject([
      { message: 'The server is shutting down', extensions: { code: 'GOING_AWAY', retryable: true } },
    ])
  })
})

describe('answers to requests that are no good', () => {
  const postBody = (port: number, body: string) =>
    ask(port, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

  test.each(['', '{"query":', 'null', '7', '"{ __typename }"', '[{"query":"{ __typename }"}]'])(
    'the body %j is answered with 400 and a message',
    async (body) => {
      const api = await startApi()
      const answer = await postBody(api.port, body)
      expect(answer.status).toBe(400)
      expect(answer.json.errors).toMatchObject([
        { message: expect.any(String), extensions: { code: expect.any(String) } },
      ])
      expect(answer.text).not.toMatch(/\bat \w+|node_modules/)
      expect(api.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
    },
  )

  test.each(['variables=%7Bx', 'extensions=x'])('GET with malformed %s is answered with 400', async (parameter) => {
    const api = await startApi()
    const answer = await ask(api.port, { path: `/graphql?query=%7B__typename%7D&${parameter}` })
    expect(answer.status).toBe(400)
    expect(answer.json.errors).toMatchObject([{ message: expect.stringContaining('must be JSON') }])
    expect(api.log.filter(({ level }) => Number(level) >= 40)).toEqual([])
  })

  test.each([
    ['{ evnts { nodes { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ events(frist: 1) { nodes { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ events { nodes { id }', 'GRAPHQL_PARSE_FAILED'],
  ])('%s is refused without a hint at what would be right', async (query, code) => {
    const api = await startApi()
    const { json } = await postBody(api.port, JSON.stringify({ query }))
    expect(json.errors).toMatchObject([{ extensions: { code } }])
    expect(JSON.stringify(json)).not.toContain('Did you mean')
  })

  test('of many mistakes in a document the first twenty are told', async () => {
    const api = await startApi()
    const fields = Array.from({ length: 100 }, (_, i) => `f${i}`).join(' ')
    const { json } = await postBody(api.port, JSON.stringify({ query: `{ events { ${fields} } }` }))
    expect(json.errors).toHaveLength(21)
  })
})
