import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { UnavailableError } from '../src/errors.ts'
import { createLaunch, type Launch } from '../src/executor/launch.ts'
import { openPool, type PoolOptions } from '../src/executor/pool.ts'
import { executorSuite, jobOf, run, start } from './suites/executor.ts'

executorSuite('the pool', (runners) => openPool({ runners }))

const endless = `export default ({ console }) => { console.log('started'); for (;;); }`
/** Looks again and again; generous, since a busy machine takes long to start a process. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000 })
const good = jobOf('export default () => 1')

describe('the pool', () => {
  const opened: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0)) await close()
  })

  /** A pool, with the processes it starts. `change` is given each before the pool gets it. */
  function open(options: Partial<PoolOptions> = {}, change: (child: ChildProcess) => void = () => {}) {
    const usual = createLaunch({ maxMemoryMb: 512, caps: options.caps ?? defaultCaps, warn: () => {} })
    const runners: ChildProcess[] = []
    const launch: Launch = (role) => {
      const child = usual(role)
      if (role === 'child') {
        change(child)
        runners.push(child)
      }
      return child
    }
    const pool = openPool({ runners: 1, launch, ...options })
    opened.push(() => pool.close())
    return { pool, started: () => [...runners], living: () => runners.filter(({ pid }) => isAlive(pid)) }
  }

  /** Has `act` done to the first children in place of sending them a run. */
  function insteadOfRuns(count: number, act: (child: ChildProcess) => void) {
    let left = count
    return (child: ChildProcess) => {
      const send = child.send.bind(child)
      vi.spyOn(child, 'send').mockImplementation((message) => (left-- > 0 ? (act(child), true) : send(message)))
    }
  }

  test('a child that dies while idle costs nothing', async () => {
    const { pool, started, living } = open()
    await until(() => expect(pool.trouble()).toBeUndefined())
    for (const child of started()) child.kill('SIGKILL')
    expect(await run(pool, good)).toMatchObject({ kind: 'Success' })
    await until(() => expect(living().length).toBeGreaterThan(1))
  })

  test('nor does one that dies before it began', async () => {
    const { pool, started } = open(
      {},
      insteadOfRuns(2, (child) => child.kill('SIGKILL')),
    )
    expect(await run(pool, good)).toMatchObject({ kind: 'Success', data: 1 })
    expect(started().filter(({ signalCode }) => signalCode === 'SIGKILL')).toHaveLength(2)
  })

  test('a job that no child ever begins is given up', async () => {
    const { pool } = open(
      {},
      insteadOfRuns(100, (child) => child.kill('SIGKILL')),
    )
    expect(await run(pool, good)).toMatchObject({ kind: 'Failure', failure: { code: 'SANDBOX_CRASH' } })
  })

  test('a child that dies in the middle of a run is a crash', async () => {
    const { pool, started } = open()
    const going = start(pool, jobOf(endless, { timeoutMs: 600_000 }))
    await going.logged('started')
    for (const child of started()) child.kill('SIGSEGV')
    expect(await going.outcome).toMatchObject({
      kind: 'Failure',
      failure: { code: 'SANDBOX_CRASH', message: 'The sandbox of the code crashed: signal SIGSEGV', retryable: true },
    })
    expect(await run(pool, good)).toMatchObject({ kind: 'Success' })
  })

  test('what a terminal or a service manager sends to all does not end a run', async () => {
    const { pool, started } = open()
    const code = `export default ({ console }) => { console.log('started'); return new Promise((r) => setTimeout(r, 200, 1)) }`
    const going = start(pool, jobOf(code))
    await going.logged('started')
    for (const child of started()) {
      child.kill('SIGINT')
      child.kill('SIGTERM')
    }
    expect(await going.outcome).toMatchObject({ kind: 'Success', data: 1 })
  })

  test.each([
    ['no object', 'hello'],
    ['a type that does not exist', { type: 'exit', id: 1 }],
    ['a line of no level', { type: 'logs', id: 1, lines: [['fatal', 1, 'x']], dropped: 0 }],
    ['a line that is too long', { type: 'logs', id: 1, lines: [['info', 1, 'x'.repeat(20_000)]], dropped: 0 }],
    ['a result that is not JSON', doneWith({ kind: 'success', json: '{' })],
    ['a result that is too long', doneWith({ kind: 'success', json: `"${'x'.repeat(1024 * 1024)}"` })],
    ['a negative amount', doneWith({ kind: 'memory' }, -1)],
    ['ready in the middle of a run', { type: 'ready' }],
  ])('a child that sends %s is killed', async (_what, message) => {
    const { pool, started, living } = open()
    const going = start(pool, jobOf(endless, { timeoutMs: 600_000 }))
    await going.logged('started')
    // Ids count up from 1, and this is the first.
    for (const child of started()) child.emit('message', message)
    expect(await going.outcome).toMatchObject({ failure: { code: 'SANDBOX_CRASH' } })
    await until(() => expect(living().length).toBeLessThan(started().length))
    expect(await run(pool, good)).toMatchObject({ kind: 'Success' })
  })

  test('what a child says about another run is ignored', async () => {
    const { pool, started } = open()
    const going = start(pool, jobOf(endless, { timeoutMs: 600_000 }))
    await going.logged('started')
    const forged = { ...doneWith({ kind: 'success', json: '"forged"' }), id: 2 }
    const lines = { type: 'logs', id: 0, lines: [['info', 1, 'forged']], dropped: 0 }
    for (const child of started()) for (const message of [forged, lines]) child.emit('message', message)
    expect(going.isOver()).toBe(false)
    expect(going.lines).toHaveLength(1)
    going.abort()
    expect(await going.outcome).toEqual({ kind: 'Interrupted' })
    for (const child of started()) child.emit('message', doneWith({ kind: 'success', json: '"late"' }))
    expect(await run(pool, good)).toMatchObject({ data: 1 })
  })

  test('after a timeout the child is gone, after an ordinary error it is used again', async () => {
    const { pool, started, living } = open()
    await until(() => expect(living()).toHaveLength(2))
    for (let n = 0; n < 5; n++) await run(pool, jobOf(`export default () => { throw new Error('x') }`))
    expect(started()).toHaveLength(2)
    await run(pool, jobOf('export default () => { for (;;); }', { timeoutMs: 50 }))
    await until(() => expect(started().map(({ signalCode }) => signalCode)).toContain('SIGKILL'))
  })

  test('it grows with what is asked, keeps one to spare as far as it may, and shrinks again', async () => {
    const { pool, living } = open({ runners: 4, idleMs: 50 })
    const going = Array.from({ length: 3 }, () => start(pool, jobOf(endless, { timeoutMs: 600_000 })))
    await Promise.all(going.map((it) => it.logged('started')))
    await until(() => expect(living()).toHaveLength(4))
    const last = start(pool, jobOf(endless, { timeoutMs: 600_000 }))
    await last.logged('started')
    expect(living()).toHaveLength(4)
    for (const it of [...going, last]) it.abort()
    await until(() => expect(living()).toHaveLength(2))
  })

  test('after closing no process is left', async () => {
    const { pool, started, living } = open({ runners: 2 })
    await run(pool, good)
    await pool.close()
    expect(started().length).toBeGreaterThan(0)
    expect(living()).toEqual([])
  })

  test('when no process starts, runs and checks are refused with the reason, until one does', async () => {
    const usual = createLaunch({ maxMemoryMb: 512, caps: defaultCaps, warn: () => {} })
    const warn = vi.fn<(message: string) => void>()
    let isBroken = true
    const broken = () =>
      spawn(process.execPath, ['-e', 'throw new TypeError("no luck")'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    const { pool } = open({ launch: (role) => (isBroken ? broken() : usual(role)), warn })
    const reason = 'The processes that run code do not start'
    await expect(run(pool, good)).rejects.toThrow(new UnavailableError(reason))
    expect(pool.trouble()).toMatch(
      /^The processes that run code do not start: \d+ tries failed, the next is \d00 ms later$/,
    )
    expect(warn).toHaveBeenCalledWith(`${reason}: exit code 1: TypeError: no luck`)
    await expect(pool.prepare({ language: 'JavaScript', code: 'export default 1' })).rejects.toThrow(UnavailableError)
    isBroken = false
    await until(() => expect(pool.trouble()).toBeUndefined())
    expect(await run(pool, good)).toMatchObject({ kind: 'Success' })
  })

  const linux = { skip: process.platform !== 'linux' }

  test('children know nothing of the environment and work in the root directory (Linux)', linux, async () => {
    vi.stubEnv('SECRET_OF_THE_SERVER', 'hush')
    const { pool, living } = open()
    await run(pool, good)
    const children = living()
    expect(children.length).toBeGreaterThan(0)
    for (const { pid } of children) {
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .filter(Boolean)
        .map((entry) => entry.split('=')[0])
      expect(names.sort()).toEqual(['MALLOC_ARENA_MAX', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'])
      expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max data size +\d{10} /)
    }
    vi.unstubAllEnvs()
  })

  test('children die with a server that is killed', async () => {
    const url = new URL('../src/executor/', import.meta.url)
    const server = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { defaultCaps } from '${new URL('../caps.ts', url)}'
        import { createLaunch } from '${url}launch.ts'
        import { openPool } from '${url}pool.ts'
        const usual = createLaunch({ maxMemoryMb: 512, caps: defaultCaps, warn: () => {} })
        const launch = (role) => { const child = usual(role); console.log('pid', child.pid); return child }
        const pool = openPool({ runners: 2, launch })
        const job = JSON.parse(process.argv[1])
        for (let n = 0; n < 2; n++) pool.run(job, { signal: new AbortController().signal, log: () => console.log('started') })`,
        JSON.stringify(jobOf(endless, { timeoutMs: 600_000 })),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const pids: number[] = []
    let started = 0
    for await (const line of createInterface(server.stdout)) {
      if (line.startsWith('pid ')) pids.push(Number(line.slice(4)))
      else if (++started === 2) break
    }
    expect(pids.length).toBeGreaterThan(2)
    server.kill('SIGKILL')
    await once(server, 'exit')
    await until(() => expect(pids.filter(isAlive)).toEqual([]))
  })
})

function doneWith(verdict: unknown, wallMs = 1) {
  return { type: 'done', id: 1, verdict, usage: { wallMs, cpuMs: 1, heapBytes: 1 } }
}

/** A process that nobody has waited for yet does not count. */
function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false
  if (existsSync('/proc/self/stat')) {
    try {
      return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
    } catch {
      return false
    }
  }
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
