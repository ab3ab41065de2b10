import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

/** What a child process is to load: texts of JavaScript by the URLs they stand at, and which of them comes first. */
export interface OwnModules {
  readonly entry: string
  readonly modules: Readonly<Record<string, string>>
}

/** By URL. Both roles share modules, and none changes while the server runs. */
const known = new Map<string, string>()

/**
 * The modules behind one of our own `.ts` files, without types. A child cannot strip them itself: the stripper of Node
 * is WebAssembly, which `--jitless` turns off, and each process would have to make it ready first.
 */
export function ownModules(file: string): OwnModules {
  const entry = new URL(file, import.meta.url).href
  const modules: Record<string, string> = {}
  const add = (url: string) => {
    if (Object.hasOwn(modules, url)) return
    const source = known.get(url) ?? strip(readFileSync(new URL(url), 'utf8'))
    known.set(url, source)
    modules[url] = source
    for (const [, specifier = ''] of source.matchAll(/^(?:import|export)\b[^'";]*'(\.[^']+\.ts)'/gm)) {
      add(new URL(specifier, url).href)
    }
  }
  add(entry)
  return { entry, modules }
}

/** Node says once on stderr that this function of it may still change. Its version is pinned, so nobody needs to know. */
function strip(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
