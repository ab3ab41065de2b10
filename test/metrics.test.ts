import { readFile } from 'node:fs/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { UnavailableError } from '../src/errors.ts'
import { eventually, request } from './client.ts'
import { measureStore } from '../src/metrics/measured-store.ts'
import { createMetrics } from '../src/metrics/prometheus.ts'
import { startTestApp } from './harness.ts'
import { CreateEvent, ExecuteWorkflow } from './operations.ts'
import { pendingEvent } from './suites/store.ts'

async function read(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(new URL('/metrics', url), { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/plain')
  return response.text()
}

/** The value of one line; undefined when there is none. */
function value(text: string, name: string): number | undefined {
  const line = text.split('\n').find((it) => it.startsWith(`${name} `))
  return line === undefined ? undefined : Number(line.slice(name.length + 1))
}

describe('/metrics', () => {
  test('is what docs/metrics.md lists, and the other way round', async () => {
    const page = await readFile('docs/metrics.md', 'utf8')
    const app = await startTestApp()
    const text = await read(app.url)
    const told = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => ({ name, type }))
    const rows = [...page.matchAll(/^\| `(workcell_\w+)` +\| (\w+) /gm)]
    const documented = rows.map(([, name = '', type = '']) => ({ name, type }))
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    const own = told.filter(({ name }) => name.startsWith('workcell_'))
    expect(documented.toSorted(byName)).toEqual(own.toSorted(byName))

    // The process and Node tell less on systems other than Linux.
    const others = told.filter(({ name }) => !name.startsWith('workcell_')).map(({ name }) => name)
    const [, list = ''] = page.split('prom-client):')
    const documentedOthers = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)
    expect(documentedOthers).toEqual(expect.arrayContaining(others))
    if (process.platform === 'linux') expect(others).toEqual(expect.arrayContaining(documentedOthers))
  })

  test('labels are those that docs/metrics.md lists', async () => {
    const page = await readFile('docs/metrics.md', 'utf8')
    const app = await startTestApp()
    const code = 'export default () => 1'
    await request(app.url, ExecuteWorkflow, { input: { code, language: 'JAVASCRIPT', waitMs: 20_000 } })
    const text = await read(app.url)
    for (const [, name = '', labels = ''] of text.matchAll(/^(workcell_\w+?)(?:_bucket|_sum|_count)?\{(.*)\} /gm)) {
      const [, documented = ''] = new RegExp(`^\\| \`${name}\` +\\| \\w+ +\\| (.*?) +\\|`, 'm').exec(page) ?? []
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le')
      for (const label of names) expect(documented, name).toContain(`\`${label}\``)
    }
  })

  test('counts what becomes of events', async () => {
    const app = await startTestApp()
    await request(app.url, CreateEvent, { input: { type: 'record' } })
    for (const code of ['export default () => 1', 'export default () => { throw new Error("no") }']) {
      await request(app.url, ExecuteWorkflow, { input: { code, language: 'JAVASCRIPT', waitMs: 20_000 } })
    }
    const text = await eventually(async () => {
      const now = await read(app.url)
      return value(now, 'workcell_run_seconds_count{outcome="user_error"}') === 1 ? now : undefined
    })
    expect(value(text, 'workcell_events_total{status="pending",code=""}')).toBe(2)
    expect(value(text, 'workcell_events_total{status="processing",code=""}')).toBe(2)
    expect(value(text, 'workcell_events_total{status="success",code=""}')).toBe(2)
    expect(value(text, 'workcell_events_total{status="error",code="USER_ERROR"}')).toBe(1)
    expect(value(text, 'workcell_run_seconds_count{outcome="success"}')).toBe(1)
    expect(value(text, 'workcell_queue_seconds_count')).toBe(2)
    expect(value(text, 'workcell_store_operation_seconds_count{operation="createEvents"}')).toBe(3)
    expect(value(text, 'workcell_events{status="processing"}')).toBeGreaterThanOrEqual(0)
    expect(value(text, 'workcell_sweep_last_success_timestamp_seconds')).toBeGreaterThan(1_700_000_000)
    expect(value(text, 'workcell_outcomes_rejected_total')).toBe(0)
  })

  test('tells what processes there are of each role, and why those ended that did', async () => {
    const app = await startTestApp()
    const programs = [
      ['TIMEOUT', 'for (;;);', { timeoutMs: 200 }],
      ['TIMEOUT', 'return new Promise(() => {})', { timeoutMs: 200 }],
      ['OUT_OF_MEMORY', 'const a = []; for (;;) a.push(new Array(1e5).fill(1.5))', { memoryMb: 16, timeoutMs: 20_000 }],
    ] as const
    for (const [failure, body, limits] of programs) {
      const input = {
        code: `export default () => { ${body} }`,
        language: 'JAVASCRIPT',
        limits,
        waitMs: 30_000,
      } as const
      const { executeWorkflow: result } = await request(app.url, ExecuteWorkflow, { input })
      expect(result).toMatchObject({ event: { error: { code: failure } } })
    }
    const ended = 'workcell_children_ended_total{role="child",cause='
    const text = await read(app.url)
    expect(value(text, `${ended}"timeout"}`)).toBe(2)
    expect(value(text, `${ended}"out_of_memory"}`)).toBe(1)
    expect(text).not.toContain('cause="stopped"')
    for (const role of ['child', 'checker']) {
      const states = ['booting', 'ready', 'busy', 'warming'].map((state) =>
        value(text, `workcell_children{role="${role}",state="${state}"}`),
      )
      expect(states.reduce((sum = 0, count = NaN) => sum + count, 0)).toBeGreaterThan(0)
    }
  })

  test('does not say that nothing is due or runs while the store cannot tell', async () => {
    const metrics = createMetrics()
    let isAway = false
    const now = 1_800_000_000_000
    const nothing = { events: 0, orphans: 0 }
    metrics.read({
      now: () => now,
      backlog: async () => {
        if (isAway) throw new UnavailableError('The store is away.')
        return { pending: 3, processing: 1, earliestRunAt: now - 90_000, earliestStart: null }
      },
      queueDepth: () => 0,
      processes: () => ({}),
      watchers: () => 0,
      connections: () => ({ open: 0, refused: {} }),
      deleted: () => nothing,
      walBytes: () => 0,
    })
    // A count serves for a while, so each question comes after that.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
    onTestFinished(() => clock.mockRestore())
    const there = await metrics.text()
    expect(value(there, 'workcell_events{status="pending"}')).toBe(3)
    expect(value(there, 'workcell_oldest_pending_seconds')).toBe(90)
    expect(value(there, 'workcell_oldest_processing_seconds')).toBe(0)
    isAway = true
    clock.mockReturnValue(60_000)
    const away = await metrics.text()
    expect(away).not.toMatch(/^workcell_(events|oldest_\w+)[ {]/m)
    isAway = false
    clock.mockReturnValue(120_000)
    expect(await metrics.text()).toContain('\nworkcell_oldest_pending_seconds 90\n')
  })

  test('asks for a key where the API does, and is only read', async () => {
    const key = 'k'.repeat(20)
    const app = await startTestApp({ API_KEYS: key })
    const url = new URL('/metrics', app.url)
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { headers: { authorization: `Bearer ${key}1` } })).status).toBe(401)
    await read(app.url, { authorization: `Bearer ${key}` })
    const head = await fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${key}` } })
    expect(head.status).toBe(200)
    expect((await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${key}` } })).status).toBe(404)
  })
})

test('the store that is measured is asked what the caller asks, whatever that is', async () => {
  const asked: unknown[][] = []
  const store = new Proxy(Object.create(null), {
    get:
      (_target, name: string) =>
      async (...given: unknown[]) => {
        asked.push([name, ...given])
        return name === 'createEvents' ? [] : undefined
      },
  })
  const given = [pendingEvent(), 'second', 'third', 'fourth']
  const calls = Object.entries(measureStore(store, createMetrics())).filter(
    ([name]) => name !== 'now' && name !== 'close',
  )
  for (const [, call] of calls) await Reflect.apply(call, undefined, given)
  expect(asked).toEqual(calls.map(([name]) => [name, ...given]))
})
