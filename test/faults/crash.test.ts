import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually, inParallel, request, startServer } from '../harness.ts'
import { scratchDir } from '../scratch.ts'
import { CreateEvent, ExecuteWorkflow, GetEvent, ListEvents, SaveWorkflow } from '../operations.ts'

const rounds = 20
const inFlight = 200

async function unfinished(url: string): Promise<number> {
  const filter = { status: ['PENDING' as const, 'PROCESSING' as const] }
  const { events } = await request(url, ListEvents, { filter, first: 100 })
  return events.nodes.length
}

test(
  `${rounds} times killed with ${inFlight} events in flight: none is lost, none is stuck, all are final`,
  { timeout: 110_000 },
  async () => {
    const DATA_DIR = await scratchDir()
    const ids = new Set<string>()
    let server = await startServer({ DATA_DIR, LOG_LEVEL: 'info' })
    const code = `export default async ({ input }) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return input
    }`
    await request(server.url, SaveWorkflow, { input: { name: 'echo', code } })
    for (let round = 0; round < rounds; round++) {
      const made = await inParallel(16, inFlight, async (index) => {
        const input = { type: 'crash', workflow: 'echo', input: { round, index } }
        const { createEvent } = await request(server.url, CreateEvent, { input })
        if (!('event' in createEvent)) throw new Error(createEvent.message)
        return createEvent.event.id
      })
      for (const id of made) ids.add(id)
      // Somewhere in the work that is under way: the moment is meant to be a different one every time.
      await pause((round * 13) % 90)
      await server.kill('SIGKILL')
      server = await startServer({ DATA_DIR, LOG_LEVEL: 'info' })
    }
    expect(ids.size).toBe(rounds * inFlight)
    await eventually(async () => ((await unfinished(server.url)) === 0 ? true : undefined), 60)

    const outcomes = await inParallel(16, ids.size, async (index) => {
      const { event } = await request(server.url, GetEvent, { id: [...ids][index] ?? '' })
      return { status: event?.status, successes: event?.attempts.filter((it) => it.outcome === 'SUCCESS').length }
    })
    expect(outcomes.filter((it) => it.status !== 'SUCCESS' || it.successes !== 1)).toEqual([])
    expect(await server.kill('SIGTERM')).toBe(0)
  },
)

test('what was running when the server died is run again, and the death uses up no attempt', async () => {
  const DATA_DIR = await scratchDir()
  const first = await startServer({ DATA_DIR })
  const code = `export default async ({ attempt }) => {
    if (attempt === 1) await new Promise((resolve) => setTimeout(resolve, 60000))
    return attempt
  }`
  const { executeWorkflow } = await request(first.url, ExecuteWorkflow, {
    input: { code, limits: { timeoutMs: 120_000 } },
  })
  if (!('event' in executeWorkflow)) throw new Error(executeWorkflow.message)
  const { id } = executeWorkflow.event
  const status = async (url: string) => (await request(url, GetEvent, { id })).event?.status
  await eventually(async () => ((await status(first.url)) === 'PROCESSING' ? true : undefined))
  await first.kill('SIGKILL')

  const second = await startServer({ DATA_DIR })
  await eventually(async () => ((await status(second.url)) === 'SUCCESS' ? true : undefined))
  const { event } = await request(second.url, GetEvent, { id })
  expect(event).toMatchObject({ data: 2, limits: { maxAttempts: 1 } })
  expect(event?.attempts.map((attempt) => attempt.outcome)).toEqual(['INTERRUPTED', 'SUCCESS'])
})
