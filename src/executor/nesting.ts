import type { Position } from './protocol.ts'

/** Words after which a slash begins a regular expression and not a division. */
const beforeExpression =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|do|else|instanceof|await|yield)$/

/** Where something begins that nests, or that is to be passed over. */
const tokens = /\/\/|\/\*|['"`()[\]{}/]/g
const ends = { "'": /\\[^]|'|\n/g, '"': /\\[^]|"|\n/g, '`': /\\[^]|`|\$\{/g } as const
const partOfRegExp = /\\.|[[\]/\n]/g
/**
 * How deep the brackets of a source nest, `${` of templates among them, and where the deepest one stands. One pass, and
 * no stack that could run out: parsers go down a level with each bracket, and some of them never come back. It reads
 * only as much of the language as it takes to pass over texts, comments and regular expressions.
 */
export function deepest(code: string): { readonly depth: number } & Position {
  const open: string[] = []
  let depth = 0
  let at = 0
  let index = 0
  let unclosedUntil = 0

  const enter = (bracket: string, where: number) => {
    if (open.push(bracket) <= depth) return
    depth = open.length
    at = where
  }

  /** Passes over a text, up to its end or to the next `${`. */
  const readText = (quote: keyof typeof ends) => {
    const pattern = ends[quote]
    pattern.lastIndex = index
    let found = pattern.exec(code)
    while (found?.[0].startsWith('\\')) found = pattern.exec(code)
    index = found ? pattern.lastIndex : code.length
    if (found?.[0] === '${') enter('${', found.index)
  }

  /** Passes over a regular expression, or over the slash alone if it divides. */
  const readSlash = (slash: number) => {
    // What is not closed by the end of its line is none, and then nothing before that end needs to be looked at again.
    if (slash < unclosedUntil || !expectsExpression(code, slash)) return
    let inClass = false
    partOfRegExp.lastIndex = index
    let found = partOfRegExp.exec(code)
    for (; found && found[0] !== '\n'; found = partOfRegExp.exec(code)) {
      if (found[0] === '/' && !inClass) {
        index = partOfRegExp.lastIndex
        return
      }
      if (found[0] === '[') inClass = true
      else if (found[0] === ']') inClass = false
    }
    unclosedUntil = found?.index ?? code.length
  }

  for (;;) {
    tokens.lastIndex = index
    const found = tokens.exec(code)
    if (!found) break
    index = tokens.lastIndex
    const [token] = found
    if (token === "'" || token === '"' || token === '`') readText(token)
    else if (token === '//') index = after(code, '\n', index)
    else if (token === '/*') index = after(code, '*/', index)
    else if (token === '/') readSlash(found.index)
    else if (token === '(' || token === '[' || token === '{') enter(token, found.index)
    else if (open.pop() === '${') readText('`')
  }
  return { depth, ...positionOf(code, at) }
}

function after(code: string, text: string, from: number): number {
  const at = code.indexOf(text, from)
  return at === -1 ? code.length : at + text.length
}

/** Whether an expression is expected at a place, by the few characters before it. */
function expectsExpression(code: string, index: number): boolean {
  const before = code.slice(Math.max(0, index - 40), index).trimEnd()
  return before === '' || /[(,=:[!&|?{};+\-*%~^<>]$/.test(before) || beforeExpression.test(before)
}

function positionOf(code: string, index: number): Position {
  let line = 1
  let start = 0
  for (let end = code.indexOf('\n'); end !== -1 && end < index; end = code.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  return { line, column: index - start + 1 }
}
