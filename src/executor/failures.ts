import { codeFrame } from './code-frame.ts'
import type { Failure } from '../event.ts'
import type { Position, Verdict } from './protocol.ts'

/** What every failure of a run is told of. */
export interface Origin {
  /** The source as the user wrote it. */
  readonly code: string
  readonly timeoutMs: number
  readonly memoryMb: number
}

/** The failure behind a verdict, in the user's terms. */
export function failureOf(verdict: Exclude<Verdict, { kind: 'success' }>, origin: Origin): Failure {
  switch (verdict.kind) {
    case 'error': {
      const { name, message, stack, retryable } = isImport(verdict, origin.code)
        ? { ...verdict, message: noImports, stack: verdict.stack.replace('Not supported', noImports), retryable: false }
        : verdict
      return located(
        { code: 'USER_ERROR', name, message, stack: stack || null, retryable },
        origin.code,
        topFrame(stack, `${name}: ${message}`),
      )
    }
    case 'syntax':
      return syntaxFailure(verdict, origin.code)
    case 'badResult':
      return located({ code: 'BAD_RESULT', name: 'BadResult', message: verdict.message, stack: null, retryable: false })
    case 'timeout':
      return timeout(origin, verdict.stack)
    case 'memory':
      return outOfMemory(origin)
  }
}

const noImports = 'Cannot import: a program is one file, without imports'

/** V8 refuses `import()` with an error that says too little. It is known by the line it points at. */
function isImport({ message, stack }: { readonly message: string; readonly stack: string }, code: string): boolean {
  const at = message === 'Not supported' ? topFrame(stack) : undefined
  return at !== undefined && /\bimport\s*\(/.test(code.split('\n', at.line)[at.line - 1] ?? '')
}

export function syntaxFailure(problem: { readonly message: string } & Partial<Position>, code: string): Failure {
  const { message, line, column } = problem
  const at = line !== undefined && column !== undefined ? { line, column } : undefined
  return located({ code: 'SYNTAX_ERROR', name: 'SyntaxError', message, stack: null, retryable: false }, code, at)
}

/** `frames`: where the code was when it was stopped, if that is known. */
export function timeout({ code, timeoutMs }: Origin, frames = ''): Failure {
  const message = `The code ran longer than its limit of ${timeoutMs} ms`
  const stack = frames === '' ? null : `Timeout: ${message}\n${frames}`
  return located({ code: 'TIMEOUT', name: 'Timeout', message, stack, retryable: true }, code, topFrame(frames))
}

export function outOfMemory({ memoryMb }: Origin): Failure {
  const message = `The code used more memory than its limit of ${memoryMb} MB`
  return located({ code: 'OUT_OF_MEMORY', name: 'OutOfMemory', message, stack: null, retryable: true })
}

export function sandboxCrash(reason: string): Failure {
  const message = `The sandbox of the code crashed: ${reason}`
  return located({ code: 'SANDBOX_CRASH', name: 'SandboxCrash', message, stack: null, retryable: true })
}

type Unlocated = Omit<Failure, 'codeFrame' | 'line' | 'column'>

function located(failure: Unlocated, code = '', at?: Position): Failure {
  // A frame of code made by `eval` can carry any numbers: without a line to show there is no position either.
  const frame = at ? codeFrame(code, at) : null
  return {
    ...failure,
    codeFrame: frame,
    line: frame === null ? null : (at?.line ?? null),
    column: frame === null ? null : (at?.column ?? null),
  }
}

/** The place of the first frame. `headline` comes before the frames, and a line in it may look like one. */
function topFrame(stack: string, headline = ''): Position | undefined {
  const frames = stack.startsWith(headline) ? stack.slice(headline.length) : stack
  const [, line, column] = /^ {4}at .*?workflow\.[jt]s:(\d{1,9}):(\d{1,9})/m.exec(frames) ?? []
  return line === undefined || column === undefined ? undefined : { line: Number(line), column: Number(column) }
}
