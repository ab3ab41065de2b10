import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Answer } from './sqlite-backup-service.ts'
import { answerShape } from './sqlite-backup-service.ts'

/** How long a server may take to say how far it has got, in milliseconds. Its last step waits for the disk. */
const patienceMs = 300_000
/** There is no socket, nobody behind it, or its name is too long for one. */
const nobody = new Set(['ENOENT', 'ECONNREFUSED', 'EINVAL', 'ENAMETOOLONG', 'ENOTSUP', 'EOPNOTSUPP'])

export interface BackupRequest {
  readonly socket: string
  /** The copy, an absolute path. */
  readonly file: string
  readonly progress: (copied: number, total: number) => void
}

/** How the server that uses a data directory answered. `alone`: it does not, or there is none. */
export type Answered = Exclude<Answer, { copied: number }>

/** Has the server that uses a data directory copy its data file. When this process ends, the server stops. */
export async function askServer({ socket, file, progress }: BackupRequest): Promise<Answered> {
  const server = connect(socket)
  let trouble: NodeJS.ErrnoException | undefined
  server.on('error', (error: NodeJS.ErrnoException) => (trouble = error))
  server.setTimeout(patienceMs, () => server.destroy(new Error('it has not answered for five minutes')))
  server.write(`${JSON.stringify({ backup: file })}\n`)
  const lines = createInterface({ input: server })
  // It passes on those of what it reads from.
  lines.on('error', (error) => (trouble = error))
  const answered = new Promise<Answered>((resolve) => {
    lines.on('line', (line) => {
      const answer = parse(line)
      if (!answer) resolve({ error: `the server answered ${JSON.stringify(line.slice(0, 100))}` })
      else if ('copied' in answer) progress(answer.copied, answer.total)
      else resolve(answer)
    })
    // After every line that came.
    server.on('close', () => {
      if (nobody.has(trouble?.code ?? '')) resolve({ alone: 'there is no server' })
      resolve({ error: `the server did not finish the copy: ${trouble?.message ?? 'it was stopped'}` })
    })
  })
  return answered.finally(() => server.destroy())
}

function parse(line: string): Answer | undefined {
  try {
    return answerShape.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}
