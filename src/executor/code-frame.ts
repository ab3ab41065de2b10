import type { Position } from './protocol.ts'

/** Characters of a line that are shown; a longer one is cut around the column. */
const width = 100

/** The line at a position with its neighbours and a caret. Null if the source has no such place. */
export function codeFrame(source: string, { line, column }: Position): string | null {
  const lines = linesAround(source, line)
  const wanted = lines.find(({ number }) => number === line)
  if (!wanted || column < 1 || column > wanted.text.length + 1) return null
  const from = Math.max(0, Math.min(column - 1 - width / 2, wanted.text.length - width))
  const digits = String(line + 1).length
  return lines
    .flatMap(({ number, text }) => {
      const isWanted = number === line
      const row =
        `${isWanted ? '>' : ' '} ${String(number).padStart(digits)} | ${text.slice(from, from + width)}`.trimEnd()
      if (!isWanted) return [row]
      // Tabs stay tabs, so that the caret stands below its character whatever their width.
      const indent = text.slice(from, column - 1).replaceAll(/[^\t]/g, ' ')
      return [row, `  ${' '.repeat(digits)} | ${indent}^`]
    })
    .join('\n')
}

/** Without splitting the whole source, which may be a megabyte. */
function linesAround(source: string, line: number): { readonly number: number; readonly text: string }[] {
  const found = []
  let from = 0
  for (let number = 1; number <= line + 1; number++) {
    const end = source.indexOf('\n', from)
    if (number >= line - 1)
      found.push({ number, text: source.slice(from, end === -1 ? undefined : end).replace(/\r$/, '') })
    if (end === -1) break
    from = end + 1
  }
  return found
}
