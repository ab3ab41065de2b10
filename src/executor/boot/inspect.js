import { errorBase } from './error-look.js'
import { limits } from './limits.js'
import { arrange } from './layout.js'
import { kindOf } from './kinds.js'
import { constructorName, functionBase, isAmong, prefix, prototypesOf, tagOf } from './names.js'
import {
  attempt,
  bareList,
  hasOwn,
  isArray,
  isEnumerable,
  isError,
  isView,
  keysOf,
  prototypes,
  push,
  reflect,
  regExpExec,
  slice,
  symbolText,
  toNumber,
  toText,
  viewLength,
} from './primordials.js'
import { isProxy, targetOf } from './removals.js'
import { keyText, numberShown, quoteText } from './quote.js'

/**
 * A value as Node would show it, to `depth` levels, bounded in size. Never throws, and runs no code of the user: no
 * getter, no `toString`, no `toJSON`, no trap of a proxy.
 */
export function inspect(value, depth = limits.inspectDepth, width = limits.inspectWidth, items = limits.inspectItems) {
  const state = {
    __proto__: null,
    depth,
    width,
    items,
    left: limits.inspectLength,
    indent: 0,
    innermost: 0,
    seen: bareList(),
    circles: bareList(),
    show,
  }
  try {
    return show(value, state, 0)
  } catch {
    return '[a value that cannot be shown]'
  }
}

function show(value, state, level) {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject) return spend(primitive(value, state), state)
  if (!isProxy(value)) return showObject(value, state, level)
  const target = targetOf(value)
  return target === null ? '<Revoked Proxy>' : `Proxy(${show(target, state, level)})`
}

function spend(text, state) {
  state.left -= text.length
  return text
}

function primitive(value, state) {
  if (typeof value === 'string') return quoteText(value, state.indent)
  if (typeof value === 'number') return numberShown(value)
  if (typeof value === 'bigint') return `${toText(value)}n`
  return typeof value === 'symbol' ? symbolText(value) : toText(value)
}

function showObject(value, state, level) {
  if (isAmong(value, state.seen)) return `[Circular *${circle(value, state)}]`
  const chain = prototypesOf(value)
  const constructor = constructorName(value, chain)
  const tag = tagOf(value)
  const keys = isArray(value) || isView(value) ? extraKeys(value) : visibleKeys(value)
  const found = looks(value, { __proto__: null, chain, constructor, tag, keys, state, level })
  const { base, open, close, fill } = found
  if (keys.length === 0 && fill === undefined) return spend(base === '' ? open + close : base, state)
  if (level > state.depth) {
    const name = slice(prefix(constructor, tag, isArray(value) ? 'Array' : 'Object'), 0, -1)
    return spend(constructor === null ? name : `[${name}]`, state)
  }
  if (state.left <= 0) return '…'
  state.seen[state.seen.length] = value
  state.innermost = level + 1
  const parts = []
  if (fill !== undefined) fill(parts)
  addProperties(parts, value, keys, state, level)
  state.seen.length--
  const number = circleOf(value, state)
  const ref = number === -1 ? '' : `<ref *${number}>`
  return arrange(
    state,
    parts,
    ref === '' || base === '' ? ref + base : `${ref} ${base}`,
    open,
    close,
    level + 1,
    found.isList,
  )
}

function circleOf(value, state) {
  for (let index = 0; index < state.circles.length; index++) if (state.circles[index] === value) return index + 1
  return -1
}

function circle(value, state) {
  const known = circleOf(value, state)
  if (known !== -1) return known
  state.circles[state.circles.length] = value
  return state.circles.length
}

/** How a value begins and ends, and what adds to `parts` what is no property of it. */
function looks(value, about) {
  const { chain, constructor, tag, state, level } = about
  const shape = { __proto__: null, base: '', open: '{', close: '}', fill: undefined, isList: undefined }
  if (isArray(value)) {
    const size = value.length
    shape.open = constructor === 'Array' && tag === '' ? '[' : `${prefix(constructor, tag, 'Array', `(${size})`)}[`
    shape.close = ']'
    if (size > 0) shape.fill = (parts) => (shape.isList = addItems(parts, value, size, state, level))
    shape.isList = false
  } else if (typeof value === 'function') shape.base = functionBase(value, chain, constructor, tag)
  else if (isError(value) || isAmong(prototypes.Error, chain)) shape.base = errorBase(value, about)
  else kindOf(value, about, shape)
  if (shape.open === '{' && shape.base === '') {
    if (constructor === 'Object' && tag === '') {
      if (isArguments(value, chain)) shape.open = '[Arguments] {'
    } else shape.open = `${prefix(constructor, tag, 'Object')}{`
  }
  return shape
}

function isArguments(value, chain) {
  const callee = chain[0] === prototypes.Object ? reflect.getOwnPropertyDescriptor(value, 'callee') : undefined
  return callee !== undefined && !callee.enumerable && hasOwn(value, Symbol.iterator)
}

/** True if all items that are shown are numbers. */
function addItems(parts, value, length, state, level) {
  let keys
  let at = 0
  let index = 0
  let numbers = true
  while (index < length && parts.length < state.items && state.left > 0) {
    const found = reflect.getOwnPropertyDescriptor(value, index)
    if (found !== undefined) {
      const item = hasOwn(found, 'value') ? found.value : undefined
      numbers &&= typeof item === 'number' || typeof item === 'bigint'
      push(parts, described(found, state, level))
      index++
      continue
    }
    keys ??= keysOf(value)
    while (at < keys.length && toNumber(keys[at]) < index) at++
    const next = at < keys.length && toNumber(keys[at]) < length ? toNumber(keys[at]) : length
    push(parts, spend(`<${next - index} empty item${next - index > 1 ? 's' : ''}>`, state))
    numbers = false
    index = next
  }
  if (index < length) push(parts, rest(length - index))
  return numbers
}

function rest(count) {
  return `... ${count} more item${count > 1 ? 's' : ''}`
}

function addProperties(parts, value, keys, state, level) {
  for (let index = 0; index < keys.length; index++) {
    if (state.left <= 0) {
      push(parts, rest(keys.length - index))
      return
    }
    const found = reflect.getOwnPropertyDescriptor(value, keys[index])
    const name = spend(keyText(keys[index]), state)
    push(parts, `${found.enumerable ? name : `[${name}]`}: ${described(found, state, level)}`)
  }
}

function described(found, state, level) {
  if (!hasOwn(found, 'value')) {
    if (found.get === undefined) return found.set === undefined ? 'undefined' : '[Setter]'
    return found.set === undefined ? '[Getter]' : '[Getter/Setter]'
  }
  state.indent += 2
  const text = show(found.value, state, level + 1)
  state.indent -= 2
  return text
}

function visibleKeys(value) {
  const all = reflect.ownKeys(value)
  const keys = []
  for (let index = 0; index < all.length && keys.length < limits.inspectLength; index++)
    if (isEnumerable(value, all[index])) push(keys, all[index])
  return keys
}

/** The keys of a list that are no indexes. They are not looked for in a long one, because its indexes are keys too. */
function extraKeys(value) {
  const length = isArray(value) ? value.length : (attempt(viewLength, value) ?? 0)
  if (length > limits.inspectLength) return []
  const all = visibleKeys(value)
  const keys = []
  for (let index = 0; index < all.length; index++)
    if (typeof all[index] === 'symbol' || regExpExec(/^(?:0|[1-9]\d{0,9})$/, all[index]) === null)
      push(keys, all[index])
  return keys
}
