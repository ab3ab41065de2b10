import ivm from 'isolated-vm'
import type { Caps } from '../caps.ts'
import { limitsInside } from './limits.ts'
import { moduleBody } from './modules.ts'

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
  'web-primordials.js',
  'web.js',
  'main.js',
] as const

const exportedBy = ['install', 'begin', 'run', 'tick', 'untilNext', 'connect', 'deliver']

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
modules['./modules.js'] = { registry: modules };
modules['./limits.js'] = { limits: ${JSON.stringify(limitsInside(caps))} };
${files.map(asFunction).join('\n')}
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
    return {
      main,
      install: exported('install'),
      connect: exported('connect'),
      begin: exported('begin'),
      tick: exported('tick'),
      deliver: exported('deliver'),
      untilNext,
    }
  }
}

function refuseImport(name: string): never {
  throw new Error(`The boot code imports ${name}`)
}

function asFunction(file: string): string {
  return `modules['./${file}'] = (() => {\n${moduleBody(file, (name) => `modules['${name}']`)}\n})();`
}
