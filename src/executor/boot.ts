import ivm from 'isolated-vm'
import type { Caps } from '../caps.ts'
import { limitsInside } from './limits.ts'
import { plain, readModule } from './modules.ts'

/** Each after those it imports from. */
const files = [
  'primordials.js',
  'removals.js',
  'error-text.js',
  'names.js',
  'quote.js',
  'layout.js',
  'error-look.js',
  'kinds.js',
  'inspect.js',
  'format.js',
  'table.js',
  'failure.js',
  'recall.js',
  'result.js',
  'timers.js',
  'console.js',
  'web-primordials.js',
  'web.js',
  'main.js',
] as const

const exportedBy = ['install', 'begin', 'run', 'tick', 'untilNext', 'deliver', 'recall']

/** What takes the script's exports from where it left them, before anything of the user gets there. */
const handover = `export const { ${exportedBy.join(', ')} } = globalThis.boot\ndelete globalThis.boot`

/** Loads our own modules into an isolate, before anything of the user gets there. */
export type Boot = ReturnType<typeof createBoot>

/**
 * Our own modules as one script. V8 takes a script's compiled form from a cache but not a module's, and with ten files
 * to compile that makes an isolate ready in half the time.
 */
export function createBoot(caps: Caps) {
  const modules = files.map(asBlock)
  const script = `'use strict'; { let ${modules.flatMap(({ variables }) => variables).join(', ')};
const limits$limits = { __proto__: null, ...${JSON.stringify(limitsInside(caps))} };
const modules$registry = { __proto__: null, './limits.js': () => ({ __proto__: null, limits: limits$limits }) };
${plain(modules.map(({ text }) => text).join('\n'))}
globalThis.boot = { __proto__: null, ${exportedBy.map((name) => `${name}: ${variableOf('main.js', name)}`).join(', ')} } }`
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
      begin: exported('begin'),
      tick: exported('tick'),
      // Most runs make no calls, and their errors are caught inside.
      deliver: () => exported('deliver'),
      recall: () => exported('recall'),
      untilNext,
    }
  }
}

function refuseImport(name: string): never {
  throw new Error(`The boot code imports ${name}`)
}

/**
 * A module as a function that is called at once and leaves its exports in variables around it. An object for them would
 * cost more than all else that a module does, so it is only made when a part that is loaded later asks for it.
 */
function asBlock(file: string): { readonly variables: readonly string[]; readonly text: string } {
  const { body, names } = readModule(file, (bindings, from) => {
    return `const ${bindings.map(([name, local]) => `${local} = ${variableOf(from, name)}`).join(', ')}`
  })
  const handing = names.map((name) => `${variableOf(file, name)} = ${name}`).join('; ')
  const exported = names.map((name) => `${name}: ${variableOf(file, name)}`).join(', ')
  return {
    variables: names.map((name) => variableOf(file, name)),
    text: `(() => {\n${body}\n${handing}\n})();
modules$registry['./${file}'] = () => ({ __proto__: null, ${exported} });`,
  }
}

/** The variable that an export of a module is in. */
function variableOf(file: string, name: string): string {
  return `${file.replace(/\.js$/, '').replaceAll(/\W/g, '_')}$${name}`
}
