// What may happen to a server and to a disk while the server makes a backup, and what is left then.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { backUp } from '../../src/store/sqlite-backup.ts'
import { startServer } from '../harness.ts'
import { mountMemoryDisk } from '../memory-disk.ts'
import { scratchDir } from '../scratch.ts'
import { pendingEvent } from '../suites/store.ts'

/** Records, which a server does not run. */
const bigEvents = (count: number) =>
  Array.from({ length: count }, () => pendingEvent({ status: 'Success', input: 'x'.repeat(2 ** 20) }))

async function fillDataDir(megabytes: number): Promise<string> {
  const dataDir = await scratchDir()
  const store = openSqliteStore({ dataDir })
  for (let from = 0; from < megabytes; from += 5) await store.createEvents(bigEvents(5))
  await store.close()
  return dataDir
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a server that gets %s during a backup: an error that says so, nothing left, and the next one is made',
  async (signal) => {
    const dataDir = await fillDataDir(300)
    const places = await scratchDir()
    const server = await startServer({ DATA_DIR: dataDir })
    const file = join(places, 'backup.db')
    let code: Promise<number | null> | undefined
    const backingUp = backUp({ dataDir, file, progress: () => void (code ??= server.kill(signal)) })
    const expected = signal === 'SIGKILL' ? 'the server did not finish the copy' : 'the server is being stopped'
    await expect(backingUp).rejects.toThrow(expected)
    expect(await code).toBe(signal === 'SIGKILL' ? null : 0)
    expect(readdirSync(places)).toEqual([])

    const again = await startServer({ DATA_DIR: dataDir })
    expect(await backUp({ dataDir, file })).toEqual({ events: 300 })
    await again.kill('SIGTERM')
    expect(existsSync(join(dataDir, 'workcell.sock'))).toBe(false)
  },
)

test('a disk that is full of the backup: an error that says so, nothing left on it, and no write fails', async (context) => {
  const dir = await mountMemoryDisk('size=8m')
  if (dir === undefined) return context.skip('mounting a small file system needs root')
  const dataDir = await fillDataDir(30)
  const store = openSqliteStore({ dataDir })
  onTestFinished(() => store.close())
  let [isDone, written] = [false, 0]
  const writing = (async () => {
    for (; !isDone; written++) await store.createEvents([pendingEvent()])
  })()
  const outcome = await backUp({ dataDir, file: join(dir, 'backup.db') }).catch((error: unknown) => error)
  isDone = true
  await writing
  expect(outcome).toMatchObject({ name: 'BackupError', message: expect.stringContaining('disk is full') })
  expect(readdirSync(dir)).toEqual([])
  expect(await backUp({ dataDir, file: join(await scratchDir(), 'backup.db') })).toEqual({ events: 30 + written })
})
