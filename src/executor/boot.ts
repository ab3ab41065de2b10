import { readFileSync } from 'node:fs'
import ivm from 'isolated-vm'
import type { Caps } from '../caps.ts'
import { limitsInside } from './limits.ts'

/** Each after those it imports from. */
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

const exportedBy = ['install', 'begin', 'run', 'tick', 'untilNext']

/** What takes the script's exports from where it left them, before anything of the user gets there. */
const handover = `export const { ${exportedBy.join(', ')} } = globalThis.boot\ndelete globalThis.boot`

/** Loads our own modules into an isolate, before anything of the user gets there. */
export type Boot = ReturnType<typeof createBoot>

/**
 * Our own modules as one script. V8 takes a script's compiled form from a cache but not a module's, and with ten files
 * to compile that makes an isolate ready in half the time.
 */
export function createBoot(caps: Caps) {
  const script = `'use strict'; { const modules = Object.create(null);
modules['./limits.js'] = { limits: ${JSON.stringify(limitsInside(caps))} };
${files.map((file) => asFunction(file, readFileSync(new URL(`boot/${file}`, import.meta.url), 'utf8'))).join('\n')}
globalThis.boot = modules['./main.js'] }`
  // Made here, from our own text, for this very V8: the only kind of compiled code that may be trusted.
  const made: ivm.Script & ivm.CachedDataResult = new ivm.Isolate().compileScriptSync(script, {
    produceCachedData: true,
  })

  return (isolate: ivm.Isolate, context: ivm.Context) => {
    const cached = made.cachedData ? { cachedData: made.cachedData } : {}
    isolate.compileScriptSync(script, { filename: 'sandbox:boot', ...cached }).runSync(context)
    const main = isolate.compileModuleSync(handover, { filename: 'sandbox:main' })
    main.instantiateSync(context, refuseImport)
    main.evaluateSync()
    const exported = (name: string): ivm.Reference<(...values: unknown[]) => unknown> =>
      main.namespace.getSync(name, { reference: true })
    const untilNext: ivm.Reference<() => number> = main.namespace.getSync('untilNext', { reference: true })
    return { main, install: exported('install'), begin: exported('begin'), tick: exported('tick'), untilNext }
  }
}

function refuseImport(name: string): never {
  throw new Error(`The boot code imports ${name}`)
}

/**
 * A module as a function that returns its exports. It reads the few forms of `import` and `export` that the boot
 * modules are written in, each on lines of its own, and throws at any other.
 */
function asFunction(file: string, source: string): string {
  const names: string[] = []
  const body = source
    .replaceAll(/^import (\{[^}]*\}) from '([^']+)'$/gm, (_match, bindings: string, from: string) => {
      return `const ${bindings.replaceAll(' as ', ': ')} = modules['${from}']`
    })
    .replaceAll(/^import '[^']+'$/gm, '')
    .replaceAll(/^export ((?:async )?function|const) (\w+)/gm, (_match, kind: string, name: string) => {
      names.push(name)
      return `${kind} ${name}`
    })
    .replaceAll(/^export (const )?\{([^}]*)\}/gm, (_match, isConst: string | undefined, list: string) => {
      names.push(...list.split(',').flatMap((name) => name.trim() || []))
      return isConst ? `const {${list}}` : ''
    })
  const left = /^(import|export)\b.*$/m.exec(body)
  if (left) throw new Error(`boot/${file} has a form of import or export that is not understood: ${left[0]}`)
  return `modules['./${file}'] = (() => {\n${body}\nreturn { ${names.join(', ')} }\n})();`
}
