import { errorText } from './error-text.js'
import { limits } from './limits.js'
import {
  bufferSize,
  dateText,
  dateTime,
  functionText,
  is,
  isArray,
  isError,
  isView,
  join,
  mapEach,
  mapSize,
  min,
  numberValue,
  booleanValue,
  push,
  reflect,
  regExpText,
  regExpExec,
  repeat,
  replaceAll,
  setEach,
  setSize,
  slice,
  startsWith,
  stringValue,
  stringify,
  symbolText,
  toText,
  viewLength,
  viewName,
} from './primordials.js'

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const lineWidth = 72

/**
 * A value as Node would show it, to `depth` levels, bounded in size. Never throws and never calls a getter. A Proxy
 * cannot be told from what it stands for, so its traps may be called.
 */
export function inspect(value, depth = limits.inspectDepth) {
  const state = { left: limits.inspectLength, seen: [], depth }
  try {
    return show(value, state, 0)
  } catch {
    return '[a value that cannot be shown]'
  }
}

function show(value, state, level) {
  const text =
    typeof value === 'object' && value !== null ? showObject(value, state, level) : showPlain(value, state, level)
  state.left -= text.length
  return text
}

function showPlain(value, state, level) {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return is(value, -0) ? '-0' : toText(value)
  if (typeof value === 'bigint') return `${toText(value)}n`
  if (typeof value === 'symbol') return symbolText(value)
  if (typeof value !== 'function') return toText(value)
  const base = functionBase(value)
  const keys = visibleKeys(value)
  return keys.length === 0 ? base : showBody(`${base} `, '{', '}', properties(value, keys, state, level), level)
}

function showObject(value, state, level) {
  for (let index = 0; index < state.seen.length; index++) if (state.seen[index] === value) return '[Circular]'
  if (level > state.depth) return isArray(value) ? '[Array]' : `[${className(value) ?? 'Object: null prototype'}]`
  if (state.left <= 0) return '…'
  push(state.seen, value)
  const text = showContents(value, state, level)
  state.seen.length--
  return text
}

function showContents(value, state, level) {
  const special = isError(value)
    ? replaceAll(errorText(value, limits.causeLength), '\n', `\n${repeat('  ', level)}`)
    : attempt(boxed, value)
  const name = className(value)
  const keys = visibleKeys(value)
  if (special !== undefined) {
    return keys.length === 0 ? special : showBody(`${special} `, '{', '}', properties(value, keys, state, level), level)
  }
  if (isArray(value))
    return showList(name === 'Array' ? '' : `${name}(${value.length}) `, value, value.length, state, level)
  if (isView(value)) {
    const kind = viewName(value)
    if (kind === undefined) return 'DataView {}'
    return showList(`${kind}(${viewLength(value)}) `, value, viewLength(value), state, level)
  }
  const entries = attempt(mapEntries, value, state, level) ?? attempt(setEntries, value, state, level)
  if (entries !== undefined) return showBody(`${name}(${entries.size}) `, '{', '}', entries.parts, level)
  const bytes = attempt(bufferSize, value)
  if (bytes !== undefined) return `ArrayBuffer { byteLength: ${bytes} }`
  const head = name === undefined ? '[Object: null prototype] ' : name === 'Object' ? '' : `${name} `
  return showBody(head, '{', '}', properties(value, keys, state, level), level)
}

/** The result of a function that throws when the value is of another kind. */
function attempt(read, value, state, level) {
  try {
    return read(value, state, level)
  } catch {
    return undefined
  }
}

function boxed(value) {
  const time = attempt(dateTime, value)
  if (time !== undefined) return is(time, NaN) ? 'Invalid Date' : dateText(value)
  const number = attempt(numberValue, value)
  if (number !== undefined) return `[Number: ${is(number, -0) ? '-0' : toText(number)}]`
  const string = attempt(stringValue, value)
  if (string !== undefined) return `[String: ${quote(string)}]`
  const flag = attempt(booleanValue, value)
  if (flag !== undefined) return `[Boolean: ${toText(flag)}]`
  // The text of a RegExp is made with getters that a subclass may override.
  return attempt(hasRegExpSlots, value) ? regExpText(value) : undefined
}

const sourceOf = reflect.getOwnPropertyDescriptor(RegExp.prototype, 'source').get

function hasRegExpSlots(value) {
  reflect.apply(sourceOf, value, [])
  return value !== RegExp.prototype && reflect.getPrototypeOf(value) === RegExp.prototype
}

