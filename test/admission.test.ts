import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import { OverloadedError, UnavailableError } from '../src/errors.ts'
import type { TestApi } from './api-harness.ts'
import { post, startApi } from './api-harness.ts'
import { eventually } from './harness.ts'

const result = `__typename ... on UserError { message code path expected received }
  ... on OverloadedError { retryAfterMs }`
const create = `mutation ($input: CreateEventInput!) {
  createEvent(input: $input) { ${result} ... on CreateEventPayload { event { id } } }
}`
const rerun = `mutation ($id: ID!) { rerunEvent(input: { id: $id }) { ${result} } }`
const execute = `mutation { executeWorkflow(input: { code: "held" }) { ${result} } }`
const executeEarlier = `mutation ($id: ID!) { executeWorkflow(input: { code: "held", eventId: $id }) { ${result} } }`
const call = `mutation { executeFunction(input: { function: "held" }) { ${result} } }`
const save = `mutation { saveFunction(input: { name: "held", code: "held" }) { __typename } }`

interface Result {
  readonly __typename: string
  readonly event?: { readonly id: string }
}

async function ask(api: TestApi, query: string, variables: Record<string, unknown> = {}): Promise<Result> {
  const { json } = await post(api.port, query, variables)
  const [answer] = Object.values(json.data ?? {})
  if (!answer) throw new Error(`Expected data, got ${JSON.stringify(json)}`)
  return answer as Result
}

describe('a server with as much unfinished work as it takes', () => {
  const full = async () => {
    const api = await startApi({ maxPending: 3 })
    await ask(api, save)
    const { event: record } = await ask(api, create, { input: { type: 'a' } })
    const events: (string | undefined)[] = []
    for (const idempotencyKey of ['k0', 'k1', 'k2']) {
      const { event } = await ask(api, create, { input: { type: 'a', execution: 'held', idempotencyKey } })
      events.push(event?.id)
    }
    return { api, record: record?.id, events }
  }

  test('refuses whatever makes more of it, and says when to come back', async () => {
    const { api, record } = await full()
    const overloaded = {
      __typename: 'OverloadedError',
      code: 'OVERLOADED',
      path: 'input',
      expected: 'fewer than 3 unfinished events',
      retryAfterMs: expect.any(Number),
    }
    expect(await ask(api, create, { input: { type: 'a', execution: 'held' } })).toMatchObject(overloaded)
    expect(await ask(api, execute)).toMatchObject(overloaded)
    expect(await ask(api, executeEarlier, { id: record })).toMatchObject(overloaded)
    expect(await ask(api, call)).toMatchObject(overloaded)
  })

  test('still answers for what needs no run, and what was asked for before', async () => {
    const { api, events } = await full()
    expect(await ask(api, create, { input: { type: 'a' } })).toMatchObject({ __typename: 'CreateEventPayload' })
    const again = await ask(api, create, { input: { type: 'a', execution: 'held', idempotencyKey: 'k1' } })
    expect(again.event?.id).toBe(events[1])
  })

  test('takes more once work has ended, and refuses to rerun what ended when it is full again', async () => {
    const { api, events } = await full()
    api.release('done')
    await eventually(async () => {
      const { __typename: kind } = await ask(api, create, { input: { type: 'a', execution: 'held' } })
      return kind === 'CreateEventPayload' ? true : undefined
    })
    // Whatever runs now ends at once, so what fills the server is to run later, and again where something ended since.
    const runAt = '2100-01-01T00:00:00Z'
    await eventually(async () => {
      await ask(api, create, { input: { type: 'a', execution: 'held', runAt } })
      const { __typename: kind } = await ask(api, rerun, { id: events[0] })
      return kind === 'OverloadedError' ? true : undefined
    })
  })
})

describe('admission', () => {
  const backlog = (pending: number) => ({ pending, processing: 0, earliestRunAt: null, earliestStart: null })

  test('of a thousand at once, as many get in as there is room for, and the store is asked once', async () => {
    let counts = 0
    const count = async () => {
      counts++
      return backlog(90)
    }
    const admission = createAdmission({ backlog: count }, 100)
    const results = await Promise.allSettled(
      Array.from({ length: 1000 }, () => admission.admit(() => new Promise((done) => void setImmediate(done)))),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    const refused = results.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({ reason: expect.any(OverloadedError) })
    expect(counts).toBeLessThanOrEqual(2)
  })

  test('what runs counts as what waits does', async () => {
    const admission = createAdmission({ backlog: async () => ({ ...backlog(2), processing: 3 }) }, 5)
    await expect(admission.admit(async () => 'made')).rejects.toThrow(OverloadedError)
  })

  test('what is created while the store counts is counted, if not by the store', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const answer = Promise.withResolvers<ReturnType<typeof backlog>>()
    const answers = [Promise.resolve(backlog(0)), answer.promise]
    const count = () => answers.shift() ?? Promise.reject(new Error('Asked too often'))
    const admission = createAdmission({ backlog: count }, 3)
    await admission.admit(async () => 'first')
    vi.advanceTimersByTime(1000)
    await admission.admit(async () => 'second')
    // As of the moment in which it was asked.
    answer.resolve(backlog(1))
    await new Promise((done) => void setImmediate(done))
    await admission.admit(async () => 'third')
    await expect(admission.admit(async () => 'fourth')).rejects.toThrow(OverloadedError)
  })

  test('what could not be created takes no room', async () => {
    const admission = createAdmission({ backlog: async () => backlog(0) }, 1)
    const fail = () => Promise.reject(new UnavailableError('away'))
    for (let i = 0; i < 3; i++) await expect(admission.admit(fail)).rejects.toThrow('away')
    expect(await admission.admit(async () => 'made')).toBe('made')
  })

  test('a store that cannot count is unavailable, not full, and is asked again', async () => {
    let isAway = true
    const count = () => (isAway ? Promise.reject(new UnavailableError('away')) : Promise.resolve(backlog(0)))
    const admission = createAdmission({ backlog: count }, 1)
    await expect(admission.admit(async () => 'made')).rejects.toThrow(UnavailableError)
    isAway = false
    expect(await admission.admit(async () => 'made')).toBe('made')
  })
})

test('20,000 refusals leave nothing behind', { timeout: 120_000 }, async () => {
  const api = await startApi({ maxPending: 1 })
  await ask(api, save)
  await ask(api, create, { input: { type: 'a', execution: 'held' } })
  const body = JSON.stringify({
    query: create,
    variables: { input: { type: 'a', execution: 'held', input: 'x'.repeat(1000) } },
  })
  const refuse = async (times: number) => {
    let refused = 0
    for (let i = 0; i < times; i++) {
      const request = new Request(api.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const text = await (await api.server.fetch(request)).text()
      if (text.includes('"OVERLOADED"')) refused++
    }
    return refused
  }
  await refuse(2_000)
  const before = process.memoryUsage()
  expect(await refuse(20_000)).toBe(20_000)
  const after = process.memoryUsage()
  const grown = (after.rss - before.rss) / 2 ** 20
  process.stdout.write(`20,000 refusals: the memory of the process grew by ${grown.toFixed(1)} MB\n`)
  // A refusal that kept its kilobyte of input, and what the server makes of it, would need more than this.
  expect(grown).toBeLessThan(100)
})
