import ivm from 'isolated-vm'
import type { Boot } from './boot.ts'
import type { Inbox } from './inbox.ts'
import { readLibrary } from './library.ts'
import { isolateGraceMs } from './limits.ts'
import type { ChildUsage, RunMessage, SentLine, Verdict } from './protocol.ts'
import { findImport, readSyntaxError } from './syntax.ts'
import { uncaught, userFrames } from './thrown.ts'

/** What a run says while it goes on. */
export interface Sink {
  line(line: SentLine): void
  /** How many lines were not let through so far. */
  dropped(count: number): void
  /** Nothing is to be done before something outside happens. */
  waits(): void
  /** The code asks for something outside. What comes of it belongs into the inbox. */
  call(callId: number, op: string, json: string): void
}

/** An isolate that is ready for one run. */
export interface Sandbox {
  readonly memoryMb: number
  /** To be called once. Never rejects. */
  run(message: RunMessage, sink: Sink, inbox: Inbox): Promise<{ readonly verdict: Verdict; readonly usage: ChildUsage }>
  dispose(): void
}

const entrySource = `import work from 'user'\nimport { run } from './main.js'\nrun(work)`

export function createSandbox(memoryMb: number, boot: Boot): Sandbox {
  // Called when V8 has lost control: the thread of the isolate is parked for ever, only this process can still tell.
  const broken = Promise.withResolvers<Verdict>()
  const isolate = new ivm.Isolate({
    memoryLimit: memoryMb,
    onCatastrophicError: () => broken.resolve({ kind: 'memory' }),
  })
  const context = isolate.createContextSync()
  const { main, install, begin, tick, deliver, recall, untilNext } = boot(isolate, context)
  const entry = isolate.compileModuleSync(entrySource, { filename: 'sandbox:entry' })
  let sink: Sink | undefined
  let reported: Verdict | undefined
  let answered: ReturnType<typeof deliver> | undefined

  install.applySync(undefined, [
    new ivm.Callback((...line: SentLine) => sink?.line(line), { ignored: true }),
    new ivm.Callback((count: number) => sink?.dropped(count), { ignored: true }),
    new ivm.Callback((...report: Report) => (reported = readReport(report)), { ignored: true }),
    new ivm.Callback((...call: [number, string, string]) => sink?.call(...call), { ignored: true }),
    // Waited for, but only once for each part of our own code that a run comes to need.
    new ivm.Callback(readLibrary),
  ])

  async function execute(message: RunMessage, inbox: Inbox, deadline: number): Promise<Verdict> {
    const remaining = () => deadline - performance.now()

    /** One stretch of user code, with the microtasks that follow. Its verdict, if the run ended in it. */
    async function stretch(start: (options: { timeout: number }) => Promise<unknown>): Promise<Verdict | undefined> {
      try {
        await start({ timeout: Math.max(1, Math.ceil(remaining())) })
        return reported
      } catch (error) {
        // Told apart by what happened, never by what the error says: user code can throw any text.
        if (isolate.isDisposed) return { kind: 'memory' }
        if (remaining() <= 0) return { kind: 'timeout', stack: userFrames(error) }
        // What is told from inside knows more of an error than the copy that left by itself.
        return reported?.kind === 'error' ? reported : await recalled(error)
      }
    }

    /** An error that left by itself, as it is told from inside if it can still be found there. */
    async function recalled(error: unknown): Promise<Verdict> {
      const copy = uncaught(error)
      if (copy.kind !== 'error') return copy
      try {
        const known = [copy.message, userFrames(error)]
        await recall().apply(undefined, known, { timeout: Math.max(1, Math.ceil(remaining())) })
      } catch (late) {
        if (isolate.isDisposed) return { kind: 'memory' }
        if (remaining() <= 0) return { kind: 'timeout', stack: userFrames(late) }
      }
      return reported?.kind === 'error' ? reported : copy
    }

    try {
      const user = isolate.compileModuleSync(message.script, { filename: message.file })
      const problem = findImport(user, message.script)
      if (problem) return { kind: 'syntax', ...problem }
      entry.instantiateSync(context, (specifier) => (specifier === 'user' ? user : main))
      begin.applySync(undefined, [message.event, message.input, message.attempt])
    } catch (error) {
      return isolate.isDisposed ? { kind: 'memory' } : { kind: 'syntax', ...readSyntaxError(error) }
    }
    let verdict = await stretch((options) => entry.evaluate(options))
    while (!verdict) {
      const delay: number = untilNext.applySync()
      // Timers that are due together follow each other at once: a pause costs a millisecond at least.
      if (delay !== 0) {
        sink?.waits()
        await inbox.wait(Math.max(0, Math.ceil(delay < 0 ? remaining() : Math.min(delay, remaining()))))
      }
      if (remaining() <= 0) return { kind: 'timeout', stack: '' }
      // Only as many as are there now, so that timers get their turn.
      for (const { callId, json } of inbox.take()) {
        verdict ??= await stretch((options) => (answered ??= deliver()).apply(undefined, [callId, json], options))
      }
      if (delay >= 0) verdict ??= await stretch((options) => tick.apply(undefined, [], options))
    }
    return verdict
  }

  return {
    memoryMb,
    async run(message, runSink, inbox) {
      sink = runSink
      const startedAt = performance.now()
      const cpuBefore = isolate.cpuTime
      // A single long call of a built-in cannot be stopped by V8: then this answers, and the process is killed.
      const expired = Promise.withResolvers<Verdict>()
      const expire = () => expired.resolve({ kind: 'timeout', stack: '' })
      const timer = setTimeout(expire, message.timeoutMs + isolateGraceMs)
      const ended = execute(message, inbox, startedAt + message.timeoutMs)
      const verdict = await Promise.race([ended, broken.promise, expired.promise])
      clearTimeout(timer)
      return { verdict, usage: measure(isolate, startedAt, cpuBefore, verdict) }
    },
    dispose: () => isolate.dispose(),
  }
}

type Report = readonly [
  kind: 'success' | 'badResult' | 'error',
  first: string,
  message: string,
  stack: string,
  retryable: number,
]

function readReport([kind, first, message, stack, retryable]: Report): Verdict {
  if (kind === 'success') return { kind, json: first }
  if (kind === 'badResult') return { kind, message: first }
  return { kind, name: first, message, stack, retryable: retryable === 1 }
}

function measure(isolate: ivm.Isolate, startedAt: number, cpuBefore: bigint, verdict: Verdict): ChildUsage {
  const wallMs = performance.now() - startedAt
  if (isolate.isDisposed || verdict.kind === 'memory') return { wallMs, cpuMs: 0, heapBytes: 0 }
  const cpuMs = Number(isolate.cpuTime - cpuBefore) / 1e6
  // Statistics need the isolate's lock, which code that is still running does not give back.
  if (verdict.kind === 'timeout') return { wallMs, cpuMs, heapBytes: 0 }
  const heap = isolate.getHeapStatisticsSync()
  return { wallMs, cpuMs, heapBytes: heap.used_heap_size + heap.externally_allocated_size }
}
