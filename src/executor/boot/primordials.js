// The built-ins as they are before user code can change them. Whatever runs in the isolate on our behalf uses these,
// loops by index and never spreads: patched prototypes and iterators must not reach it.
const { apply, construct, getPrototypeOf, ownKeys, getOwnPropertyDescriptor } = Reflect

/** A method as a function that takes `this` first. */
function uncurried(method) {
  return (self, ...rest) => apply(method, self, rest)
}

function getter(prototype, key) {
  return uncurried(getOwnPropertyDescriptor(prototype, key).get)
}

export const reflect = { apply, construct, getPrototypeOf, ownKeys, getOwnPropertyDescriptor }
export const { isArray } = Array
export const { isError } = Error
export const { now } = Date
export const { is, defineProperty } = Object
export const { parse, stringify } = JSON
export const { isView } = ArrayBuffer
export const toText = String
export const toNumber = Number
export const toInteger = parseInt
export const toFloat = parseFloat
export const { trunc, max, min } = Math
export const SetOf = Set
export const MapOf = Map
export const TypeErrorOf = TypeError
export const RangeErrorOf = RangeError

export const slice = uncurried(String.prototype.slice)
export const indexOf = uncurried(String.prototype.indexOf)
export const startsWith = uncurried(String.prototype.startsWith)
export const includes = uncurried(String.prototype.includes)
export const replaceAll = uncurried(String.prototype.replaceAll)
export const repeat = uncurried(String.prototype.repeat)
export const charCodeAt = uncurried(String.prototype.charCodeAt)
export const toWellFormed = uncurried(String.prototype.toWellFormed)
export const symbolText = uncurried(Symbol.prototype.toString)
export const functionText = uncurried(Function.prototype.toString)
export const regExpText = uncurried(RegExp.prototype.toString)
export const regExpExec = uncurried(RegExp.prototype.exec)
export const dateTime = uncurried(Date.prototype.getTime)
export const dateText = uncurried(Date.prototype.toISOString)
export const numberValue = uncurried(Number.prototype.valueOf)
export const stringValue = uncurried(String.prototype.valueOf)
export const booleanValue = uncurried(Boolean.prototype.valueOf)
export const isPrototypeOf = uncurried(Object.prototype.isPrototypeOf)
export const setHas = uncurried(Set.prototype.has)
export const setAdd = uncurried(Set.prototype.add)
export const setDelete = uncurried(Set.prototype.delete)
export const setEach = uncurried(Set.prototype.forEach)
export const setSize = getter(Set.prototype, 'size')
export const mapSet = uncurried(Map.prototype.set)
export const mapDelete = uncurried(Map.prototype.delete)
export const mapEach = uncurried(Map.prototype.forEach)
export const mapSize = getter(Map.prototype, 'size')
export const bufferSize = getter(ArrayBuffer.prototype, 'byteLength')
export const viewName = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
export const viewLength = getter(getPrototypeOf(Uint8Array.prototype), 'length')
export const prototypes = { Map: Map.prototype, Set: Set.prototype, Promise: Promise.prototype }

/** Adds an item without the setters that a patched `Array.prototype` may have. */
export function push(list, item) {
  defineProperty(list, list.length, {
    __proto__: null,
    value: item,
    writable: true,
    enumerable: true,
    configurable: true,
  })
}

export function join(list, separator) {
  let text = ''
  for (let index = 0; index < list.length; index++) text += (index === 0 ? '' : separator) + list[index]
  return text
}

export function split(text, separator) {
  const parts = []
  let from = 0
  for (;;) {
    const at = indexOf(text, separator, from)
    if (at === -1) break
    push(parts, slice(text, from, at))
    from = at + separator.length
  }
  push(parts, slice(text, from))
  return parts
}

/** Keeps the beginning, and says how much is missing. Lone surrogates are replaced: nothing else could store them. */
export function clip(text, length) {
  if (text.length <= length) return toWellFormed(text)
  return `${toWellFormed(slice(text, 0, length))}… (${text.length - length} more characters)`
}
