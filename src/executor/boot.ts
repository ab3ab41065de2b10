import { readFileSync } from 'node:fs'
import type ivm from 'isolated-vm'
import { sandboxLimits } from './limits.ts'

const files = [
  'primordials.js',
  'removals.js',
  'error-text.js',
  'inspect.js',
  'format.js',
  'failure.js',
  'result.js',
  'timers.js',
  'console.js',
  'main.js',
] as const

/** By the name under which they import each other. */
const sources: ReadonlyMap<string, string> = new Map([
  ['./limits.js', `export const limits = ${JSON.stringify(sandboxLimits)}`],
  ...files.map((file): [string, string] => [
    `./${file}`,
    readFileSync(new URL(`boot/${file}`, import.meta.url), 'utf8'),
  ]),
])

/** Loads our own modules into an isolate, before anything of the user gets there. */
export function bootIsolate(isolate: ivm.Isolate, context: ivm.Context) {
  const modules = new Map(
    [...sources].map(([name, source]) => [
      name,
      isolate.compileModuleSync(source, { filename: `sandbox:${name.slice(2)}` }),
    ]),
  )
  const find = (name: string) => {
    const found = modules.get(name)
    if (!found) throw new Error(`${name} is not among the boot modules`)
    return found
  }
  const main = find('./main.js')
  main.instantiateSync(context, find)
  main.evaluateSync()
  const exported = (name: string): ivm.Reference<(...values: unknown[]) => unknown> =>
    main.namespace.getSync(name, { reference: true })
  const untilNext: ivm.Reference<() => number> = main.namespace.getSync('untilNext', { reference: true })
  return { main, install: exported('install'), begin: exported('begin'), tick: exported('tick'), untilNext }
}
