// A process that runs user code: one run at a time, each in an isolate of its own, made ready beforehand.
import { createBoot } from './boot.ts'
import { createChildCalls } from './child-calls.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { createSandbox } from './isolate.ts'
import { logBatch, usualMemoryMb } from './limits.ts'
import { givenCaps, openLink } from './link.ts'
import { isReplyMessage, isRunMessage, type RunMessage, type SentLine } from './protocol.ts'

const caps = givenCaps()
const boot = createBoot(caps)
const send = openLink(async (message) => {
  if (isRunMessage(message)) await run(message)
  // An answer may come after its run has ended.
  else if (isReplyMessage(message) && message.id === current?.id) current.inbox.put(message)
})
let current: { readonly id: number; readonly inbox: Inbox } | undefined
let sandbox = createSandbox(usualMemoryMb, boot)
send({ type: 'ready' })

async function run(message: RunMessage): Promise<void> {
  const { id, memoryMb } = message
  send({ type: 'started', id })
  if (memoryMb !== sandbox.memoryMb) renew(memoryMb)
  const logs = createLogBatch(id)
  const inbox = createInbox()
  current = { id, inbox }
  const calls = createChildCalls({ id, most: caps.calls, send, inbox })
  let waits = () => {
    waits = () => {}
    send({ type: 'waits', id })
  }
  const sink = { line: logs.add, dropped: logs.dropped, waits: () => waits(), ...calls }
  const { verdict, usage } = await sandbox.run(message, sink, inbox)
  current = undefined
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
