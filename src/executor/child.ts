// A process that runs user code: one run at a time, each in an isolate of its own, made ready beforehand.
import { createBoot } from './boot.ts'
import { createSandbox } from './isolate.ts'
import { logBatch, usualMemoryMb } from './limits.ts'
import { givenCaps, openLink } from './link.ts'
import { isRunMessage, type RunMessage, type SentLine } from './protocol.ts'

const boot = createBoot(givenCaps())
const send = openLink(async (message) => {
  if (isRunMessage(message)) await run(message)
})
let sandbox = createSandbox(usualMemoryMb, boot)
send({ type: 'ready' })

async function run(message: RunMessage): Promise<void> {
  const { id, memoryMb } = message
  send({ type: 'started', id })
  if (memoryMb !== sandbox.memoryMb) renew(memoryMb)
  const logs = createLogBatch(id)
  const { verdict, usage } = await sandbox.run(message, { line: logs.add, dropped: logs.dropped })
  logs.flush()
  send({ type: 'done', id, verdict, usage })
  // Code may still be running, or memory be lost: only the end of this process is certain to clear that away.
  if (verdict.kind === 'timeout' || verdict.kind === 'memory') return
  // Answer first: the next isolate takes a millisecond or two. Who asked for much memory often does so again.
  setImmediate(() => {
    renew(memoryMb)
    send({ type: 'ready' })
  })
}

function renew(memoryMb: number): void {
  sandbox.dispose()
  sandbox = createSandbox(memoryMb, boot)
}

/** Gathers log lines for a moment, so that a chatty run does not cost a message a line. */
function createLogBatch(id: number) {
  let lines: SentLine[] = []
  let length = 0
  let dropped = 0
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (lines.length === 0 && dropped === 0) return
    send({ type: 'logs', id, lines, dropped })
    lines = []
    length = 0
  }

  function schedule(): void {
    timer ??= setTimeout(flush, logBatch.ms)
  }

  return {
    flush,
    add: (line: SentLine) => {
      lines.push(line)
      length += line[2].length
      if (length >= logBatch.length) flush()
      else schedule()
    },
    dropped: (count: number) => {
      dropped = count
      schedule()
    },
  }
}
