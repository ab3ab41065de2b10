import { getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import type { GraphQLAnswer } from './api-harness.ts'
import { ask, connect, openStream, post, startApi } from './api-harness.ts'

const nested = (depth: number) => `{ ${'a { '.repeat(depth - 1)} a ${'} '.repeat(depth - 1)} }`
const deep = `{ events { nodes { ${'rerunOf { '.repeat(14)} id ${'} '.repeat(14)} } } }`
const aliases = (count: number) =>
  `{ events { ${Array.from({ length: count }, (_, i) => `a${i}: nodes { id }`).join(' ')} } }`
const roots = (count: number) =>
  `mutation { ${Array.from({ length: count }, (_, i) => `a${i}: createEvent(input: { type: "a" }) { __typename }`).join(' ')} }`
const tooCostly = '{ events(first: 100) { nodes { logs(first: 100) { nodes { message level at } } } } }'

const refused: readonly [string, string, RegExp][] = [
  ['nesting', deep, /nested 17 deep/],
  ['aliases', aliases(51), /51 aliases/],
  ['root fields', roots(21), /21 root fields/],
  [
    'root fields hidden in fragments',
    `query { ...f ...g } fragment f on Query { ${'__typename '.repeat(11)} } fragment g on Query { ...f }`,
    /22 root fields/,
  ],
  ['tokens', `{ ${'__typename '.repeat(2000)} }`, /more than 2000 tokens/],
  ['tokens, nested so deep that a parser might run out of stack', nested(100_000), /more than 2000 tokens/],
  ['cost', tooCostly, /costs \d+, at most 20000/],
]

/** Each transport gives the errors it answers with, and over HTTP the status. */
const transports: readonly [string, (port: number, query: string) => Promise<GraphQLAnswer & { status?: number }>][] = [
  [
    'HTTP',
    async (port, query) => {
      const { json, status } = await post(port, query, {}, { accept: 'application/json' })
      return { ...json, status }
    },
  ],
  [
    'server-sent events',
    async (port, query) => {
      const stream = await openStream(port, query)
      return { ...(await stream.next()), status: stream.status }
    },
  ],
  [
    'WebSocket',
    async (port, query) => {
      const socket = await connect(port)
      socket.subscribe('1', query)
      const { type, payload } = await socket.next()
      const first = type === 'error' ? { errors: [...(payload ?? [])] } : (payload ?? {})
      // The socket is still good for other operations.
      socket.subscribe('2', '{ __typename }')
      for (;;) {
        const message = await socket.next()
        if (message.id === '2' && message.type === 'next') break
      }
      return first
    },
  ],
]

describe.each(transports)('over %s', (_transport, run) => {
  test.each(refused)('too much %s is refused', async (_what, query, message) => {
    const api = await startApi()
    const answer = await run(api.port, query)
    expect(answer.errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code: 'LIMIT_EXCEEDED' } },
    ])
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'LIMIT_EXCEEDED' })
    if (answer.status !== undefined) expect(answer.status).toBe(400)
    expect(await api.store.listEvents({}, { limit: 1 })).toEqual([])

    // Caches of parsed and validated documents must not forget it.
    expect((await run(api.port, query)).errors).toEqual(answer.errors)
  })

  test('what keeps within the limits is served', async () => {
    const api = await startApi()
    expect((await run(api.port, aliases(50))).errors).toBeUndefined()
    expect((await run(api.port, roots(20))).errors).toBeUndefined()
    const everything = `{ events(first: 100) { nodes { id type status isFinal rev workflow { id name } version { hash }
      input data error { code name message stack codeFrame line column retryable }
      attempts { number startedAt finishedAt outcome receipt { queueMs wallMs cpuMs heapBytes logLines } }
      logs(first: 30) { nodes { level message at } } limits { timeoutMs memoryMb } runAt createdAt } } }`
    expect((await run(api.port, everything)).errors).toBeUndefined()
  })

  test('a fragment that contains itself is refused and does no harm', async () => {
    const api = await startApi()
    const query = '{ ...f } fragment f on Query { ...g } fragment g on Query { ...f node(id: "1") { id } }'
    expect((await run(api.port, query)).errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
  })

  test('fragments that double with each step cost nothing to refuse', async () => {
    const api = await startApi()
    const steps = Array.from(
      { length: 60 },
      (_, i) => `fragment f${i} on Event { rerunOf { ...f${i + 1} } ...f${i + 1} }`,
    )
    const started = performance.now()
    const { errors } = await run(
      api.port,
      `{ events { nodes { ...f0 } } } ${steps.join(' ')} fragment f60 on Event { id }`,
    )
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }])
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('code of a megabyte written into the document is one token', async () => {
    const api = await startApi()
    const code = 'x '.repeat(490_000)
    const query = `mutation { executeWorkflow(input: { code: "${code}" }) { __typename } }`
    expect(await run(api.port, query)).toMatchObject({
      data: { executeWorkflow: { __typename: 'ExecuteWorkflowPayload' } },
    })
  })

  test('introspection answers GraphiQL and codegen, unless it is switched off', async () => {
    const open = await startApi()
    const full = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, oneOf: true })
    expect((await run(open.port, full)).errors).toBeUndefined()

    const shut = await startApi({ introspection: false })
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Event") { name } }', full]) {
      const { data, errors } = await run(shut.port, query)
      expect(data ?? null).toBeNull()
      expect(errors?.[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' })
    }
    expect((await run(shut.port, '{ __typename }')).errors).toBeUndefined()
  })
})