function mapEntries(value, state, level) {
  const size = mapSize(value)
  const parts = []
  mapEach(value, (item, key) => {
    if (!isFull(parts, state)) push(parts, `${show(key, state, level + 1)} => ${show(item, state, level + 1)}`)
  })
  return { size, parts: withRest(parts, size) }
}

function setEntries(value, state, level) {
  const size = setSize(value)
  const parts = []
  setEach(value, (item) => {
    if (!isFull(parts, state)) push(parts, show(item, state, level + 1))
  })
  return { size, parts: withRest(parts, size) }
}

function showList(head, value, length, state, level) {
  const parts = []
  const shown = min(length, limits.inspectItems)
  for (let index = 0; index < shown && !isFull(parts, state); index++) push(parts, property(value, index, state, level))
  return showBody(head, '[', ']', withRest(parts, length), level)
}

function properties(value, keys, state, level) {
  const parts = []
  for (let index = 0; index < keys.length && !isFull(parts, state); index++) {
    const key = keys[index]
    const name =
      typeof key === 'symbol' ? `[${symbolText(key)}]` : regExpExec(identifier, key) !== null ? key : quote(key)
    push(parts, `${name}: ${property(value, key, state, level)}`)
  }
  return withRest(parts, keys.length)
}

function property(value, key, state, level) {
  const found = reflect.getOwnPropertyDescriptor(value, key)
  if (found === undefined) return '<empty item>'
  if (found.get !== undefined) return found.set === undefined ? '[Getter]' : '[Getter/Setter]'
  return found.set === undefined ? show(found.value, state, level + 1) : '[Setter]'
}

function isFull(parts, state) {
  return parts.length >= limits.inspectItems || state.left <= 0
}

function withRest(parts, total) {
  const rest = total - parts.length
  if (rest > 0) push(parts, `... ${rest} more item${rest === 1 ? '' : 's'}`)
  return parts
}

function showBody(head, open, close, parts, level) {
  if (parts.length === 0) return `${head}${open}${close}`
  const line = `${head}${open} ${join(parts, ', ')} ${close}`
  const pad = repeat('  ', level)
  const isShort = line.length + pad.length <= lineWidth && replaceAll(line, '\n', '') === line
  return isShort ? line : `${head}${open}\n${pad}  ${join(inRows(parts), `,\n${pad}  `)}\n${pad}${close}`
}

/** Puts many short parts next to each other. */
function inRows(parts) {
  const rows = []
  for (let index = 0; index < parts.length; index++) {
    const last = rows[rows.length - 1]
    const fits = parts[index].length <= 16 && last !== undefined && last.length + parts[index].length < lineWidth
    if (parts.length > 6 && fits) rows[rows.length - 1] = `${last}, ${parts[index]}`
    else push(rows, parts[index])
  }
  return rows
}

/** Own enumerable keys, without the indexes of what is shown as a list, and with the cause of an error. */
function visibleKeys(value) {
  const keys = []
  if (isArray(value) || isView(value)) return keys
  const all = reflect.ownKeys(value)
  for (let index = 0; index < all.length; index++) {
    if (reflect.getOwnPropertyDescriptor(value, all[index])?.enumerable) push(keys, all[index])
    else if (all[index] === 'cause' && isError(value)) push(keys, 'cause')
  }
  return keys
}

/** Name of the constructor, read without calling getters. Undefined for an object without a prototype. */
function className(value) {
  let prototype = reflect.getPrototypeOf(value)
  for (let depth = 0; prototype !== null && depth < 100; depth++) {
    const constructor = reflect.getOwnPropertyDescriptor(prototype, 'constructor')?.value
    if (typeof constructor === 'function') {
      const name = reflect.getOwnPropertyDescriptor(constructor, 'name')?.value
      if (typeof name === 'string' && name !== '') return slice(name, 0, limits.nameLength)
    }
    prototype = reflect.getPrototypeOf(prototype)
  }
  return undefined
}

function functionBase(value) {
  const found = reflect.getOwnPropertyDescriptor(value, 'name')?.value
  const name = typeof found === 'string' && found !== '' ? slice(found, 0, limits.nameLength) : undefined
  if (startsWith(functionText(value), 'class')) return `[class ${name ?? '(anonymous)'}]`
  const kind = className(value) ?? 'Function'
  return name === undefined ? `[${kind} (anonymous)]` : `[${kind}: ${name}]`
}

function quote(text) {
  const cut = text.length > limits.inspectLength ? `${slice(text, 0, limits.inspectLength)}…` : text
  const escaped = slice(stringify(cut), 1, -1)
  return `'${replaceAll(replaceAll(escaped, '\\"', '"'), "'", "\\'")}'`
}
