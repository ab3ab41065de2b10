import { describe, expect, test } from 'vitest'
import type { TestApi } from './api-harness.ts'
import { post, startApi } from './api-harness.ts'
import { eventually } from './harness.ts'

async function query(api: TestApi, document: string, variables: Record<string, unknown> = {}) {
  const { json } = await post(api.port, document, variables)
  expect(json.errors).toBeUndefined()
  return json.data
}

async function failure(api: TestApi, document: string, variables: Record<string, unknown> = {}) {
  const { json } = await post(api.port, document, variables)
  const [error, ...others] = json.errors ?? []
  expect(others).toEqual([])
  return error
}

const create = `mutation ($input: CreateEventInput!) {
  createEvent(input: $input) {
    __typename
    ... on CreateEventPayload { event { id status data input runAt workflow { id name } } }
    ... on UserError { code message path expected received }
    ... on InvalidInputError { issues { path message expected received } }
  }
}`

const saveIssues = `mutation ($input: SaveWorkflowInput!) {
  saveWorkflow(input: $input) { ... on InvalidInputError { issues { path expected received } } }
}`

const save = `mutation ($input: SaveWorkflowInput!) {
  saveWorkflow(input: $input) {
    __typename
    ... on SaveWorkflowPayload { workflow { id name version { hash } } }
    ... on UserError { code message path }
    ... on InvalidCodeError { line column codeFrame }
  }
}`

async function createEvent(api: TestApi, input: Record<string, unknown>): Promise<string> {
  const data = await query(api, create, { input })
  expect(data).toMatchObject({ createEvent: { __typename: 'CreateEventPayload' } })
  const [event] = await api.store.listEvents({}, { limit: 1 })
  return event?.id ?? ''
}

async function saveWorkflow(api: TestApi, name: string, code = 'instant'): Promise<string> {
  await query(api, save, { input: { name, code } })
  return (await api.store.findProgram('workflow', name))?.id ?? ''
}

describe('mistakes of the caller are members of the union', () => {
  test('a wrong input names every place, what was expected and what came', async () => {
    const api = await startApi()
    const data = await query(api, create, { input: { type: 'with blank', waitMs: -1 } })
    expect(data).toMatchObject({
      createEvent: {
        __typename: 'InvalidInputError',
        code: 'INVALID_INPUT',
        path: 'input.type',
        received: '"with blank"',
        issues: [
          { path: 'input.type', message: expect.stringContaining('input.type: expected letters, digits') },
          { path: 'input.waitMs', expected: 'a whole number from 0 to 30000', received: '-1' },
        ],
      },
    })
  })

  test.each([
    ['idempotencyKey', 'k\ud800', '\\ud800, as character 2'],
    ['idempotencyKey', '\udc00k', '\\udc00, as character 1'],
    ['workflow', '🦊\ud83e', '\\ud83e, as character 3'],
    ['type', '\ud83e', '\\ud83e, as character 1'],
  ])('a text in %s that no store could keep as it is is refused', async (field, value, half) => {
    const api = await startApi()
    const received = `half a surrogate pair, ${half}`
    expect(await query(api, create, { input: { type: 'a', [field]: value } })).toMatchObject({
      createEvent: {
        __typename: 'InvalidInputError',
        issues: [{ path: `input.${field}`, expected: 'valid Unicode', received }],
      },
    })
  })

  test('so is such a text in code, in a description and in a filter, while whole pairs are welcome', async () => {
    const api = await startApi()
    const received = 'half a surrogate pair, \\ud800, as character 3'
    const issue = (path: string) => ({ path, expected: 'valid Unicode', received })
    const ask = (input: Record<string, unknown>) => query(api, saveIssues, { input })
    expect(await ask({ name: 'flow', code: `//\ud800${'x'.repeat(100)}` })).toEqual({
      saveWorkflow: { issues: [issue('input.code')] },
    })
    expect(await ask({ name: 'flow', code: 'x', description: 'a \ud800 b' })).toEqual({
      saveWorkflow: { issues: [issue('input.description')] },
    })
    const list = 'query ($key: String) { events(filter: { idempotencyKey: $key }) { nodes { idempotencyKey } } }'
    const refusal = await failure(api, list, { key: '🦊\ud800' })
    expect(refusal?.extensions).toMatchObject({ code: 'INVALID_INPUT', issues: [issue('filter.idempotencyKey')] })
    await createEvent(api, { type: 'a', idempotencyKey: '🦊' })
    expect(await query(api, list, { key: '🦊' })).toEqual({ events: { nodes: [{ idempotencyKey: '🦊' }] } })
    expect(await ask({ name: 'flow', code: '// 🦊', description: '🦊' })).toEqual({ saveWorkflow: {} })
  })

  test('what is not there is a NotFoundError', async () => {
    const api = await startApi()
    expect(await query(api, create, { input: { type: 'a', workflow: 'nobody' } })).toMatchObject({
      createEvent: { __typename: 'NotFoundError', code: 'NOT_FOUND', path: 'input.workflow', received: '"nobody"' },
    })
  })

  test('code that cannot run is an InvalidCodeError with its place', async () => {
    const api = await startApi()
    expect(await query(api, save, { input: { name: 'a', code: 'broken' } })).toEqual({
      saveWorkflow: {
        __typename: 'InvalidCodeError',
        code: 'INVALID_CODE',
        message: 'Unexpected identifier',
        path: 'input.code',
        line: 1,
        column: 3,
        codeFrame: '> 1 | broken',
      },
    })
  })

  test.each([
    ['type', { type: 'a' }, { type: 'b' }],
    ['half of a pair in its input', { type: 'a', input: ['\ud800'] }, { type: 'a', input: ['\ud801'] }],
  ])('a key that belongs to a request with another %s is a ConflictError', async (_what, first, second) => {
    const api = await startApi()
    const id = await createEvent(api, { ...first, idempotencyKey: 'k' })
    expect(await createEvent(api, { ...first, idempotencyKey: 'k' })).toBe(id)
    expect(await query(api, create, { input: { ...second, idempotencyKey: 'k' } })).toMatchObject({
      createEvent: { __typename: 'ConflictError', code: 'CONFLICT', path: 'input.idempotencyKey' },
    })
  })
})

