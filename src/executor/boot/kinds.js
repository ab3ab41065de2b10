import { limits } from './limits.js'
import { isAmong, prefix } from './names.js'
import {
  BytesOf,
  attempt,
  bigIntValue,
  booleanValue,
  bufferSize,
  dataViewBuffer,
  dataViewOffset,
  dataViewSize,
  dateText,
  dateTime,
  is,
  isView,
  mapEntries,
  mapSize,
  min,
  nextEntry,
  nextValue,
  numberToText,
  numberValue,
  prototypes,
  push,
  regExpFlags,
  regExpSource,
  setSize,
  setValues,
  stringValue,
  symbolText,
  symbolValue,
  toText,
  viewLength,
  viewName,
} from './primordials.js'
import { numberShown, quote } from './quote.js'

/**
 * How the built-in kinds of objects look. Each is known by its prototype first, because asking a value of another kind
 * costs an error.
 */
export function kindOf(value, about, shape) {
  const { chain } = about
  if (isView(value)) {
    if (viewName(value) === undefined) dataView(value, about, shape)
    else typedArray(value, viewName(value), about, shape)
    return
  }
  kinds ??= allKinds()
  for (let index = 0; index < kinds.length; index++) {
    const { prototype, show, read } = kinds[index]
    if (!isAmong(prototype, chain)) continue
    const found = read === undefined ? value : attempt(read, value)
    if (found === undefined) continue
    show(value, found, about, shape)
    return
  }
}

let kinds

function allKinds() {
  return [
    kind('Map', map, mapSize),
    kind('Set', set, setSize),
    kind('Date', date, dateTime),
    kind('RegExp', regExp, regExpSource),
    kind('ArrayBuffer', buffer, bufferSize),
    kind('Promise', unknown('Promise', '<state unknown>')),
    kind('WeakMap', unknown('WeakMap', '<items unknown>')),
    kind('WeakSet', unknown('WeakSet', '<items unknown>')),
    kind('Number', boxed('Number', numberShown), numberValue),
    kind('String', boxed('String', quote), stringValue),
    kind('Boolean', boxed('Boolean', toText), booleanValue),
    kind(
      'BigInt',
      boxed('BigInt', (value) => `${toText(value)}n`),
      bigIntValue,
    ),
    kind('Symbol', boxed('Symbol', symbolText), symbolValue),
  ]
}

/** `read` throws for what is not of the kind. Without it the prototype has to do. */
function kind(name, show, read) {
  return { __proto__: null, prototype: prototypes[name], show, read }
}

function map(value, size, { constructor, tag, state, level }, shape) {
  shape.open = `${prefix(constructor, tag, 'Map', `(${size})`)}{`
  if (size === 0) return
  shape.fill = (parts) => {
    const entries = mapEntries(value)
    state.indent += 2
    for (let entry = nextEntry(entries); !entry.done && hasRoom(parts, state); entry = nextEntry(entries)) {
      const key = state.show(entry.value[0], state, level + 1)
      push(parts, `${key} => ${state.show(entry.value[1], state, level + 1)}`)
    }
    state.indent -= 2
    addRest(parts, size)
  }
}

function set(value, size, { constructor, tag, state, level }, shape) {
  shape.open = `${prefix(constructor, tag, 'Set', `(${size})`)}{`
  if (size === 0) return
  shape.fill = (parts) => {
    const items = setValues(value)
    state.indent += 2
    for (let item = nextValue(items); !item.done && hasRoom(parts, state); item = nextValue(items))
      push(parts, state.show(item.value, state, level + 1))
    state.indent -= 2
    addRest(parts, size)
  }
}

function hasRoom(parts, state) {
  return parts.length < state.items && state.left > 0
}

function addRest(parts, size) {
  const more = size - parts.length
  if (more > 0) push(parts, `... ${more} more item${more > 1 ? 's' : ''}`)
}

function date(value, time, { constructor, tag }, shape) {
  const head = prefix(constructor, tag, 'Date')
  shape.base = (head === 'Date ' ? '' : head) + (is(time, NaN) ? 'Invalid Date' : dateText(value))
}

function regExp(value, source, { constructor, tag }, shape) {
  const head = prefix(constructor, tag, 'RegExp')
  shape.base = `${head === 'RegExp ' ? '' : head}/${source}/${regExpFlags(value)}`
}

function boxed(type, text) {
  return (_value, found, { constructor, tag, keys }, shape) => {
    let base = `[${type}`
    if (type !== constructor) base += constructor === null ? ' (null prototype)' : ` (${constructor})`
    shape.base = `${base}: ${text(found)}]${tag !== '' && tag !== constructor ? ` [${tag}]` : ''}`
    if (type === 'String') dropIndexes(keys, found.length)
  }
}

/** The characters of a String object are properties of it. */
function dropIndexes(keys, count) {
  const dropped = min(count, keys.length)
  for (let index = dropped; index < keys.length; index++) keys[index - dropped] = keys[index]
  keys.length -= dropped
}

function unknown(type, text) {
  return (_value, _found, { constructor, tag }, shape) => {
    shape.open = `${prefix(constructor, tag, type)}{`
    shape.fill = (parts) => push(parts, text)
  }
}

function typedArray(value, type, { constructor, tag, state }, shape) {
  const length = viewLength(value)
  shape.open = `${prefix(constructor, tag === '' ? type : tag, type, `(${length})`)}[`
  shape.close = ']'
  shape.isList = true
  if (length === 0) return
  shape.fill = (parts) => {
    for (let index = 0; index < length && hasRoom(parts, state); index++) {
      const item = value[index]
      push(parts, typeof item === 'bigint' ? `${toText(item)}n` : numberShown(item))
    }
    addRest(parts, length)
  }
}

function buffer(value, size, { constructor, tag }, shape) {
  shape.open = `${prefix(constructor, tag, 'ArrayBuffer')}{`
  shape.fill = (parts) => {
    push(parts, contents(value, size))
    push(parts, `[byteLength]: ${size}`)
  }
}

function contents(value, size) {
  const bytes = attempt(bytesOf, value)
  if (bytes === undefined) return '(detached)'
  let text = ''
  for (let index = 0; index < min(size, limits.inspectItems); index++) {
    const byte = numberToText(bytes[index], 16)
    text += `${index === 0 ? '' : ' '}${byte.length === 1 ? '0' : ''}${byte}`
  }
  const more = size - limits.inspectItems
  return `[Uint8Contents]: <${text}${more > 0 ? ` ... ${more} more byte${more > 1 ? 's' : ''}` : ''}>`
}

function bytesOf(value) {
  return new BytesOf(value)
}

function dataView(value, { constructor, tag, state, level }, shape) {
  shape.open = `${prefix(constructor, tag, 'DataView')}{`
  shape.fill = (parts) => {
    push(parts, `[byteLength]: ${attempt(dataViewSize, value) ?? 0}`)
    push(parts, `[byteOffset]: ${attempt(dataViewOffset, value) ?? 0}`)
    state.indent += 2
    push(parts, `[buffer]: ${state.show(dataViewBuffer(value), state, level + 1)}`)
    state.indent -= 2
  }
}
