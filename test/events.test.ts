import { describe, expect, test } from 'vitest'
import type { EventFieldsFragment } from '../src/gen/graphql.ts'
import { eventually, inParallel, request, send, startTestApp } from './harness.ts'
import {
  CancelEvent,
  CreateEvent,
  DeleteWorkflow,
  ExecuteFunction,
  ExecuteWorkflow,
  GetEvent,
  ListEvents,
  RerunEvent,
  SaveFunction,
  SaveWorkflow,
} from './operations.ts'

const sum = 'export default ({ input }) => ({ sum: input.a + input.b })'
const forever = 'export default () => new Promise(() => { setInterval(() => {}, 1000) })'

/** The event of an answer; anything else fails the test with what came. */
function eventOf(result: { __typename: string } | { event: EventFieldsFragment }): EventFieldsFragment {
  if ('event' in result) return result.event
  throw new Error(`Expected an event, got ${JSON.stringify(result)}`)
}

async function execute(url: string, input: Parameters<typeof request<unknown, { input: object }>>[2]['input']) {
  const { executeWorkflow } = await request(url, ExecuteWorkflow, { input })
  return executeWorkflow
}

async function untilStatus(url: string, id: string, ...statuses: string[]): Promise<EventFieldsFragment> {
  return eventually(async () => {
    const { event } = await request(url, GetEvent, { id })
    return event && statuses.includes(event.status) ? event : undefined
  })
}

