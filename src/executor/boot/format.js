import { inspect } from './inspect.js'
import { limits } from './limits.js'
import {
  dateText,
  dateTime,
  attempt,
  functionText,
  hasOwn,
  indexOf,
  is,
  isArray,
  keysOf,
  reflect,
  slice,
  stringify,
  symbolText,
  toFloat,
  toInteger,
  toNumber,
  toText,
} from './primordials.js'
import { numberShown } from './quote.js'
import { unwrap } from './removals.js'

/** The arguments of a console call as one text, with Node's placeholders: `%s %d %i %f %j %o %O %c %%`. */
export function format(values) {
  if (values.length === 0) return ''
  let text = ''
  let next = 0
  if (typeof values[0] === 'string') {
    text = values[0]
    next = 1
    if (values.length > 1) {
      const filled = fill(values)
      text = filled.text
      next = filled.used
    }
  }
  for (; next < values.length; next++) {
    if (text.length > limits.lineLength) return text
    const value = values[next]
    text += (next === 0 ? '' : ' ') + (typeof value === 'string' ? value : inspect(value))
  }
  return text
}

function fill(values) {
  const template = values[0]
  let text = ''
  let used = 1
  let from = 0
  let at = indexOf(template, '%')
  for (; at !== -1 && at < template.length - 1; at = indexOf(template, '%', at)) {
    const kind = template[at + 1]
    if (kind === '%') text += slice(template, from, at + 1)
    else if (used < values.length && indexOf('sdifjoOc', kind) !== -1) {
      text += slice(template, from, at) + substitute(kind, values[used++])
    } else {
      at += 2
      continue
    }
    at += 2
    from = at
    if (text.length > limits.lineLength) break
  }
  return { __proto__: null, text: text + slice(template, from), used }
}

function substitute(kind, value) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  switch (kind) {
    case 's':
      return plainText(value)
    case 'd':
      return number(value, isObject, toNumber)
    case 'i':
      return number(value, isObject, toInteger)
    case 'f':
      return typeof value === 'bigint' ? toText(value) : number(value, isObject, toFloat)
    case 'j':
      return json(value, '', 0) ?? 'undefined'
    case 'o':
      return inspect(value, 4)
    case 'O':
      return inspect(value)
    default:
      return ''
  }
}

function plainText(value) {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return numberShown(value)
  if (typeof value === 'bigint') return `${toText(value)}n`
  if (typeof value === 'symbol') return symbolText(value)
  if (typeof value === 'function') return functionText(value)
  return typeof value === 'object' && value !== null ? inspect(value, 0) : toText(value)
}

/** Objects are no numbers here: making one of them would run `valueOf`. */
function number(value, isObject, convert) {
  if (typeof value === 'bigint') return `${toText(value)}n`
  return isObject || typeof value === 'symbol' ? 'NaN' : numberShown(convert(value))
}

/** JSON of what an object holds, without `toJSON` and getters. Undefined for what JSON has no place for. */
function json(given, key, depth) {
  const value = typeof given === 'object' && given !== null ? (unwrap(given) ?? undefined) : given
  if (typeof value === 'bigint') return `"${toText(value)}n"`
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : stringify(value)
  if (depth > limits.inspectJsonDepth) return '"[Circular]"'
  const time = key === undefined ? undefined : attempt(dateTime, value)
  if (time !== undefined) return is(time, NaN) ? 'null' : `"${dateText(value)}"`
  const isList = isArray(value)
  const keys = isList ? undefined : keysOf(value)
  const count = isList ? value.length : keys.length
  let text = ''
  for (let index = 0; index < count && text.length < limits.inspectLength; index++) {
    const name = isList ? index : keys[index]
    const found = reflect.getOwnPropertyDescriptor(value, name)
    const item = found !== undefined && hasOwn(found, 'value') ? json(found.value, name, depth + 1) : undefined
    if (item === undefined && !isList) continue
    text += (text === '' ? '' : ',') + (isList ? '' : `${stringify(name)}:`) + (item ?? 'null')
  }
  return isList ? `[${text}]` : `{${text}}`
}