describe('ids and lists', () => {
  test('every object is found by its id, and its type is known', async () => {
    const api = await startApi()
    const workflow = await saveWorkflow(api, 'flow')
    const event = await createEvent(api, { type: 'a' })
    await query(api, `mutation { saveFunction(input: { name: "job", code: "instant" }) { __typename } }`)
    const fun = (await api.store.findProgram('function', 'job'))?.id
    const gone = event.replace(/.{4}$/, '0000')
    expect(
      await query(
        api,
        `query ($ids: [ID!]!, $id: ID!) { node(id: $id) { __typename id } nodes(ids: $ids) { __typename } }`,
        {
          id: event,
          ids: [workflow, gone, fun, event, event],
        },
      ),
    ).toEqual({
      node: { __typename: 'Event', id: event },
      nodes: [
        { __typename: 'Workflow' },
        null,
        { __typename: 'Function' },
        { __typename: 'Event' },
        { __typename: 'Event' },
      ],
    })
  })

  test.each([
    ['{ event(id: "wfl_01") { id } }', 'id', 'an id that begins with evt_', '"wfl_01"'],
    ['{ workflow(id: "evt_01") { id } }', 'id', 'an id that begins with wfl_', '"evt_01"'],
    ['{ function(id: "x") { id } }', 'id', 'an id that begins with fun_', '"x"'],
    ['{ node(id: "1") { id } }', 'id', 'an id that begins with evt_, wfl_ or fun_', '"1"'],
    ['{ nodes(ids: ["1"]) { id } }', 'ids.0', 'an id that begins with evt_, wfl_ or fun_', '"1"'],
    ['{ events(first: 101) { nodes { id } } }', 'first', 'a whole number from 0 to 100', '101'],
    ['{ events(first: -1) { nodes { id } } }', 'first', 'a whole number from 0 to 100', '-1'],
    ['{ events(after: "x") { nodes { id } } }', 'after', 'a cursor that this list gave', '"x"'],
    ['{ workflow { id } }', 'id', 'exactly one of id and name', 'neither'],
    [
      '{ workflow(id: "wfl_01890000-0000-7000-8000-000000000000", name: "a") { id } }',
      'id',
      'exactly one of id and name',
      'both',
    ],
  ])('%s says what is wrong with it', async (document, path, expected, received) => {
    const error = await failure(await startApi(), document)
    expect(error?.extensions).toMatchObject({ code: 'INVALID_INPUT', path, expected, received })
    expect(error?.message).toBe(`${path}: expected ${expected}, got ${received}`)
    expect(error?.extensions?.['issues']).toEqual([{ path, expected, received }])
  })

  test('a list is read to its end by its cursors, newest first', async () => {
    const api = await startApi()
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.unshift(await createEvent(api, { type: `t${i}` }))
    const list = `query ($after: String) { events(first: 2, after: $after) {
      edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
    const first = await query(api, list)
    expect(first).toMatchObject({
      events: {
        nodes: [{ id: ids[0] }, { id: ids[1] }],
        edges: [
          { cursor: ids[0], node: { id: ids[0] } },
          { cursor: ids[1], node: { id: ids[1] } },
        ],
        pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: ids[0], endCursor: ids[1] },
      },
    })
    expect(await query(api, list, { after: ids[3] })).toMatchObject({
      events: { nodes: [{ id: ids[4] }], pageInfo: { hasNextPage: false, hasPreviousPage: true } },
    })
    expect(await query(api, '{ events(first: 0) { nodes { id } pageInfo { hasNextPage endCursor } } }')).toEqual({
      events: { nodes: [], pageInfo: { hasNextPage: true, endCursor: null } },
    })
  })

  test('events are narrowed by name or id; a name that nobody has matches nothing', async () => {
    const api = await startApi()
    const workflow = await saveWorkflow(api, 'flow')
    const running = await createEvent(api, { type: 'a', workflow: 'flow' })
    await createEvent(api, { type: 'b', idempotencyKey: 'k' })
    const list = `query ($filter: EventFilter) { events(filter: $filter) { nodes { id type } } }`
    const types = async (filter: Record<string, unknown>) => {
      const data = await query(api, list, { filter })
      return JSON.stringify(data?.['events'])
    }
    const onlyRunning = JSON.stringify({ nodes: [{ id: running, type: 'a' }] })
    expect(await types({ workflow: 'flow' })).toBe(onlyRunning)
    expect(await types({ workflow })).toBe(onlyRunning)
    expect(await types({ workflow: 'nobody' })).toBe('{"nodes":[]}')
    expect(await types({ execution: 'nobody' })).toBe('{"nodes":[]}')
    expect(await types({ status: [] })).toBe('{"nodes":[]}')
    expect(await types({ type: 'b', idempotencyKey: 'k', status: ['SUCCESS'] })).toContain('"type":"b"')
    expect(JSON.parse(await types({ workflow: null, status: null })).nodes).toHaveLength(2)
  })

  test('versions of a workflow, the one saved last first, by cursor', async () => {
    const api = await startApi()
    for (const code of ['one', 'two', 'three']) await saveWorkflow(api, 'flow', code)
    const list = `query ($after: String) { workflow(name: "flow") { version { code }
      versions(first: 2, after: $after) { nodes { code language } pageInfo { endCursor hasNextPage } } } }`
    const first = await query(api, list)
    expect(first).toMatchObject({
      workflow: {
        version: { code: 'three' },
        versions: {
          nodes: [{ code: 'three', language: 'TYPESCRIPT' }, { code: 'two' }],
          pageInfo: { hasNextPage: true },
        },
      },
    })
    const after = JSON.stringify(first).match(/"endCursor":"(\w+)"/)?.[1]
    expect(await query(api, list, { after })).toMatchObject({
      workflow: { versions: { nodes: [{ code: 'one' }], pageInfo: { hasNextPage: false } } },
    })
    const error = await failure(api, list, { after: 'nonsense' })
    expect(error?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: 'after' })
  })

  test('a log is read to its end by its cursors', async () => {
    const api = await startApi()
    const id = await createEvent(api, { type: 'a' })
    const line = (attempt: number, seq: number) =>
      ({ eventId: id, attempt, seq, at: 0, level: 'info', message: `${attempt}-${seq}` }) as const
    await api.store.appendLogs([line(1, 1), line(1, 2), line(2, 1)])
    const logs = `query ($id: ID!, $after: String) { event(id: $id) { logs(first: 2, after: $after) {
      nodes { message level at } pageInfo { endCursor hasNextPage } } } }`
    expect(await query(api, logs, { id })).toEqual({
      event: {
        logs: {
          nodes: [
            { message: '1-1', level: 'INFO', at: '1970-01-01T00:00:00.000Z' },
            { message: '1-2', level: 'INFO', at: '1970-01-01T00:00:00.000Z' },
          ],
          pageInfo: { endCursor: '1.2', hasNextPage: true },
        },
      },
    })
    expect(await query(api, logs, { id, after: '1.2' })).toMatchObject({
      event: { logs: { nodes: [{ message: '2-1' }], pageInfo: { hasNextPage: false } } },
    })
    expect((await failure(api, logs, { id, after: '1' }))?.extensions).toMatchObject({ path: 'after' })
  })

  test('a list of events looks up each of their workflows, versions and origins once', async () => {
    const calls: string[] = []
    const api = await startApi({
      store: (store) => ({
        getProgram: (id) => (calls.push(`program ${id}`), store.getProgram(id)),
        getVersion: (hash) => (calls.push(`version ${hash}`), store.getVersion(hash)),
        getEvents: (ids) => (calls.push(`events ${ids.length}`), store.getEvents(ids)),
      }),
    })
    const workflow = await saveWorkflow(api, 'flow')
    const rerun = `mutation ($id: ID!) { rerunEvent(input: { id: $id }) { __typename } }`
    for (let i = 0; i < 10; i++) {
      const id = await createEvent(api, { type: 'a', workflow: 'flow' })
      await eventually(async () => ((await api.store.getEvent(id))?.status === 'Success' ? true : undefined))
      await query(api, rerun, { id })
    }
    calls.length = 0
    await query(
      api,
      '{ events(first: 100) { nodes { workflow { name version { hash } } version { hash } rerunOf { id } } } }',
    )
    expect(calls.filter((call) => call.startsWith('program'))).toEqual([`program ${workflow}`])
    expect(calls.filter((call) => call.startsWith('version')).length).toBeLessThanOrEqual(2)
    expect(calls.filter((call) => call.startsWith('events'))).toEqual(['events 10'])
  })
})

describe('values', () => {
  test('a time comes as UTC with milliseconds and may be sent with any zone', async () => {
    const api = await startApi()
    await saveWorkflow(api, 'flow')
    const input = { type: 'a', workflow: 'flow', runAt: '2999-01-31T12:00:00+02:00' }
    expect(await query(api, create, { input })).toMatchObject({
      createEvent: { event: { runAt: '2999-01-31T10:00:00.000Z', status: 'PENDING' } },
    })
  })

  test.each(['tomorrow', '2026-02-30T00:00:00Z', '2026-01-31', '2026-01-31T12:00:00', 7])(
    '%j is no time',
    async (runAt) => {
      const error = await failure(await startApi(), create, { input: { type: 'a', runAt } })
      expect(error?.message).toContain('expected a time in UTC like')
      expect(error?.extensions?.['code']).toBe('INVALID_INPUT')
    },
  )

  test('JSON goes in and out unchanged, from variables and from the document', async () => {
    const api = await startApi()
    await saveWorkflow(api, 'flow')
    const value = { text: 'ü', list: [1, -2.5, true, null, { deep: {} }], ['__proto__']: 1, none: null }
    const input = { type: 'a', workflow: 'flow', input: value, waitMs: 5000 }
    const sent = await query(api, create, { input })
    expect(sent).toMatchObject({ createEvent: { event: { status: 'SUCCESS' } } })
    expect(JSON.stringify(sent)).toContain(`"data":${JSON.stringify(value)}`)

    // JSON has a way to write half of a surrogate pair.
    const halves = { text: '\ud800', ['\udc00']: ['a\udfffb'] }
    const kept = await query(api, create, { input: { ...input, input: halves } })
    expect(kept).toMatchObject({ createEvent: { event: { input: halves, data: halves } } })

    const literal = `mutation ($n: JSON) { createEvent(input: { type: "a", workflow: "flow", waitMs: 5000,
      input: { text: "ü", list: [1, -2.5, true, null, { deep: {} }], __proto__: 1, none: null, n: $n, left: $left } }) {
      ... on CreateEventPayload { event { data } } } }`
    const written = await query(api, literal.replace('$n: JSON', '$n: JSON, $left: JSON'), { n: [7] })
    expect(JSON.stringify(written)).toContain(`"data":${JSON.stringify({ ...value, n: [7] })}`)
  })
})

test('the answer to a mutation that waits comes when the event is final, and the wait ends with the client', async () => {
  const api = await startApi()
  await saveWorkflow(api, 'flow', 'held')
  // Each run has a watcher of its own, which listens for its cancellation.
  const watchers = (count: number) => eventually(() => (api.hub.watchers() === count ? true : undefined))
  const leaving = new AbortController()
  const body = JSON.stringify({ query: create, variables: { input: { type: 'a', workflow: 'flow', waitMs: 30_000 } } })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const left = fetch(api.url, { ...init, signal: leaving.signal }).catch((error: unknown) => error)
  await watchers(2)
  leaving.abort()
  await left
  await watchers(1)

  const waiting = fetch(api.url, init)
  await watchers(3)
  api.release({ done: true })
  expect(await (await waiting).text()).toContain('"data":{"done":true}')
  await watchers(0)
})
