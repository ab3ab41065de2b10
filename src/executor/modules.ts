import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

/** What is imported, and under which name. */
type Binding = readonly [name: string, local: string]

/**
 * The text of one of our own modules with statements in the place of its imports and without the word `export`, and the
 * names that it exports. It reads the few forms of both that the boot modules are written in, each on lines of its own,
 * and throws at any other. `importing` makes the statement for an import from another module.
 */
export function readModule(file: string, importing: (bindings: readonly Binding[], from: string) => string) {
  const source = readFileSync(new URL(`boot/${file}`, import.meta.url), 'utf8')
  const names: string[] = []
  const body = source
    .replaceAll(/^import \{([^}]*)\} from '([^']+)'$/gm, (_match, list: string, from: string) => {
      const bindings = namesIn(list).map((binding): Binding => {
        const [name = '', local = name] = binding.split(' as ')
        return [name, local]
      })
      return importing(bindings, posix.join(posix.dirname(file), from))
    })
    .replaceAll(/^import '[^']+'$/gm, '')
    .replaceAll(/^export ((?:async )?function|const|class) (\w+)/gm, (_match, kind: string, name: string) => {
      names.push(name)
      return `${kind} ${name}`
    })
    .replaceAll(/^export (const )?\{([^}]*)\}/gm, (_match, isConst: string | undefined, list: string) => {
      names.push(...namesIn(list))
      return isConst ? `const {${list}}` : ''
    })
  const left = /^(import|export)\b.*$/m.exec(body)
  if (left) throw new Error(`boot/${file} has a form of import or export that is not understood: ${left[0]}`)
  return { body, names }
}

/** A module as the body of a function that is given `library`, which finds other modules, and returns its exports. */
export function moduleBody(file: string): string {
  const { body, names } = readModule(file, (bindings, from) => {
    return `const { ${bindings.map((binding) => binding.join(': ')).join(', ')} } = library('./${from}')`
  })
  return `${body}\nreturn { __proto__: null, ${names.join(', ')} }`
}

function namesIn(list: string): string[] {
  return list.split(',').flatMap((name) => name.trim() || [])
}

/** Without what V8 would only copy: comments on lines of their own, and characters that make it keep two bytes each. */
export function plain(text: string): string {
  return text
    .replaceAll(/^ *\/\/.*\n/gm, '')
    .replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, '')
    .replaceAll(/[^\n -~]/g, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
