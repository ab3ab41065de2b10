// A process that checks source and strips its types. It never runs any of it.
import { transformSync } from 'amaro'
import ivm from 'isolated-vm'
import { givenCaps, openLink } from './link.ts'
import { deepest } from './nesting.ts'
import { usualMemoryMb } from './limits.ts'
import { isCheckMessage, isRecord, type CheckResult, type Position } from './protocol.ts'
import { findImport, readSyntaxError } from './syntax.ts'

const { sourceDepth } = givenCaps()
const tooDeep = 'The code is nested too deeply'
const send = openLink(async (message) => {
  if (!isCheckMessage(message)) return
  const { id, language, code } = message
  const result = check(code, language === 'TypeScript' ? 'workflow.ts' : 'workflow.js')
  send({ type: 'checked', id, result })
  if (result.kind === 'ready' || !result.isSpent) send({ type: 'ready' })
})
// The first call compiles the stripper, which takes longer than most sources do.
strip('const warm: number = 1', 'workflow.ts')
send({ type: 'ready' })

function check(code: string, file: string): CheckResult {
  const { depth, ...deep } = deepest(code)
  if (depth > sourceDepth) {
    const message = `${tooDeep}: expected at most ${sourceDepth} levels of brackets, got ${depth}`
    return { kind: 'failure', message, isSpent: false, ...deep }
  }
  const stripped = file === 'workflow.ts' ? strip(code, file, deep) : code
  if (typeof stripped !== 'string') return stripped
  const isolate = new ivm.Isolate({ memoryLimit: usualMemoryMb })
  try {
    const user = isolate.compileModuleSync(stripped, { filename: file })
    const problem = findImport(user, stripped)
    if (problem) return { kind: 'failure', ...problem, isSpent: false }
    const entry = isolate.compileModuleSync(`import 'user'; import work from 'user'`, { filename: 'sandbox:entry' })
    // Linking finds out whether there is a default export, and evaluates nothing.
    entry.instantiateSync(isolate.createContextSync(), () => user)
    return { kind: 'ready', script: stripped }
  } catch (error) {
    if (isolate.isDisposed)
      return { kind: 'failure', message: 'The code takes too much memory to compile', isSpent: true }
    // V8 has no place for what is too deep for it.
    const place = error instanceof RangeError ? deep : {}
    return { kind: 'failure', ...place, ...readSyntaxError(error), isSpent: false }
  } finally {
    if (!isolate.isDisposed) isolate.dispose()
  }
}

/** The source with blanks in the place of types, so that lines and columns stay as they are. */
function strip(code: string, file: string, deep: Partial<Position> = {}): string | CheckResult {
  try {
    return transformSync(code, { mode: 'strip-only', filename: file }).code
  } catch (error) {
    // Anything but a report means that the stripper itself fell over its input. It may never work again.
    if (!isRecord(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') {
      return { kind: 'failure', message: tooDeep, isSpent: true, ...deep }
    }
    const { message, startLine, startColumn } = error
    const position =
      typeof startLine === 'number' && typeof startColumn === 'number'
        ? { line: startLine, column: startColumn + 1 }
        : {}
    return { kind: 'failure', message: explain(message), isSpent: false, ...position }
  }
}

/** The stripper speaks of its own mode, which the user cannot know of. */
function explain(message: string): string {
  return message.replace(/ is not supported in strip-only mode$/, ' cannot be used: only types that can be erased can')
}