describe('executeWorkflow', () => {
  test('runs code sent along and answers with its result, logs and cost', async () => {
    const { url } = await startTestApp()
    const code = "export default ({ input, console }) => { console.log('adding'); return { sum: input.a + input.b } }"
    const event = eventOf(await execute(url, { code, input: { a: 1, b: 2 }, waitMs: 10_000 }))
    expect(event).toMatchObject({
      type: 'workflow.execute',
      status: 'SUCCESS',
      isFinal: true,
      data: { sum: 3 },
      error: null,
      workflow: null,
      limits: { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 },
    })
    expect(event.logs.nodes).toEqual([{ seq: 1, attempt: 1, level: 'INFO', message: 'adding' }])
    expect(event.attempts).toMatchObject([{ number: 1, outcome: 'SUCCESS', receipt: { logLines: 1 } }])
    expect(event.version).toMatchObject({ code, language: 'TYPESCRIPT' })
  })

  test('answers at once without waitMs, and with the event as it stands when the time is up', async () => {
    const { url } = await startTestApp()
    const started = Date.now()
    expect(eventOf(await execute(url, { code: forever })).isFinal).toBe(false)
    const waited = eventOf(await execute(url, { code: forever, waitMs: 100 }))
    expect(['PENDING', 'PROCESSING']).toContain(waited.status)
    expect(Date.now() - started).toBeLessThan(5000)
  })

  test('runs a saved workflow by name and by id', async () => {
    const { url } = await startTestApp()
    const { saveWorkflow } = await request(url, SaveWorkflow, { input: { name: 'sum', code: sum } })
    if (!('workflow' in saveWorkflow)) throw new Error(saveWorkflow.message)
    for (const workflow of ['sum', saveWorkflow.workflow.id]) {
      const event = eventOf(await execute(url, { workflow, input: { a: 2, b: 3 }, waitMs: 10_000 }))
      expect(event).toMatchObject({ status: 'SUCCESS', data: { sum: 5 }, workflow: { name: 'sum' } })
    }
  })

  test('runs on an existing event, with what that event holds', async () => {
    const { url } = await startTestApp()
    const { createEvent } = await request(url, CreateEvent, { input: { type: 'order.placed', input: { a: 4, b: 5 } } })
    const record = eventOf(createEvent)
    const ran = eventOf(await execute(url, { eventId: record.id, code: sum, waitMs: 10_000 }))
    expect(ran).toMatchObject({ id: record.id, type: 'order.placed', status: 'SUCCESS', data: { sum: 9 } })
    const again = eventOf(await execute(url, { eventId: record.id, code: sum, input: { a: 1, b: 1 }, waitMs: 10_000 }))
    expect(again).toMatchObject({ id: record.id, data: { sum: 2 }, input: { a: 1, b: 1 } })
    expect(again.attempts.map((attempt) => attempt.number)).toEqual([1, 2])
  })

  test('is refused on an event that is processing, and on one that does not exist', async () => {
    const { url } = await startTestApp()
    const running = eventOf(await execute(url, { code: forever }))
    await untilStatus(url, running.id, 'PROCESSING')
    expect(await execute(url, { eventId: running.id, code: sum })).toMatchObject({
      __typename: 'ConflictError',
      path: 'input.eventId',
      received: 'an event that is PROCESSING',
    })
    const unknown = 'evt_01936b5e-0000-7000-8000-000000000000'
    expect(await execute(url, { eventId: unknown, code: sum })).toMatchObject({
      __typename: 'NotFoundError',
      path: 'input.eventId',
      received: unknown,
    })
  })

  test('a syntax error answers with its place, and keeps nothing', async () => {
    const { url } = await startTestApp()
    const result = await execute(url, { code: 'export default () => {\n  return 1 +\n}\n', language: 'JAVASCRIPT' })
    expect(result).toMatchObject({ __typename: 'InvalidCodeError', path: 'input.code', line: 3, column: 1 })
    expect('codeFrame' in result && result.codeFrame).toContain('3')
    expect((await request(url, ListEvents, {})).events.nodes).toEqual([])
  })

  test('what the code throws is told with the lines of the code as written', async () => {
    const { url } = await startTestApp()
    const code =
      'interface A { b: string }\n\nexport default ({ input }: { input: A }) => {\n  throw new RangeError("too " + input.b)\n}\n'
    const event = eventOf(await execute(url, { code, input: { b: 'big' }, waitMs: 10_000 }))
    expect(event).toMatchObject({
      status: 'ERROR',
      data: null,
      error: { code: 'USER_ERROR', name: 'RangeError', message: 'too big', line: 4, retryable: true },
    })
    expect(event.error?.stack).toContain('workflow.ts:4')
    expect(event.error?.codeFrame).toContain('throw new RangeError')
  })

  test.each([
    ['a function', 'export default () => ({ f() {} })', 'f'],
    ['a BigInt', 'export default () => ({ n: 10n })', 'n'],
    ['a cycle', 'export default () => { const a = {}; a.a = a; return a }', 'a'],
  ])('a result with %s in it is no result', async (_what, code, path) => {
    const { url } = await startTestApp()
    const event = eventOf(await execute(url, { code, waitMs: 10_000 }))
    expect(event).toMatchObject({ status: 'ERROR', data: null, error: { code: 'BAD_RESULT', retryable: false } })
    expect(event.error?.message).toContain(path)
  })

  test('code that runs too long or takes too much memory is ended, and the next runs', async () => {
    const { url } = await startTestApp()
    const slow = eventOf(
      await execute(url, { code: 'export default () => { for (;;); }', limits: { timeoutMs: 200 }, waitMs: 10_000 }),
    )
    expect(slow).toMatchObject({ status: 'ERROR', error: { code: 'TIMEOUT' }, limits: { timeoutMs: 200 } })
    const hungry = 'export default () => { const a = []; for (;;) a.push(new Array(1e5).fill(a.length)) }'
    const big = eventOf(await execute(url, { code: hungry, limits: { memoryMb: 32 }, waitMs: 10_000 }))
    expect(big).toMatchObject({ status: 'ERROR', error: { code: 'OUT_OF_MEMORY' } })
    expect(eventOf(await execute(url, { code: sum, input: { a: 1, b: 1 }, waitMs: 10_000 })).data).toEqual({ sum: 2 })
  })
})

