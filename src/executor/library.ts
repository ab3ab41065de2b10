import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix, relative, sep } from 'node:path'
import { moduleBody, plain } from './modules.ts'

/**
 * Code of ours that an isolate loads only when a run first uses it. Each is the body of a function that is given
 * `library`, which finds the exports of another one, and returns its own. `./web` gives all modules of `boot/web/` at
 * once, as JSON by their names: to hand one over takes longer than to keep those that are not used.
 */
export function readLibrary(name: string): string {
  // Asked for once by the one isolate that there is, for what it draws from it.
  if (name === 'seed') return randomBytes(32).toString('base64')
  const known = texts.get(name)
  if (known !== undefined) return known
  const text = textOf(name)
  texts.set(name, text)
  return text
}

const texts = new Map<string, string>()

/** Whatever goes wrong with a file, code of users is not told where it is. */
function textOf(name: string): string {
  try {
    const bundled = bundles[name]
    return bundled ? asText(name.slice(2), bundle(bundled)) : webModules()
  } catch {
    throw new Error(`${name} cannot be loaded`)
  }
}

function webModules(): string {
  const files = readdirSync(new URL('boot/web', import.meta.url)).map((file) => `web/${file}`)
  return JSON.stringify(Object.fromEntries(files.map((file) => [`./${file}`, asText(file, moduleBody(file))])))
}

/** Named, so that its frames can be told from those of the user. */
function asText(file: string, body: string): string {
  return plain(`'use strict'\n${body}\n//# sourceURL=sandbox:${file}`)
}

interface Bundle {
  /** Modules of core-js, run in this order. */
  readonly files: readonly string[]
  /** What they define as globals, and the bundle exports. */
  readonly names: readonly string[]
}

const bundles: Readonly<Record<string, Bundle>> = {
  './core-js/url': {
    files: [
      'modules/web.url.js',
      'modules/web.url.can-parse.js',
      'modules/web.url.parse.js',
      'modules/web.url.to-json.js',
      'modules/web.url-search-params.js',
    ],
    names: ['URL', 'URLSearchParams'],
  },
  './core-js/structured-clone': { files: ['modules/web.structured-clone.js'], names: ['structuredClone'] },
}

/**
 * CommonJS modules of core-js, with all they require, as one function body. They define what they define on an object
 * that stands for the global one, so that nothing else of theirs is left behind.
 */
function bundle({ files, names }: Bundle): string {
  const root = dirname(createRequire(import.meta.url).resolve('core-js/package.json'))
  const bodies = new Map<string, string>()
  const add = (file: string): void => {
    if (bodies.has(file)) return
    bodies.set(file, '')
    const source = readFileSync(join(root, file), 'utf8')
    const body = source.replaceAll(/\brequire\('(\.[^']+)'\)/g, (_match, path: string) => {
      const found = relative(root, join(root, dirname(file), path.endsWith('.js') ? path : `${path}.js`))
      const name = found.split(sep).join(posix.sep)
      add(name)
      return `require('${name}')`
    })
    bodies.set(file, `'${file}': function (module, exports, require, globalThis) {\n${body}\n}`)
  }
  for (const file of files) add(file)
  return `const { coreGlobals } = library('./web/core-globals.js')
const scope = coreGlobals()
// They look whether these are there already, and would find the global that is about to be loaded.
let ${names.join(', ')}
const files = { __proto__: null, ${[...bodies.values()].join(',\n')} }
const loaded = { __proto__: null }
function require(name) {
  const module = loaded[name] ?? (loaded[name] = { exports: {} })
  const file = files[name]
  files[name] = undefined
  if (file) file(module, module.exports, require, scope)
  return module.exports
}
${files.map((file) => `require('${file}')`).join('\n')}
return { __proto__: null, ${names.map((name) => `${name}: scope.${name}`).join(', ')} }`
}
