import type ivm from 'isolated-vm'
import { sandboxLimits } from './limits.ts'
import type { Position } from './protocol.ts'

/** What is wrong with a source, and where if that is known. */
export type SyntaxProblem = { readonly message: string } & Partial<Position>

/** An error of V8 while it compiled or linked a user's module. */
export function readSyntaxError(error: unknown): SyntaxProblem {
  const text = error instanceof Error ? error.message : String(error)
  if (error instanceof RangeError) return { message: 'The code is nested too deeply' }
  if (text.startsWith(`The requested module 'user' does not provide an export named 'default'`)) {
    return { message: 'expected a default export, like: export default async ({ event, input }) => { ... }' }
  }
  const [, message, line, column] = /^(.*) \[workflow\.[jt]s:(\d+):(\d+)\]$/s.exec(text) ?? []
  if (message === undefined) return { message: text.slice(0, sandboxLimits.messageLength) }
  return { message: message.slice(0, sandboxLimits.messageLength), line: Number(line), column: Number(column) }
}

/** Undefined if a module imports nothing, which is the only way it can run. */
export function findImport(module: ivm.Module, source: string): SyntaxProblem | undefined {
  const [specifier] = module.dependencySpecifiers
  if (specifier === undefined) return undefined
  const message = `Cannot import ${JSON.stringify(specifier.slice(0, 200))}: a program is one file, without imports`
  // V8 does not say where, so this looks for the text of the specifier; escapes in it can hide it.
  const quoted = specifier.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const found = new RegExp(String.raw`\b(?:import|from)\s*(['"])${quoted}\1`).exec(source)
  if (!found) return { message }
  const before = source.slice(0, found.index)
  return { message, line: before.split('\n').length, column: found.index - before.lastIndexOf('\n') }
}