describe('createEvent', () => {
  test('keeps a plain record, which is done at once', async () => {
    const { url } = await startTestApp()
    const { createEvent } = await request(url, CreateEvent, { input: { type: 'page.viewed', input: { page: '/' } } })
    const event = eventOf(createEvent)
    expect(event).toMatchObject({ status: 'SUCCESS', input: { page: '/' }, attempts: [], version: null, runAt: null })
    expect((await request(url, GetEvent, { id: event.id })).event).toEqual(event)
  })

  test('runs a workflow or a function', async () => {
    const { url } = await startTestApp()
    await request(url, SaveWorkflow, { input: { name: 'sum', code: sum } })
    await request(url, SaveFunction, { input: { name: 'double', code: 'export default ({ input }) => input * 2' } })
    const input = { type: 'x', workflow: 'sum', input: { a: 1, b: 2 }, waitMs: 10_000 }
    expect(eventOf((await request(url, CreateEvent, { input })).createEvent)).toMatchObject({ data: { sum: 3 } })
    const other = { type: 'x', execution: 'double', input: 21, waitMs: 10_000 }
    expect(eventOf((await request(url, CreateEvent, { input: other })).createEvent)).toMatchObject({
      data: 42,
      execution: { name: 'double' },
      workflow: null,
    })
    const { executeFunction } = await request(url, ExecuteFunction, {
      input: { function: 'double', input: 4, waitMs: 10_000 },
    })
    expect(eventOf(executeFunction)).toMatchObject({ type: 'function.execute', data: 8 })
  })

  test('the same request under the same key finds the same event, another one a conflict', async () => {
    const { url } = await startTestApp()
    const input = { type: 'order.placed', input: { a: 1, b: 2 }, idempotencyKey: 'order-1' }
    const ids = await inParallel(
      20,
      20,
      async () => eventOf((await request(url, CreateEvent, { input })).createEvent).id,
    )
    expect(new Set(ids).size).toBe(1)
    const reordered = { ...input, input: { b: 2, a: 1 } }
    expect(eventOf((await request(url, CreateEvent, { input: reordered })).createEvent).id).toBe(ids[0])
    const { createEvent } = await request(url, CreateEvent, { input: { ...input, input: { a: 2 } } })
    expect(createEvent).toMatchObject({ __typename: 'ConflictError', path: 'input.idempotencyKey' })
    expect((await request(url, ListEvents, {})).events.nodes).toHaveLength(1)
  })

  test('is not run before its time', async () => {
    const { url } = await startTestApp()
    await request(url, SaveWorkflow, { input: { name: 'sum', code: sum } })
    const runAt = new Date(Date.now() + 600).toISOString()
    const event = eventOf(
      (await request(url, CreateEvent, { input: { type: 'x', workflow: 'sum', input: { a: 1, b: 1 }, runAt } }))
        .createEvent,
    )
    expect(event).toMatchObject({ status: 'PENDING', runAt })
    const done = await untilStatus(url, event.id, 'SUCCESS')
    expect(Date.parse(done.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(runAt))
  })

  test('a time in the past means at once', async () => {
    const { url } = await startTestApp()
    const runAt = '2001-01-01T00:00:00.000Z'
    const event = eventOf(await execute(url, { code: sum, input: { a: 1, b: 1 }, runAt, waitMs: 10_000 }))
    expect(event.status).toBe('SUCCESS')
  })
})

describe('retries', () => {
  test('a failing event is tried again until it succeeds', async () => {
    const { url } = await startTestApp()
    const code = "export default ({ attempt }) => { if (attempt < 3) throw new Error('not yet'); return attempt }"
    const event = eventOf(await execute(url, { code, limits: { maxAttempts: 5 }, waitMs: 20_000 }))
    expect(event).toMatchObject({ status: 'SUCCESS', data: 3, error: null })
    expect(event.attempts.map((attempt) => attempt.outcome)).toEqual(['USER_ERROR', 'USER_ERROR', 'SUCCESS'])
  })

  test('an error that says so is not tried again', async () => {
    const { url } = await startTestApp()
    const code = "export default () => { throw Object.assign(new Error('never'), { retryable: false }) }"
    const event = eventOf(await execute(url, { code, limits: { maxAttempts: 5 }, waitMs: 10_000 }))
    expect(event).toMatchObject({ status: 'ERROR', error: { retryable: false }, attempts: [{ number: 1 }] })
  })
})

describe('cancelEvent', () => {
  test('stops code that is running and frees its runner at once', async () => {
    const { url } = await startTestApp({ RUNNERS: '1' })
    const running = eventOf(await execute(url, { code: forever, limits: { timeoutMs: 60_000 } }))
    await untilStatus(url, running.id, 'PROCESSING')
    const { cancelEvent } = await request(url, CancelEvent, { id: running.id })
    expect(eventOf(cancelEvent)).toMatchObject({ status: 'CANCELED', attempts: [{ outcome: 'CANCELED' }] })
    const next = eventOf(await execute(url, { code: sum, input: { a: 1, b: 1 }, waitMs: 5000 }))
    expect(next.status).toBe('SUCCESS')
    expect((await request(url, GetEvent, { id: running.id })).event).toMatchObject({ status: 'CANCELED', data: null })
  })

  test('ends a pending event, changes nothing the second time, and is refused for other final ones', async () => {
    const { url } = await startTestApp()
    const runAt = new Date(Date.now() + 3_600_000).toISOString()
    const later = eventOf(await execute(url, { code: sum, runAt }))
    const first = eventOf((await request(url, CancelEvent, { id: later.id })).cancelEvent)
    const second = eventOf((await request(url, CancelEvent, { id: later.id })).cancelEvent)
    expect(first).toMatchObject({ status: 'CANCELED', attempts: [] })
    expect(second).toEqual(first)
    for (const code of [sum, 'export default () => { throw new Error() }']) {
      const done = eventOf(await execute(url, { code, input: { a: 1, b: 1 }, waitMs: 10_000 }))
      expect((await request(url, CancelEvent, { id: done.id })).cancelEvent).toMatchObject({
        __typename: 'ConflictError',
        received: `an event that is ${done.status}`,
      })
    }
  })
})

describe('rerunEvent', () => {
  test('runs a final event again as a new one, with the pinned or the latest version', async () => {
    const { url } = await startTestApp()
    const save = (code: string) => request(url, SaveWorkflow, { input: { name: 'v', code } })
    await save('export default () => 1')
    const old = eventOf(await execute(url, { workflow: 'v', waitMs: 10_000 }))
    await save('export default () => 2')
    const rerun = async (version?: 'PINNED' | 'LATEST') =>
      eventOf(
        (await request(url, RerunEvent, { input: { id: old.id, ...(version && { version }), waitMs: 10_000 } }))
          .rerunEvent,
      )
    expect(await rerun()).toMatchObject({ data: 1, rerunOf: { id: old.id }, workflow: { name: 'v' } })
    expect(await rerun('PINNED')).toMatchObject({ data: 1 })
    expect(await rerun('LATEST')).toMatchObject({ data: 2 })
    expect((await request(url, GetEvent, { id: old.id })).event).toEqual(old)
  })

  test('works from every final state, and is refused from the others and for plain records', async () => {
    const { url } = await startTestApp()
    const rerun = async (id: string) => (await request(url, RerunEvent, { input: { id } })).rerunEvent
    const running = eventOf(await execute(url, { code: forever }))
    await untilStatus(url, running.id, 'PROCESSING')
    expect(await rerun(running.id)).toMatchObject({ __typename: 'ConflictError' })
    await request(url, CancelEvent, { id: running.id })
    expect(eventOf(await rerun(running.id)).rerunOf?.id).toBe(running.id)
    const pending = eventOf(await execute(url, { code: sum, runAt: new Date(Date.now() + 3_600_000).toISOString() }))
    expect(await rerun(pending.id)).toMatchObject({ __typename: 'ConflictError', received: 'an event that is PENDING' })
    const record = eventOf((await request(url, CreateEvent, { input: { type: 'x' } })).createEvent)
    expect(await rerun(record.id)).toMatchObject({ __typename: 'ConflictError', received: 'a plain record' })
  })
})

describe('bad input gets a clear answer', () => {
  const big = 'x'.repeat(1_000_001)
  test.each([
    ['neither workflow nor code', {}, 'input.workflow', 'exactly one of workflow and code', 'neither'],
    [
      'both workflow and code',
      { workflow: 'a', code: sum },
      'input.workflow',
      'exactly one of workflow and code',
      'both',
    ],
    ['an unknown workflow', { workflow: 'nope' }, 'input.workflow', 'the name or id of a workflow', '"nope"'],
    ['too much code', { code: big }, 'input.code', 'code of 1 to 1000000 bytes', '1000001 bytes'],
    ['no code', { code: '' }, 'input.code', 'code of 1 to 1000000 bytes', '0 bytes'],
    ['too much input', { code: sum, input: big }, 'input.input', 'JSON of at most 1000000 bytes', '1000003 bytes'],
    [
      'a limit beyond the maximum',
      { code: sum, limits: { timeoutMs: 300_001 } },
      'input.limits.timeoutMs',
      'a whole number from 1 to 300000',
      '300001',
    ],
    [
      'a negative limit',
      { code: sum, limits: { memoryMb: -1 } },
      'input.limits.memoryMb',
      'a whole number from 8 to 512',
      '-1',
    ],
    [
      'no attempt at all',
      { code: sum, limits: { maxAttempts: 0 } },
      'input.limits.maxAttempts',
      'a whole number from 1 to 25',
      '0',
    ],
    ['a negative wait', { code: sum, waitMs: -1 }, 'input.waitMs', 'a whole number from 0 to 30000', '-1'],
    ['too long a wait', { code: sum, waitMs: 30_001 }, 'input.waitMs', 'a whole number from 0 to 30000', '30001'],
    [
      'the id of another type',
      { code: sum, eventId: 'wfl_01936b5e-0000-7000-8000-000000000000' },
      'input.eventId',
      'an id that begins with evt_',
      '"wfl_01936b5e-0000-7000-8000-000000000000"',
    ],
    ['an empty key', { code: sum, idempotencyKey: '' }, 'input.idempotencyKey', 'a text of 1 to 256 characters', '""'],
  ])('%s', async (_what, input, path, expected, received) => {
    const { url } = await startTestApp()
    const result = await execute(url, input)
    expect(result).toMatchObject({ path, expected, received })
    expect((await request(url, ListEvents, {})).events.nodes).toEqual([])
  })

  test('both a workflow and a function, and a type that is none', async () => {
    const { url } = await startTestApp()
    const both = await request(url, CreateEvent, { input: { type: 'x', workflow: 'a', execution: 'b' } })
    expect(both.createEvent).toMatchObject({ code: 'INVALID_INPUT', path: 'input.execution', received: 'both' })
    const { createEvent } = await request(url, CreateEvent, { input: { type: 'no spaces', waitMs: -5 } })
    expect(createEvent).toMatchObject({ code: 'INVALID_INPUT', path: 'input.type', received: '"no spaces"' })
  })

  test('a number beyond what GraphQL can carry', async () => {
    const { url } = await startTestApp()
    const { errors } = await send(url, ExecuteWorkflow, { input: { code: sum, waitMs: 1e12 } })
    expect(errors?.[0]?.message).toMatch(/Int cannot represent/)
  })
})

describe('programs', () => {
  test('changed code is a new version; events keep the one they ran, also once the workflow is deleted', async () => {
    const { url } = await startTestApp()
    const save = async (code: string) => {
      const { saveWorkflow } = await request(url, SaveWorkflow, { input: { name: 'v', code, description: 'counts' } })
      if (!('workflow' in saveWorkflow)) throw new Error(saveWorkflow.message)
      return saveWorkflow.workflow
    }
    const first = await save('export default () => 1')
    const event = eventOf(await execute(url, { workflow: 'v', waitMs: 10_000 }))
    const same = await save('export default () => 1')
    expect(same).toEqual(first)
    const second = await save('export default () => 2')
    expect(second.id).toBe(first.id)
    expect(second.version.hash).not.toBe(first.version.hash)
    await request(url, DeleteWorkflow, { id: first.id })
    const kept = (await request(url, GetEvent, { id: event.id })).event
    expect(kept).toMatchObject({ data: 1, version: { code: 'export default () => 1' }, workflow: { name: 'v' } })
    expect(kept?.workflow?.deletedAt).toEqual(expect.any(String))
    expect(await execute(url, { workflow: 'v' })).toMatchObject({ __typename: 'NotFoundError' })
    expect((await request(url, DeleteWorkflow, { id: first.id })).deleteWorkflow).toMatchObject({
      __typename: 'NotFoundError',
    })
    expect((await save('export default () => 3')).id).not.toBe(first.id)
  })

  test('limits of a workflow hold for its events, unless the event says otherwise', async () => {
    const { url } = await startTestApp()
    const limits = { timeoutMs: 1234, maxAttempts: 2 }
    await request(url, SaveWorkflow, { input: { name: 'sum', code: sum, limits } })
    const plain = eventOf(await execute(url, { workflow: 'sum' }))
    expect(plain.limits).toEqual({ timeoutMs: 1234, memoryMb: 128, maxAttempts: 2 })
    const own = eventOf(await execute(url, { workflow: 'sum', limits: { memoryMb: 64 } }))
    expect(own.limits).toEqual({ timeoutMs: 1234, memoryMb: 64, maxAttempts: 2 })
  })

  test('code that cannot run is not saved', async () => {
    const { url } = await startTestApp()
    const { saveWorkflow } = await request(url, SaveWorkflow, { input: { name: 'bad', code: 'export default (' } })
    expect(saveWorkflow).toMatchObject({ __typename: 'InvalidCodeError', line: 1, path: 'input.code' })
    expect(await execute(url, { workflow: 'bad' })).toMatchObject({ __typename: 'NotFoundError' })
  })

  test.each(['', 'has space', '-dash-first', 'x'.repeat(101)])('the name %j is refused', async (name) => {
    const { url } = await startTestApp()
    const { saveWorkflow } = await request(url, SaveWorkflow, { input: { name, code: sum } })
    expect(saveWorkflow).toMatchObject({ __typename: 'InvalidInputError', path: 'input.name' })
  })
})
