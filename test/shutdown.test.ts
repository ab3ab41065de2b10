import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import { graphql } from '../src/gen/index.ts'
import { eventually, request, send, startServer } from './harness.ts'
import { scratchDir } from './scratch.ts'
import { ExecuteWorkflow, GetEvent } from './operations.ts'

const Watch = graphql(`
  subscription WatchUntilShutdown($id: ID!) {
    eventStatus(id: $id) {
      status
      rev
    }
  }
`)

const sleeper = (ms: number) =>
  `export default () => new Promise((resolve) => setTimeout(() => resolve('slept'), ${ms}))`

async function start(url: string, code: string): Promise<string> {
  const { executeWorkflow } = await request(url, ExecuteWorkflow, { input: { code, limits: { timeoutMs: 120_000 } } })
  if (!('event' in executeWorkflow)) throw new Error(executeWorkflow.message)
  const { id } = executeWorkflow.event
  await eventually(async () => (await request(url, GetEvent, { id })).event?.status === 'PROCESSING' || undefined)
  return id
}

test('SIGTERM waits for what is running, takes nothing new, and exits with 0', async () => {
  const DATA_DIR = await scratchDir()
  const server = await startServer({ DATA_DIR })
  const id = await start(server.url, sleeper(1500))
  const gone = server.kill('SIGTERM')
  await eventually(async () => ((await fetch(new URL('/ready', server.url))).status === 503 ? true : undefined))
  const refused = await send(server.url, ExecuteWorkflow, { input: { code: sleeper(1) } })
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  expect(await gone).toBe(0)

  const again = await startServer({ DATA_DIR })
  const { event } = await request(again.url, GetEvent, { id })
  expect(event).toMatchObject({ status: 'SUCCESS', data: 'slept', attempts: [{ outcome: 'SUCCESS' }] })
})

test('what is still running when the time is up is given back without using up an attempt', async () => {
  const DATA_DIR = await scratchDir()
  const server = await startServer({ DATA_DIR, SHUTDOWN_MS: '300' })
  const code = `export default async ({ attempt }) => {
    if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 60000))
    return attempt
  }`
  const id = await start(server.url, code)
  expect(await server.kill('SIGTERM')).toBe(0)

  const again = await startServer({ DATA_DIR })
  const event = await eventually(async () => {
    const found = (await request(again.url, GetEvent, { id })).event
    return found?.status === 'SUCCESS' ? found : undefined
  })
  expect(event.attempts.map((attempt) => attempt.outcome)).toEqual(['INTERRUPTED', 'SUCCESS'])
  expect(event.limits.maxAttempts).toBe(1)
})

test('subscribers are told why they are closed', async () => {
  const server = await startServer({ DATA_DIR: await scratchDir(), SHUTDOWN_MS: '0' })
  const id = await start(server.url, sleeper(60_000))
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  const client = createClient({
    url: server.url.replace('http', 'ws'),
    retryAttempts: 0,
    on: {
      closed(event) {
        if (typeof event === 'object' && event !== null && 'code' in event && 'reason' in event) {
          closed.resolve({ code: Number(event.code), reason: String(event.reason) })
        }
      },
    },
  })
  const seen: unknown[] = []
  const errors: unknown[] = []
  const first = Promise.withResolvers<void>()
  client.subscribe(
    { query: Watch.toString(), variables: { id } },
    {
      next(result) {
        seen.push(result.data)
        if (result.errors) errors.push(...result.errors)
        first.resolve()
      },
      error: (error) => errors.push(error),
      complete() {},
    },
  )
  await first.promise
  expect(await server.kill('SIGTERM')).toBe(0)
  expect(await closed.promise).toMatchObject({ code: 1001, reason: expect.stringContaining('shutting down') })
  expect(seen.length).toBeGreaterThan(0)
})

test('a second SIGTERM ends it at once', async () => {
  const server = await startServer({ DATA_DIR: await scratchDir() })
  await start(server.url, sleeper(60_000))
  const gone = server.kill('SIGTERM')
  await eventually(() => server.log.some((line) => String(line['msg']).startsWith('SIGTERM')) || undefined)
  await server.kill('SIGTERM')
  expect(await gone).toBe(1)
})
