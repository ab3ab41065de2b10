import { spawnSync } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually, refusedStart, request, startServer } from './harness.ts'
import { scratchDir } from './scratch.ts'
import { CreateEvent, GetEvent } from './operations.ts'

describe('a start that cannot succeed says why in one line', () => {
  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    const address = await new Promise<ReturnType<typeof other.address>>((resolve) =>
      other.on('listening', () => resolve(other.address())),
    )
    const port = typeof address === 'object' && address ? address.port : 0
    const { code, message } = await refusedStart({ DATA_DIR: await scratchDir(), PORT: String(port) })
    expect(code).toBe(1)
    expect(message).toMatch(new RegExp(`^Workcell cannot start\\. .*${port}.*\n$`))
  })

  test('a data directory that another server is using, which goes on', async () => {
    const DATA_DIR = await scratchDir()
    const first = await startServer({ DATA_DIR })
    const { code, message } = await refusedStart({ DATA_DIR })
    expect(code).toBe(1)
    expect(message.split('\n')).toHaveLength(2)
    expect(message).toContain(DATA_DIR)
    await eventually(async () => (await fetch(new URL('/ready', first.url))).status === 200 || undefined)
  })

  test('a data directory that is a file', async () => {
    const DATA_DIR = join(await scratchDir(), 'file')
    await writeFile(DATA_DIR, '')
    const { code, message } = await refusedStart({ DATA_DIR })
    expect(code).toBe(1)
    expect(message.split('\n')).toHaveLength(2)
    expect(message).toContain(DATA_DIR)
  })

  test('a data directory that cannot be written to', async (context) => {
    const DATA_DIR = await scratchDir()
    await chmod(DATA_DIR, 0o500)
    // Nothing but a read-only file system keeps root from writing.
    if (process.getuid?.() === 0) {
      const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', DATA_DIR])
      if (status !== 0) return context.skip('this root may not mount a file system')
      onTestFinished(() => void spawnSync('umount', ['-l', DATA_DIR]))
    }
    const { code, message } = await refusedStart({ DATA_DIR })
    expect(code).toBe(1)
    expect(message.split('\n')).toHaveLength(2)
    expect(message).toContain(DATA_DIR)
  })

  test('a data file of a newer version', async () => {
    const DATA_DIR = await scratchDir()
    const server = await startServer({ DATA_DIR })
    await server.kill('SIGTERM')
    const file = new DatabaseSync(join(DATA_DIR, 'workcell.db'))
    file.exec('PRAGMA user_version = 999')
    file.close()
    const { code, message } = await refusedStart({ DATA_DIR })
    expect(code).toBe(1)
    expect(message).toContain('999')
  })

  test.each([
    { PORT: 'abc' },
    { RUNNERS: '-1' },
    { API_KEY: 'x' },
    { HOST: '0.0.0.0' },
    { LOG_LEVEL: 'loud' },
    { MONGODB_URI: 'redis://127.0.0.1' },
    { REDIS_URL: 'redis://127.0.0.1' },
  ])('the environment %j', async (env) => {
    const { code, message } = await refusedStart({ DATA_DIR: await scratchDir(), ...env })
    expect(code).toBe(1)
    expect(message).toMatch(new RegExp(`^Workcell cannot start\\. ${Object.keys(env)[0]}: .*expected.*\n$`))
  })
})

test('everything is still there after a restart', async () => {
  const DATA_DIR = await scratchDir()
  const first = await startServer({ DATA_DIR })
  const { createEvent } = await request(first.url, CreateEvent, { input: { type: 'kept', input: [1, 'ä', null] } })
  if (!('event' in createEvent)) throw new Error(createEvent.message)
  await first.kill('SIGKILL')
  const second = await startServer({ DATA_DIR })
  const { event } = await request(second.url, GetEvent, { id: createEvent.event.id })
  expect(event).toEqual(createEvent.event)
})
