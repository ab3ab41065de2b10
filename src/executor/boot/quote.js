import {
  charCodeAt,
  includes,
  is,
  numberToText,
  regExpExec,
  repeat,
  slice,
  symbolText,
  toText,
  toUpperCase,
} from './primordials.js'
import { limits } from './limits.js'

const plainKey = /^[a-zA-Z_][a-zA-Z_0-9]*$/
/** Quotes, backslashes, control characters and surrogates. */
const special = /[^ -&(-[\]-~\u00a0-\ud7ff\ue000-\uffff]/
const short = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 92: '\\\\' }

/** A text in the quotes that it contains least of, with its control characters escaped. */
export function quote(text) {
  if (regExpExec(special, text) === null) return `'${text}'`
  const mark = !includes(text, "'") || !includes(text, '"') ? (includes(text, "'") ? '"' : "'") : tick(text)
  let quoted = mark
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index)
    if (code >= 0xd800 && code < 0xdc00 && isLow(text, index + 1)) {
      index++
      continue
    }
    const escaped = escapeOf(code, mark)
    if (escaped === undefined) continue
    quoted += slice(text, from, index) + escaped
    from = index + 1
  }
  return quoted + slice(text, from) + mark
}

function tick(text) {
  return includes(text, '`') || includes(text, '${') ? "'" : '`'
}

function isLow(text, index) {
  const code = index < text.length ? charCodeAt(text, index) : 0
  return code >= 0xdc00 && code < 0xe000
}

function escapeOf(code, mark) {
  if (code === 39) return mark === "'" ? "\\'" : undefined
  if (code in short) return short[code]
  if (code < 32 || (code >= 127 && code < 160))
    return `\\x${code < 16 ? '0' : ''}${toUpperCase(numberToText(code, 16))}`
  return code >= 0xd800 && code < 0xe000 ? `\\u${numberToText(code, 16)}` : undefined
}

/** A text as an item: a long one in its lines, each a text of its own, as far as the width does not hold it. */
export function quoteText(given, indent) {
  const more = given.length - limits.inspectText
  const text = more > 0 ? slice(given, 0, limits.inspectText) : given
  const rest = more > 0 ? `... ${more} more character${more > 1 ? 's' : ''}` : ''
  if (text.length <= 16 || text.length <= limits.inspectWidth - indent - 4) return quote(text) + rest
  let lines = ''
  let from = 0
  for (let index = 0; index < text.length; index++) {
    if (charCodeAt(text, index) !== 10 && index !== text.length - 1) continue
    lines += (from === 0 ? '' : ` +\n${repeat(' ', indent + 2)}`) + quote(slice(text, from, index + 1))
    from = index + 1
  }
  return lines + rest
}

export function keyText(key) {
  if (typeof key === 'symbol') return symbolShown(key)
  if (key === '__proto__') return "['__proto__']"
  const text = key.length > limits.nameLength ? `${slice(key, 0, limits.nameLength)}…` : key
  return regExpExec(plainKey, text) !== null ? text : quote(text)
}

function symbolShown(symbol) {
  const text = symbolText(symbol)
  if (regExpExec(special, text) === null) return text
  return slice(quote(text), 1, -1)
}

export function numberShown(number) {
  return is(number, -0) ? '-0' : toText(number)
}
