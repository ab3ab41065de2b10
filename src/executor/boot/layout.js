import { limits } from './limits.js'
import { floor, includes, join, max, min, padEnd, padStart, push, repeat, round, sqrt } from './primordials.js'

// How the parts of a value share lines. The rules are those of Node's `util.inspect`, so that the same value looks the
// same here and there.

/** The most of the inner levels that may share a line. */
const compact = 3

/**
 * The parts of one value between its braces. `level`: how deep it is. `numbers`: it is a list of nothing but numbers;
 * undefined if it is no list.
 */
export function arrange(state, parts, base, open, close, level, numbers) {
  const head = base === '' ? open : `${base} ${open}`
  const rows = numbers !== undefined && parts.length > 6 ? inColumns(state, parts, numbers) : parts
  if (state.innermost - level < compact && rows.length === parts.length) {
    const start = rows.length + state.indent + open.length + base.length + 10
    if (fits(state, rows, start) && !includes(base, '\n')) {
      const line = join(rows, ', ')
      if (!includes(line, '\n')) return `${head} ${line} ${close}`
    }
  }
  const indent = `\n${repeat(' ', state.indent)}`
  return `${head}${indent}  ${join(rows, `,${indent}  `)}${indent}${close}`
}

function fits(state, rows, start) {
  let length = rows.length + start
  for (let index = 0; index < rows.length && length <= state.width; index++) length += rows[index].length
  return length <= state.width
}

/** A long list as a table of columns, if its items are of like length. */
function inColumns(state, parts, numbers) {
  const hasRest = parts.length > limits.inspectItems
  const count = hasRest ? parts.length - 1 : parts.length
  let total = 0
  let longest = 0
  for (let index = 0; index < count; index++) {
    total += parts[index].length + 2
    longest = max(longest, parts[index].length)
  }
  const widest = longest + 2
  if (widest * 3 + state.indent >= state.width || (total / widest <= 5 && longest > 6)) return parts
  const bias = max(widest - 3 - sqrt(widest - total / parts.length), 1)
  const columns = min(
    round(sqrt(2.5 * bias * count) / bias),
    floor((state.width - state.indent) / widest),
    compact * 4,
    15,
  )
  if (columns <= 1) return parts
  const widths = []
  for (let column = 0; column < columns; column++) {
    let width = 0
    for (let index = column; index < count; index += columns) width = max(width, parts[index].length)
    push(widths, width + 2)
  }
  const rows = []
  for (let from = 0; from < count; from += columns)
    push(rows, row(parts, from, min(from + columns, count), widths, numbers))
  if (hasRest) push(rows, parts[count])
  return rows
}

function row(parts, from, to, widths, numbers) {
  let text = ''
  for (let index = from; index < to; index++) {
    const width = widths[index - from]
    const isLast = index === to - 1
    if (numbers) text += isLast ? padStart(parts[index], width - 2) : padStart(`${parts[index]}, `, width)
    else text += isLast ? parts[index] : padEnd(`${parts[index]}, `, width)
  }
  return text
}
