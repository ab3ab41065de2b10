import { afterAll, expect, test } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { InvalidInputError } from '../src/errors.ts'
import { openPool } from '../src/executor/pool.ts'
import { inputSchemas, parseInput } from '../src/inputs.ts'
import { jobOf, run, start } from './suites/executor.ts'

const caps = {
  ...defaultCaps,
  sourceBytes: 5000,
  inputBytes: 50,
  resultBytes: 3000,
  logLines: 10,
  logLength: 100,
  logLineLength: 30,
  timers: 7,
}
const pool = openPool({ runners: 1, caps })
afterAll(() => pool.close())

const failureOf = async (code: string) => {
  const outcome = await run(pool, jobOf(code))
  return outcome.kind === 'Failure' ? outcome.failure : outcome
}

async function logOf(code: string): Promise<string[]> {
  const going = start(pool, jobOf(`export default ({ console }) => { ${code} }`))
  expect(await going.outcome).toMatchObject({ kind: 'Success' })
  return going.lines.map(({ message }) => message)
}

test('lines of log are counted, cut and dropped as configured', async () => {
  const lines = await logOf('for (let i = 0; i < 20; i++) console.log(i)')
  expect(lines).toHaveLength(11)
  const limit = 'a run keeps at most 10 lines and 100 characters of log'
  expect(lines[10]).toBe(`10 more lines were dropped: ${limit}`)
  expect(await logOf(`console.log('x'.repeat(40))`)).toEqual([`${'x'.repeat(30)}… (10 more characters)`])
  expect(await logOf(`for (let i = 0; i < 5; i++) console.log('x'.repeat(30))`)).toEqual([
    ...Array.from({ length: 3 }, () => 'x'.repeat(30)),
    `2 more lines were dropped: ${limit}`,
  ])
})

test('so is the size of a result', async () => {
  expect(await run(pool, jobOf(`export default () => 'x'.repeat(2900)`))).toMatchObject({ kind: 'Success' })
  expect(await failureOf(`export default () => 'x'.repeat(3000)`)).toMatchObject({
    code: 'BAD_RESULT',
    message: 'data: expected at most 3000 bytes of JSON, got more',
  })
})

test('so is the number of timers', async () => {
  expect(await failureOf('export default () => { for (;;) setTimeout(() => {}, 1) }')).toMatchObject({
    message: 'setTimeout: expected at most 7 timers at a time',
  })
})

test('so is the size of source and input', async () => {
  const prepared = await pool.prepare({ language: 'JavaScript', code: `// ${'é'.repeat(2500)}` })
  expect(prepared).toMatchObject({ failure: { message: 'The code is larger than 5000 bytes' } })

  const schemas = inputSchemas({ timeoutMs: 1, memoryMb: 8, maxAttempts: 1 }, caps)
  const issue = (input: object) => {
    try {
      return parseInput(schemas.executeWorkflow, input)
    } catch (error) {
      return error instanceof InvalidInputError ? error.message : error
    }
  }
  expect(issue({ code: 'x'.repeat(5001) })).toContain('code of 1 to 5000 bytes, got 5001 bytes')
  expect(issue({ code: 'x', input: 'y'.repeat(50) })).toContain('JSON of at most 50 bytes, got 52 bytes')
})
