import type { Caps } from '../caps.ts'
import type { Failure, Outcome } from '../event.ts'
import type { Json } from '../json.ts'
import type { Job, LogLine, RunHost } from '../ports.ts'
import { createCalls } from './calls.ts'
import type { Child, ChildEnd } from './child-handle.ts'
import { failureOf, outOfMemory, sandboxCrash, timeout, type Origin } from './failures.ts'
import type { Fetcher } from './fetch-types.ts'
import { childGraceMs, sizeText } from './limits.ts'
import type { MemoryLimit } from './memory-watch.ts'
import type { CallMessage, ChildMessage, ChildUsage, SentLine } from './protocol.ts'

/** How long a child may take to say that it began, in milliseconds. */
const startMs = 5000
/** How much of the processor a run may use before it gives way to others, and how often that is looked at, in ms. */
const hurryMs = 100
/** After this time a run is none of those that end at once, in milliseconds. */
const youngMs = 50
const mb = 1024 * 1024

/**
 * The memory that a child may hold while it runs something: three times what the run may use, and for half a second at
 * most more than Node, a heap as large as it may be and some room besides. Where the run may use less than 64 MB, what
 * Node takes weighs more than three times that.
 */
function memoryLimitOf(memoryMb: number, baseRss: number): MemoryLimit {
  return memoryMb < 64
    ? { most: baseRss + (memoryMb + 64) * mb, lasting: Infinity }
    : { most: 3 * memoryMb * mb, lasting: baseRss + (1.25 * memoryMb + 64) * mb }
}

interface PoolHost extends RunHost {
  /** Called when the run waits for something or has gone on for a while: others need not wait for its end. */
  grownUp(): void
}

/**
 * Runs a job in a child that was taken for it, and gives the child back or kills it. Undefined: the child was lost
 * before any of the code ran, so the job can be run elsewhere as if nothing had happened.
 */
