import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { onTestFinished } from 'vitest'

/** Another process that began to read a data file and does not let go until it is killed. */
export async function startReader(file: string): Promise<ChildProcessByStdio<null, Readable, null>> {
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const db = new DatabaseSync(${JSON.stringify(file)}, { readOnly: true })
    db.exec('BEGIN')
    db.prepare('SELECT count(*) FROM events').get()
    console.log('reading')
    setInterval(() => {}, 1000)
  `
  const reader = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void reader.kill('SIGKILL'))
  await once(reader.stdout, 'data')
  return reader
}
