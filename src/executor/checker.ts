// A process that checks source and strips its types. It never runs any of it.
import { transformSync } from 'amaro'
import ivm from 'isolated-vm'
import { openLink } from './link.ts'
import { usualMemoryMb } from './limits.ts'
import { isCheckMessage, isRecord, type CheckResult } from './protocol.ts'
import { findImport, readSyntaxError } from './syntax.ts'

const send = openLink(async (message) => {
  if (!isCheckMessage(message)) return
  const { id, language, code } = message
  const result = await check(code, language === 'TypeScript' ? 'workflow.ts' : 'workflow.js')
  send({ type: 'checked', id, result })
  if (result.kind === 'ready' || !result.isSpent) send({ type: 'ready' })
})
// The first call compiles the stripper, which takes longer than most sources do.
strip('const warm: number = 1', 'workflow.ts')
send({ type: 'ready' })

async function check(code: string, file: string): Promise<CheckResult> {
  const stripped = file === 'workflow.ts' ? strip(code, file) : code
  if (typeof stripped !== 'string') return stripped
  const isolate = new ivm.Isolate({ memoryLimit: usualMemoryMb })
  try {
    const user = await isolate.compileModule(stripped, { filename: file })
    const problem = findImport(user, stripped)
    if (problem) return { kind: 'failure', ...problem, isSpent: false }
    const entry = await isolate.compileModule(`import 'user'; import work from 'user'`, { filename: 'sandbox:entry' })
    // Linking finds out whether there is a default export, and evaluates nothing.
    await entry.instantiate(await isolate.createContext(), () => user)
    return { kind: 'ready', script: stripped }
  } catch (error) {
    if (isolate.isDisposed)
      return { kind: 'failure', message: 'The code takes too much memory to compile', isSpent: true }
    return { kind: 'failure', ...readSyntaxError(error), isSpent: false }
  } finally {
    if (!isolate.isDisposed) isolate.dispose()
  }
}

/** The source with blanks in the place of types, so that lines and columns stay as they are. */
function strip(code: string, file: string): string | CheckResult {
  try {
    return transformSync(code, { mode: 'strip-only', filename: file }).code
  } catch (error) {
    // Anything but a report means that the stripper itself fell over its input. It may never work again.
    if (!isRecord(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') {
      return { kind: 'failure', message: 'The code is nested too deeply', isSpent: true }
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
