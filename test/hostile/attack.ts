// Runs programs through the API, and tells how each ended and how long the server says that it took.
import type { Json } from '../../src/json.ts'
import { eventually, request, send } from '../harness.ts'
import { ExecuteWorkflow, GetEvent, SaveWorkflow } from '../operations.ts'
import type { Found, Program } from './program.ts'

const memoryMb = 128

export interface Attacked {
  readonly found: Found
  /** From the start of the attempt to its end, by the server's clock, in milliseconds: waiting for a turn is left out. */
  readonly tookMs: number
}

export async function attack(url: string, program: Program, input: Json): Promise<Attacked> {
  const { code, language, timeoutMs } = program
  const ask = () =>
    send(url, ExecuteWorkflow, {
      input: { code, language, input, limits: { timeoutMs, memoryMb }, waitMs: 30_000 },
    })
  let { data, errors } = await ask()
  // A machine that is very busy may take longer to check any source than the server waits.
  for (let tries = 0; tries < 3 && data && isCheckedTooLong(data.executeWorkflow); tries++)
    ({ data, errors } = await ask())
  if (!data) {
    const message = errors?.map((error) => error.message).join() ?? ''
    return { found: { ...nothing, status: 'REFUSED', type: 'Error', message }, tookMs: 0 }
  }
  const answer = data.executeWorkflow
  if (!('event' in answer)) {
    const line = 'line' in answer ? (answer.line ?? null) : null
    return {
      found: {
        ...nothing,
        status: 'REFUSED',
        type: 'line' in answer ? 'InvalidCodeError' : 'UserError',
        message: answer.message,
        line,
      },
      tookMs: 0,
    }
  }
  const event = answer.event.isFinal
    ? answer.event
    : await eventually(async () => {
        const { event: now } = await request(url, GetEvent, { id: answer.event.id })
        return now?.isFinal ? now : undefined
      }, 120)
  const { error } = event
  const attempt = event.attempts.at(-1)
  const tookMs = attempt?.finishedAt ? Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt) : 0
  return {
    found: {
      status: event.status,
      type: 'Event',
      data: event.data,
      code: error?.code ?? null,
      name: error?.name ?? null,
      message: error?.message ?? null,
      stack: error?.stack ?? null,
      line: error?.line ?? null,
      log: event.logs.nodes.map(({ message }) => message),
    },
    tookMs,
  }
}

function isCheckedTooLong(answer: object): boolean {
  return 'message' in answer && /takes longer than \d+ ms to check/.test(String(answer.message))
}

const nothing = {
  data: null,
  code: null,
  name: null,
  message: null,
  stack: null,
  line: null,
  log: [],
}

/** Uses what hostile programs patch, and tells what it finds that should not be there. */
const canaryCode = `export default async ({ input, event, console }) => {
  console.log('canary %s', input.word, { list: input.list })
  await new Promise((resolve) => setTimeout(resolve, 1))
  const strange = []
  for (const key in {}) strange.push(key)
  for (const name of ['left', 'polluted', 'late', 'resolve']) if (name in globalThis) strange.push(name)
  if (event.type === 'patched') strange.push('event')
  const total = [...new Map(Object.entries({ a: 1, b: 2 })).values()].concat(input.list).reduce((sum, n) => sum + n, 0)
  return { total, word: 'ab'.replace(/b/, 'c') + JSON.stringify([String(Symbol.for('x'))]), strange }
}`

/** A workflow to be run between hostile programs. Resolves to what is wrong with how it ended, and how long it took. */
export async function saveCanary(url: string): Promise<() => Promise<{ problem: string | undefined; tookMs: number }>> {
  const { saveWorkflow } = await request(url, SaveWorkflow, {
    input: { name: 'canary', code: canaryCode, language: 'JAVASCRIPT' },
  })
  if (!('workflow' in saveWorkflow)) throw new Error(JSON.stringify(saveWorkflow))
  const expected = JSON.stringify({
    status: 'SUCCESS',
    data: { total: 10, word: 'ac["Symbol(x)"]', strange: [] },
    log: ['canary yes { list: [ 3, 4 ] }'],
  })
  return async () => {
    const start = performance.now()
    const { executeWorkflow: answer } = await request(url, ExecuteWorkflow, {
      input: { workflow: 'canary', input: { word: 'yes', list: [3, 4] }, waitMs: 30_000 },
    })
    const tookMs = performance.now() - start
    if (!('event' in answer)) return { problem: answer.message, tookMs }
    const { status, data, logs, error } = answer.event
    const found = JSON.stringify({ status, data, log: logs.nodes.map(({ message }) => message) })
    return { problem: found === expected ? undefined : `${found} ${error?.message ?? ''}`, tookMs }
  }
}
