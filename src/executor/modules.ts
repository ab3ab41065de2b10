import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

/**
 * The text of one of our own modules as the body of a function that returns its exports. It reads the few forms of
 * `import` and `export` that the boot modules are written in, each on lines of its own, and throws at any other.
 * `lookUp` makes the expression that stands for another module.
 */
export function moduleBody(file: string, lookUp: (name: string) => string): string {
  const source = readFileSync(new URL(`boot/${file}`, import.meta.url), 'utf8')
  const names: string[] = []
  const body = source
    .replaceAll(/^import (\{[^}]*\}) from '([^']+)'$/gm, (_match, bindings: string, from: string) => {
      return `const ${bindings.replaceAll(' as ', ': ')} = ${lookUp(`./${posix.join(posix.dirname(file), from)}`)}`
    })
    .replaceAll(/^import '[^']+'$/gm, '')
    .replaceAll(/^export ((?:async )?function|const|class) (\w+)/gm, (_match, kind: string, name: string) => {
      names.push(name)
      return `${kind} ${name}`
    })
    .replaceAll(/^export (const )?\{([^}]*)\}/gm, (_match, isConst: string | undefined, list: string) => {
      names.push(...list.split(',').flatMap((name) => name.trim() || []))
      return isConst ? `const {${list}}` : ''
    })
  const left = /^(import|export)\b.*$/m.exec(body)
  if (left) throw new Error(`boot/${file} has a form of import or export that is not understood: ${left[0]}`)
  return `${body}\nreturn { ${names.join(', ')} }`
}
