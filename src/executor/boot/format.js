import { inspect } from './inspect.js'
import { indexOf, isError, join, push, slice, stringify, toFloat, toInteger, toNumber, toText } from './primordials.js'

/** The arguments of a console call as one text, with Node's placeholders: `%s %d %i %f %j %o %O %c %%`. */
export function format(values) {
  const parts = []
  let next = 0
  if (typeof values[0] === 'string' && values.length > 1) {
    const { text, used } = fill(values)
    push(parts, text)
    next = used
  }
  for (; next < values.length; next++)
    push(parts, typeof values[next] === 'string' ? values[next] : inspect(values[next]))
  return join(parts, ' ')
}

function fill(values) {
  const template = values[0]
  let text = ''
  let used = 1
  let from = 0
  for (;;) {
    const at = indexOf(template, '%', from)
    if (at === -1 || at === template.length - 1) break
    const kind = template[at + 1]
    text += slice(template, from, at)
    from = at + 2
    if (kind === '%') text += '%'
    else if (used >= values.length || indexOf('sdifjoOc', kind) === -1) text += `%${kind}`
    else text += substitute(kind, values[used++])
  }
  return { text: text + slice(template, from), used }
}

function substitute(kind, value) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  switch (kind) {
    case 's':
      if (typeof value === 'string') return value
      return isObject && !isError(value) ? inspect(value, 0) : inspect(value)
    case 'd':
      return isObject || typeof value === 'symbol' ? 'NaN' : number(value, toNumber)
    case 'i':
      return isObject || typeof value === 'symbol' ? 'NaN' : number(value, toInteger)
    case 'f':
      return isObject || typeof value === 'symbol' ? 'NaN' : number(value, toFloat)
    case 'j':
      return json(value)
    case 'o':
      return inspect(value, 4)
    case 'O':
      return inspect(value)
    default:
      return ''
  }
}

function number(value, convert) {
  return typeof value === 'bigint' ? `${toText(value)}n` : inspect(convert(value))
}

/** Calls `toJSON` and getters of the user, who asked for it. */
function json(value) {
  try {
    return stringify(value) ?? 'undefined'
  } catch {
    return inspect(value)
  }
}