describe('a subscription that would cost too much', () => {
  // Of each change, all of its logs twice over, a hundred times.
  const logs = (i: number) =>
    `l${i}: logs(first: 100) { nodes { message level at seq attempt } edges { node { message level } } }`
  const query = `subscription { eventChanges { ${Array.from({ length: 30 }, (_, i) => logs(i)).join(' ')} } }`

  test.each(transports.slice(1))('over %s does not begin', async (_transport, run) => {
    const api = await startApi()
    const { errors } = await run(api.port, query)
    expect(errors).toMatchObject([{ message: expect.stringMatching(/costs/), extensions: { code: 'LIMIT_EXCEEDED' } }])
    expect(api.hub.watchers()).toBe(0)
  })
})

describe('bodies', () => {
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ query: '{ __typename }' })

  test('code and input of a megabyte each pass together', async () => {
    const api = await startApi()
    const code = '"\n'.repeat(499_000)
    const input = { text: '"'.repeat(490_000) }
    const query = 'mutation ($input: ExecuteWorkflowInput!) { executeWorkflow(input: $input) { __typename } }'
    const { json: answer } = await post(api.port, query, { input: { code, input } })
    expect(answer).toEqual({ data: { executeWorkflow: { __typename: 'ExecuteWorkflowPayload' } } })
  })

  test('a body that is too long is refused before it is read', async () => {
    const api = await startApi({ maxBodyBytes: 1000 })
    const long = JSON.stringify({ query: `{ __typename } #${'x'.repeat(1000)}` })
    const answer = await ask(api.port, { method: 'POST', headers: json, body: long })
    expect(answer.status).toBe(413)
    expect(answer.json.errors).toMatchObject([
      { message: expect.stringContaining('at most 1000 bytes'), extensions: { code: 'BODY_TOO_LARGE' } },
    ])
    // Announced, but never sent: the refusal does not wait for it.
    const announced = await ask(api.port, {
      method: 'POST',
      headers: { ...json, 'content-length': '1000000000' },
      body: '',
    })
    expect(announced.status).toBe(413)
  })

  test('a body without a length is refused', async () => {
    const api = await startApi()
    const answer = await ask(api.port, { method: 'POST', headers: { ...json, 'transfer-encoding': 'chunked' }, body })
    expect(answer.status).toBe(411)
    expect(answer.json.errors).toMatchObject([{ extensions: { code: 'LENGTH_REQUIRED' } }])
  })

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'text/plain;charset=UTF-8, application/json',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/json; charset=utf-16',
    'application/jsonp',
    undefined,
  ])('a body of type %s never executes', async (type) => {
    const api = await startApi()
    const mutation = 'mutation { createEvent(input: { type: "a" }) { __typename } }'
    const bodies = [
      JSON.stringify({ query: mutation }),
      new URLSearchParams({ query: mutation }).toString(),
      mutation,
      `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: mutation })}\r\n--x--\r\n`,
    ]
    for (const sent of bodies) {
      const answer = await ask(api.port, { method: 'POST', headers: type ? { 'content-type': type } : {}, body: sent })
      expect(answer.status).toBe(415)
      expect(answer.json.errors).toMatchObject([{ extensions: { code: 'UNSUPPORTED_MEDIA_TYPE' } }])
    }
    expect(await api.store.listEvents({}, { limit: 1 })).toEqual([])
  })

  test('a compressed body is refused with a reason', async () => {
    const api = await startApi()
    const answer = await ask(api.port, { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body })
    expect(answer.status).toBe(415)
  })

  test('a message on a WebSocket is as long as a body may be, and not longer', async () => {
    const api = await startApi({ maxBodyBytes: 10_000 })
    const socket = await connect(api.port)
    socket.subscribe('1', `{ __typename } #${'x'.repeat(9000)}`)
    expect(await socket.next()).toMatchObject({ type: 'next' })
    socket.subscribe('2', `{ __typename } #${'x'.repeat(10_000)}`)
    expect(await socket.closed).toMatchObject({ code: 1009 })
  })
})
