import { execFile } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { eventually, startTestApp } from './harness.ts'

const readme = await readFile('README.md', 'utf8')
const { scripts }: { scripts: Record<string, string> } = JSON.parse(await readFile('package.json', 'utf8'))

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1] ?? '')
}

async function send(url: string, query: string, variables: object = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  return JSON.stringify(await response.json())
}

describe('the README', () => {
  test('every query works when sent in the order of the page', async () => {
    const { url } = await startTestApp()
    const [execute, save, create, watch, list, ...more] = blocks(readme, 'graphql')
    expect(more).toEqual([])
    expect(await send(url, execute ?? '')).toMatch(/"status":"SUCCESS","data":42,.*"message":"adding up"/)
    expect(await send(url, save ?? '')).toMatch(/"workflow":\{"id":"wfl_/)
    const created = await send(url, create ?? '')
    const [, id] = /"id":"(evt_[^"]+)"/.exec(created) ?? []
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: watch, variables: { id } }),
    })
    expect(await response.text()).toMatch(/"status":"SUCCESS","data":"Hello Ada"/)
    expect(await send(url, list ?? '')).toContain('"Hello Ada"')
  })

  test.each(['README.md', 'CONTRIBUTING.md', 'docs/mongodb.md'])('every npm command of %s exists', async (file) => {
    const text = await readFile(file, 'utf8')
    const named = [...text.matchAll(/npm (?:run )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? '')
    expect(named.length).toBeGreaterThan(2)
    const unknown = named.filter((name) => !['install', 'ci', 'will'].includes(name) && !scripts[name])
    expect(unknown).toEqual([])
  })

  test('the settings it lists are those that exist, with their defaults', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (?:`([^`]*)`|[^|]*)/gm)]
    expect(rows.length).toBeGreaterThan(10)
    for (const [, name = '', value] of rows) {
      if (value !== undefined) expect(parseConfig({ [name]: value })).toEqual(parseConfig({}))
      else expect(() => parseConfig({ [`WORKCELL_${name}`]: '1' })).toThrow(`expected ${name}`)
    }
  })

  test('the files it points at are there', async () => {
    for (const [, file = ''] of readme.matchAll(/\]\(([^)]+)\)/g)) {
      if (!file.startsWith('http')) await access(file)
    }
  })
})

describe('the examples', () => {
  const run = promisify(execFile)

  test('both clients show an event from its creation to its end', async () => {
    const { url } = await startTestApp()
    const socket = await run(process.execPath, ['examples/clients/websocket.ts', url])
    expect(socket.stdout).toMatch(/saved +order-total as wfl_.*created evt_.*SUCCESS.*"total":10.89/s)
    expect(socket.stderr).toBe('')
    const sse = await run(process.execPath, ['examples/clients/sse.ts', url])
    expect(sse.stdout).toMatch(/created evt_.*20 % done.*100 % done.*SUCCESS.*"count":148933/s)
    expect(sse.stderr).toBe('')
  })

  test('both clients work with a key', async () => {
    const key = 'a-key-for-the-examples'
    const { url } = await startTestApp({ API_KEYS: key })
    for (const client of ['websocket', 'sse']) {
      const { stdout } = await run(process.execPath, [`examples/clients/${client}.ts`, url, key])
      expect(stdout).toContain('SUCCESS')
    }
  })

  test.each([
    [
      'order-total.ts',
      { customer: 'Bo', country: 'DE', items: [{ sku: 'a', quantity: 3, unitPrice: 9.99 }] },
      { net: 29.97, vat: 5.69, total: 35.66 },
    ],
    [
      'word-count.js',
      { text: 'The cat saw the dog. The dog ran!', top: 1 },
      { words: 8, sentences: 2, top: [{ word: 'dog', count: 2 }] },
    ],
    ['flaky-delivery.ts', { to: 'warehouse', failures: 1 }, { to: 'warehouse', attempts: 2 }],
    ['prime-search.ts', { upTo: 100 }, { count: 25, largest: 97 }],
  ])('%s', async (file, input, expected) => {
    const { url } = await startTestApp()
    const code = await readFile(`examples/workflows/${file}`, 'utf8')
    const language = file.endsWith('.ts') ? 'TYPESCRIPT' : 'JAVASCRIPT'
    const query = `mutation ($input: ExecuteWorkflowInput!) { executeWorkflow(input: $input) {
      ... on ExecuteWorkflowPayload { event { id status data error { message } } } ... on UserError { message } } }`
    const answer = await eventually(() =>
      send(url, query, { input: { code, language, input, limits: { maxAttempts: 3 }, waitMs: 15_000 } }),
    )
    const { data } = JSON.parse(answer)
    expect(data.executeWorkflow.event).toMatchObject({ status: 'SUCCESS', data: expected })
  })

  test('a wrong order is told what is wrong, and not tried again', async () => {
    const { url } = await startTestApp()
    const code = await readFile('examples/workflows/order-total.ts', 'utf8')
    const query = `mutation ($input: ExecuteWorkflowInput!) { executeWorkflow(input: $input) {
      ... on ExecuteWorkflowPayload { event { status error { name message retryable } attempts { number } } } } }`
    const input = { customer: '', country: 'DE', items: [] }
    const answer = JSON.parse(
      await send(url, query, { input: { code, input, limits: { maxAttempts: 3 }, waitMs: 15_000 } }),
    )
    expect(answer.data.executeWorkflow.event).toEqual({
      status: 'ERROR',
      error: {
        name: 'InvalidOrder',
        message: 'customer: expected a name; items: expected at least one',
        retryable: false,
      },
      attempts: [{ number: 1 }],
    })
  })
})
