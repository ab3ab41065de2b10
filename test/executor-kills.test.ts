import { readdirSync, readFileSync } from 'node:fs'
import type { ChildProcess } from 'node:child_process'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { createLaunch, type Launch } from '../src/executor/launch.ts'
import { openPool } from '../src/executor/pool.ts'
import { jobOf, run } from './suites/executor.ts'

const mb = 1024 * 1024
const isLinux = process.platform === 'linux'

/** A pool of one, and the processes it has started for runs. */
function open(jitless = false) {
  const usual = createLaunch({ maxMemoryMb: 512, caps: defaultCaps, jitless, warn: () => {} })
  const children: ChildProcess[] = []
  const launch: Launch = (role) => {
    const child = usual(role)
    if (role === 'child') children.push(child)
    return child
  }
  const pool = openPool({ runners: 1, launch })
  afterAll(() => pool.close())
  return { pool, living: () => children.filter(({ pid }) => rss(pid) > 0) }
}

function rss(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * 4096
  } catch {
    return 0
  }
}

/** Processor time a process has taken so far, in hundredths of a second. */
function cpuTicks(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}

describe.skipIf(!isLinux)('what ends for want of memory is told from a crash', () => {
  const { pool, living } = open()
  let ended = 0

  test.each([
    ['a list larger than V8 can hold', `'x'.repeat(2 ** 28).split('')`],
    ['a text that V8 cannot hold', `'a'.repeat(1e7).replace(/a/g, '$&'.repeat(1000))`],
    ['a list that one built-in makes', `[...'x'.repeat(2 ** 27)].map((c) => c + c).sort()`],
    ['objects outside the heap', `Array.from({ length: 1e5 }, () => new Intl.DateTimeFormat('de'))`],
    ['a text that one built-in makes', `'\\ufdfa'.repeat(2 ** 26).normalize('NFKD')`],
  ])('%s', { timeout: 60_000 }, async (_what, expression) => {
    let over = 0
    let longest = 0
    // No process may hold more than three times its limit for longer than a second.
    const look = setInterval(() => {
      const most = Math.max(0, ...living().map(({ pid }) => rss(pid)))
      over = most > 3 * 128 * mb ? over || performance.now() : 0
      if (over > 0) longest = Math.max(longest, performance.now() - over)
    }, 10)
    const outcome = await run(pool, jobOf(`export default () => ${expression}.length`, { timeoutMs: 50_000 }))
    clearInterval(look)
    expect(outcome).toMatchObject({
      kind: 'Failure',
      failure: { code: 'OUT_OF_MEMORY', message: 'The code used more memory than its limit of 128 MB' },
    })
    expect(longest).toBeLessThan(1000)
    expect(pool.stats().child.ended).toMatchObject({ out_of_memory: ++ended })
    expect(await run(pool, jobOf('export default () => 1'))).toMatchObject({ kind: 'Success' })
  })

  test('what code says about itself decides nothing', async () => {
    for (const text of ['JavaScript heap out of memory', 'Script execution timed out.', 'std::bad_alloc']) {
      const outcome = await run(pool, jobOf(`export default () => { throw new RangeError('${text}') }`))
      expect(outcome).toMatchObject({ failure: { code: 'USER_ERROR', message: text } })
    }
  })
})

describe('a run that fills most of its memory is not taken for a hostile one', () => {
  const { pool } = open()

  test.each([8, 16, 32, 64, 128])('%d MB', { timeout: 60_000 }, async (memoryMb) => {
    const bytes = 0.7 * (memoryMb - 4) * mb
    const code = `export default () => {
      const all = []
      for (let n = 0; n < ${Math.floor(bytes / 8000)}; n++) all.push(Array.from({ length: 1000 }, (_, i) => i + 0.5))
      for (let n = 0; n < 200; n++) all[n % all.length] = Array.from({ length: 1000 }, (_, i) => i + 0.5)
      return all.length
    }`
    expect(await run(pool, jobOf(code, { memoryMb, timeoutMs: 50_000 }))).toMatchObject({ kind: 'Success' })
  })
})

describe.skipIf(!isLinux)('after a report nothing goes on', () => {
  const { pool, living } = open()

  test.each([
    ['an endless loop', 'for (;;);'],
    ['a loop in a timer that comes later', 'setTimeout(() => { for (;;); }, 1); return 1'],
    ['timers without end', 'setInterval(() => {}, 0); return 1'],
    ['microtasks without end', 'const again = () => Promise.resolve().then(again); again(); return 1'],
    [
      'finalizers that loop',
      'const all = new FinalizationRegistry(() => { for (;;); }); for (let n = 0; n < 1e5; n++) all.register({}, n); return 1',
    ],
    ['a built-in that cannot be stopped', 'for (let a = 3n; ; ) a *= a'],
  ])('%s', { timeout: 60_000 }, async (_what, body) => {
    await run(pool, jobOf(`export default () => { ${body} }`, { timeoutMs: 300 }))
    // At rest: no process has used the processor for a fifth of a second.
    await vi.waitFor(
      async () => {
        const before = living().map(({ pid }) => cpuTicks(pid))
        await new Promise((resolve) => setTimeout(resolve, 200))
        expect(living().map(({ pid }) => cpuTicks(pid))).toEqual(before)
      },
      { timeout: 15_000 },
    )
  })
})

describe('without a compiler', () => {
  const { pool, living } = open(true)

  test('code runs and is checked the same', async () => {
    const source = { language: 'TypeScript', code: 'export default (x: unknown): string => typeof x' } as const
    const prepared = await pool.prepare(source)
    expect(prepared).toMatchObject({ kind: 'Ready' })
    if (prepared.kind !== 'Ready') return
    const job = jobOf(source.code, { language: 'TypeScript', script: prepared.script })
    expect(await run(pool, job)).toMatchObject({ kind: 'Success', data: 'object' })
    const regExp = `export default () => 'aab'.replace(/a+/, (all) => all.length)`
    expect(await run(pool, jobOf(regExp))).toMatchObject({ data: '2b' })
  })

  test.skipIf(!isLinux)('the processes of user code were started so, with less memory to reserve', () => {
    const [child] = living()
    expect(readFileSync(`/proc/${child?.pid}/cmdline`, 'latin1').split('\0')).toContain('--jitless')
    const [, kilobytes] = /Max data size +(\d+)/.exec(readFileSync(`/proc/${child?.pid}/limits`, 'utf8')) ?? []
    expect(Number(kilobytes)).toBe((400 + 768) * mb)
  })

  test('it ends hostile code as well', { timeout: 30_000 }, async () => {
    const loop = await run(pool, jobOf('export default () => { for (;;); }', { timeoutMs: 200 }))
    expect(loop).toMatchObject({ failure: { code: 'TIMEOUT' } })
    const grow = 'export default () => { for (const all = []; ; ) all.push(new Array(1000).fill(1)) }'
    const grown = await run(pool, jobOf(grow, { memoryMb: 16, timeoutMs: 25_000 }))
    expect(grown).toMatchObject({ failure: { code: 'OUT_OF_MEMORY' } })
  })
})

test.skipIf(!isLinux)('children are at a low priority once they have started, in all of their threads', async () => {
  const { pool, living } = open()
  await run(pool, jobOf('export default () => 1'))
  const priority = (pid: number | undefined, id: string) =>
    readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1').split(') ')[1]?.split(' ')[16]
  await vi.waitFor(
    () => {
      const found = living().flatMap(({ pid }) => readdirSync(`/proc/${pid}/task`).map((id) => priority(pid, id)))
      expect(new Set(found)).toEqual(new Set(['5']))
    },
    { timeout: 15_000 },
  )
})
