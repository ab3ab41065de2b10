import { expect, test } from 'vitest'
import { eventually, inParallel, request, startTestApp } from '../harness.ts'
import { CreateEvent, ExecuteWorkflow, GetEvent, ListEvents, SaveWorkflow } from '../operations.ts'

/** They hold their places for as long as the server lets them; what starves waits as long. */
const greedyMs = 120_000
const endless = 'export default () => new Promise(() => {})'
const greedyLimits = { timeoutMs: greedyMs, memoryMb: 32 }
const rounds = 10

/** Runs an event of the honest workflow and resolves to the time it took, in milliseconds. */
async function honest(url: string): Promise<number> {
  const began = performance.now()
  const { createEvent } = await request(url, CreateEvent, {
    input: { type: 'honest', workflow: 'honest', input: 1, waitMs: 30_000 },
  })
  expect(createEvent).toMatchObject({ event: { status: 'SUCCESS', data: 1 } })
  return performance.now() - began
}

async function middleOfSome(url: string): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) times.push(await honest(url))
  return Math.round(times.toSorted((a, b) => a - b)[rounds / 2] ?? 0)
}

async function processing(url: string): Promise<number> {
  const { events } = await request(url, ListEvents, { filter: { status: ['PROCESSING'] }, first: 100 })
  return events.nodes.length
}

async function startWithHonest() {
  const { url } = await startTestApp({ RUNNERS: '8', MAX_TIMEOUT_MS: String(greedyMs) })
  const code = 'export default ({ input }) => input'
  await request(url, SaveWorkflow, { input: { name: 'honest', code } })
  return { url, alone: await middleOfSome(url) }
}

test('beside three workflows with hundreds of events that never end, another runs as before', async () => {
  const { url, alone } = await startWithHonest()
  for (const name of ['a', 'b', 'c']) {
    await request(url, SaveWorkflow, { input: { name, code: `// ${name}\n${endless}`, limits: greedyLimits } })
    await inParallel(8, 200, () => request(url, CreateEvent, { input: { type: 'greedy', workflow: name } }))
  }
  // Half of the places, then what is not kept for others, then one of those.
  await eventually(async () => ((await processing(url)) === 7 ? true : undefined))
  const beside = await middleOfSome(url)
  console.log(`an honest event alone: ${alone} ms, beside three greedy workflows: ${beside} ms`)
  expect(beside).toBeLessThan(greedyMs / 20)
  expect(await processing(url)).toBe(7)
})

test('beside inline code of ever new text that never ends, a saved workflow runs as before', async () => {
  const { url, alone } = await startWithHonest()
  const last = await inParallel(8, 200, async (index) => {
    const input = { code: `// ${index}\n${endless}`, limits: greedyLimits }
    const { executeWorkflow } = await request(url, ExecuteWorkflow, { input })
    if (!('event' in executeWorkflow)) throw new Error(JSON.stringify(executeWorkflow))
    return executeWorkflow.event.id
  })
  await eventually(async () => ((await processing(url)) === 7 ? true : undefined))
  const beside = await middleOfSome(url)
  console.log(`an honest event alone: ${alone} ms, beside a flood of inline code: ${beside} ms`)
  expect(beside).toBeLessThan(greedyMs / 20)
  // It is not that nothing is left of the flood.
  const { event } = await request(url, GetEvent, { id: last.at(-1) ?? '' })
  expect(event).toMatchObject({ status: 'PENDING', attempts: [] })
})