export function runIn(
  child: Child,
  id: number,
  job: Job,
  host: PoolHost,
  caps: Caps,
  fetcher: Fetcher,
): Promise<Outcome | undefined> {
  const { eventId, attempt, version, timeoutMs, memoryMb } = job
  const origin: Origin = { code: version.code, timeoutMs, memoryMb }
  const ended = Promise.withResolvers<Outcome | undefined>()
  const calls = createCalls({
    run: `${id}`,
    caps,
    fetcher,
    reply: (callId, json) => child.tell({ type: 'reply', id, callId, json }),
  })
  let startedAt: number | undefined
  let youngTimer: NodeJS.Timeout | undefined
  let hurryTimer: NodeJS.Timeout | undefined
  let lines = 0
  let length = 0
  let dropped = 0

  let timer = setTimeout(() => {
    child.kill('late')
    end(undefined)
  }, startMs)
  const interrupt = () => kill({ kind: 'Interrupted' })
  host.signal.addEventListener('abort', interrupt, { once: true })

  function end(outcome: Outcome | undefined): void {
    clearTimeout(timer)
    clearTimeout(youngTimer)
    clearInterval(hurryTimer)
    calls.end()
    host.signal.removeEventListener('abort', interrupt)
    ended.resolve(outcome)
  }

  /** Ends the run and the child at once. */
  function kill(outcome: Outcome): void {
    child.kill(outcome.kind === 'Failure' ? causeOf(outcome.failure) : 'interrupted')
    sayDropped('at least ')
    end(outcome)
  }

  function message(received: Exclude<ChildMessage, { type: 'ready' }>): void {
    if (received.type === 'started' && startedAt === undefined) start()
    else if (received.type === 'logs' && startedAt !== undefined) log(received.lines, received.dropped)
    else if (received.type === 'waits' && startedAt !== undefined) host.grownUp()
    else if (received.type === 'call' && startedAt !== undefined) call(received)
    else if (received.type === 'cancel' && startedAt !== undefined) calls.cancel(received.callId)
    else if (received.type === 'done' && startedAt !== undefined) done(received)
    else crash('it answered out of turn')
  }

  function start(): void {
    startedAt = performance.now()
    youngTimer = setTimeout(host.grownUp, youngMs)
    hurryTimer = setInterval(hurry, hurryMs)
    clearTimeout(timer)
    timer = setTimeout(
      () => kill({ kind: 'Failure', failure: timeout(origin), usage: used() }),
      timeoutMs + childGraceMs,
    )
  }

  function hurry(): void {
    if ((child.cpuUsed() ?? 0) < hurryMs) return
    clearInterval(hurryTimer)
    child.giveWay()
  }

  function log(sent: readonly SentLine[], withheld: number): void {
    dropped = withheld
    length += sent.reduce((sum, [, , text]) => sum + text.length, 0)
    if (lines + sent.length > caps.logLines || length > caps.logLength * 2) {
      crash('it logged more than it may')
      return
    }
    if (sent.length > 0) host.log(sent.map(([level, at, text]) => newLine(level, at, text)))
  }

  function call(received: CallMessage): void {
    const problem = calls.start(received)
    if (problem) crash(problem)
  }

  function newLine(level: LogLine['level'], at: number, text: string): LogLine {
    return { eventId, attempt, seq: ++lines, at, level, message: text }
  }

  function sayDropped(precision: string): void {
    if (dropped === 0) return
    const what = `${precision}${dropped} more ${dropped === 1 ? 'line was' : 'lines were'} dropped`
    const limit = `a run keeps at most ${caps.logLines} lines and ${sizeText(caps.logLength, 'characters')} of log`
    host.log([newLine('warn', Date.now(), `${what}: ${limit}`)])
  }

  function done({ verdict, usage }: Extract<ChildMessage, { type: 'done' }>): void {
    const data = verdict.kind === 'success' ? parseJson(verdict.json) : undefined
    if (verdict.kind === 'success' && data === undefined) {
      crash('its result is not JSON')
      return
    }
    const isStopped = verdict.kind === 'timeout' || verdict.kind === 'memory'
    // Code that was stopped may still be running somewhere in the child.
    const failure = verdict.kind === 'success' ? undefined : failureOf(verdict, origin)
    if (failure && isStopped) child.kill(causeOf(failure))
    else child.release()
    sayDropped(isStopped ? 'at least ' : '')
    if (failure) end({ kind: 'Failure', failure, usage: used(usage) })
    else if (data !== undefined) end({ kind: 'Success', data, usage: used(usage) })
  }

  function lost({ reason, outOfMemory: isMemory }: ChildEnd): void {
    if (startedAt === undefined) {
      end(undefined)
      return
    }
    sayDropped('at least ')
    const failure = isMemory ? outOfMemory(origin) : sandboxCrash(reason)
    end({ kind: 'Failure', failure, usage: used() })
  }

  function crash(reason: string): void {
    kill({ kind: 'Failure', failure: sandboxCrash(reason), usage: used() })
  }

  function used(usage?: ChildUsage) {
    const wallMs = performance.now() - (startedAt ?? performance.now())
    const { wallMs: wall, cpuMs, heapBytes } = usage ?? { wallMs, cpuMs: 0, heapBytes: 0 }
    return { wallMs: wall, cpuMs, heapBytes, logLines: lines }
  }

  if (host.signal.aborted) {
    interrupt()
    return ended.promise
  }
  child.send(
    {
      type: 'run',
      id,
      file: version.language === 'TypeScript' ? 'workflow.ts' : 'workflow.js',
      script: version.script,
      event: JSON.stringify(job.event),
      input: JSON.stringify(job.input),
      attempt,
      timeoutMs,
      memoryMb,
    },
    memoryLimitOf(memoryMb, child.baseRss() ?? 0),
    { message, lost },
  )
  return ended.promise
}

/** What the metrics call the end of a child that was killed for this. */
function causeOf({ code }: Failure): string {
  return code.toLowerCase()
}

/** Undefined: not JSON. */
function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}
