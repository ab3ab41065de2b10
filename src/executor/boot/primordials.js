// The built-ins as they are before user code can change them. Whatever runs in the isolate on our behalf uses these and
// never touches what code can patch: it loops by index, since `for of`, spreading and destructuring of arrays ask
// iterators; it makes records without a prototype, since a property that is missing is looked up there; it never adds to
// a list by assignment, since `Array.prototype` may have a setter.
const { apply, construct, getPrototypeOf, ownKeys, getOwnPropertyDescriptor, deleteProperty } = Reflect

/** A method as a function that takes `this` first. */
export const uncurried = Function.prototype.bind.bind(Function.prototype.call)

function getter(prototype, key) {
  return uncurried(getOwnPropertyDescriptor(prototype, key).get)
}

export const reflect = {
  __proto__: null,
  apply,
  construct,
  getPrototypeOf,
  ownKeys,
  getOwnPropertyDescriptor,
  defineProperty: Reflect.defineProperty,
  deleteProperty,
}
export const { isArray } = Array
export const { isError } = Error
export const { now } = Date
export const { is, defineProperty, setPrototypeOf } = Object
export const keysOf = Object.keys
export const { parse, stringify, isRawJSON } = JSON
export const { isView } = ArrayBuffer
export const { isInteger } = Number
export const toText = String
export const toNumber = Number
export const toInteger = parseInt
export const toFloat = parseFloat
export const { trunc, floor, ceil, max, min, sqrt, round } = Math
export const { toStringTag } = Symbol
export const ErrorOf = Error
export const SetOf = Set
export const MapOf = Map
export const WeakMapOf = WeakMap
export const ProxyOf = Proxy
export const TypeErrorOf = TypeError
export const RangeErrorOf = RangeError

export const slice = uncurried(String.prototype.slice)
export const indexOf = uncurried(String.prototype.indexOf)
export const lastIndexOf = uncurried(String.prototype.lastIndexOf)
export const startsWith = uncurried(String.prototype.startsWith)
export const endsWith = uncurried(String.prototype.endsWith)
export const includes = uncurried(String.prototype.includes)
export const repeat = uncurried(String.prototype.repeat)
export const padStart = uncurried(String.prototype.padStart)
export const padEnd = uncurried(String.prototype.padEnd)
export const charCodeAt = uncurried(String.prototype.charCodeAt)
export const toUpperCase = uncurried(String.prototype.toUpperCase)
export const toWellFormed = uncurried(String.prototype.toWellFormed)
export const errorTitle = uncurried(Error.prototype.toString)
export const symbolText = uncurried(Symbol.prototype.toString)
export const functionText = uncurried(Function.prototype.toString)
export const regExpExec = uncurried(RegExp.prototype.exec)
export const regExpSource = getter(RegExp.prototype, 'source')
const flagNames = ['hasIndices', 'global', 'ignoreCase', 'multiline', 'dotAll', 'unicode', 'unicodeSets', 'sticky']
const flagGetters = flagNames.map((name) => getter(RegExp.prototype, name))
export const dateTime = uncurried(Date.prototype.getTime)
export const dateText = uncurried(Date.prototype.toISOString)
export const numberValue = uncurried(Number.prototype.valueOf)
export const numberFixed = uncurried(Number.prototype.toFixed)
export const numberToText = uncurried(Number.prototype.toString)
export const stringValue = uncurried(String.prototype.valueOf)
export const booleanValue = uncurried(Boolean.prototype.valueOf)
export const bigIntValue = uncurried(BigInt.prototype.valueOf)
export const symbolValue = uncurried(Symbol.prototype.valueOf)
export const isPrototypeOf = uncurried(Object.prototype.isPrototypeOf)
export const isEnumerable = uncurried(Object.prototype.propertyIsEnumerable)
export const hasOwn = uncurried(Object.prototype.hasOwnProperty)
export const setHas = uncurried(Set.prototype.has)
export const setAdd = uncurried(Set.prototype.add)
export const setDelete = uncurried(Set.prototype.delete)
export const setEach = uncurried(Set.prototype.forEach)
export const setSize = getter(Set.prototype, 'size')
export const mapGet = uncurried(Map.prototype.get)
export const mapSet = uncurried(Map.prototype.set)
export const mapDelete = uncurried(Map.prototype.delete)
export const mapEach = uncurried(Map.prototype.forEach)
export const mapEntries = uncurried(Map.prototype.entries)
export const nextEntry = uncurried(getPrototypeOf(new Map().entries()).next)
export const setValues = uncurried(Set.prototype.values)
export const nextValue = uncurried(getPrototypeOf(new Set().values()).next)
export const mapSize = getter(Map.prototype, 'size')
export const weakGet = uncurried(WeakMap.prototype.get)
export const weakHas = uncurried(WeakMap.prototype.has)
export const weakSet = uncurried(WeakMap.prototype.set)
export const BytesOf = Uint8Array
export const bufferSize = getter(ArrayBuffer.prototype, 'byteLength')
export const dataViewBuffer = getter(DataView.prototype, 'buffer')
export const dataViewSize = getter(DataView.prototype, 'byteLength')
export const dataViewOffset = getter(DataView.prototype, 'byteOffset')
export const viewName = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
export const viewLength = getter(getPrototypeOf(Uint8Array.prototype), 'length')
export const prototypes = {
  __proto__: null,
  Object: Object.prototype,
  Array: Array.prototype,
  Error: Error.prototype,
  Date: Date.prototype,
  RegExp: RegExp.prototype,
  Map: Map.prototype,
  Set: Set.prototype,
  WeakMap: WeakMap.prototype,
  WeakSet: WeakSet.prototype,
  ArrayBuffer: ArrayBuffer.prototype,
  DataView: DataView.prototype,
  Promise: Promise.prototype,
  Number: Number.prototype,
  String: String.prototype,
  Boolean: Boolean.prototype,
  BigInt: BigInt.prototype,
  Symbol: Symbol.prototype,
}

/** The flags of a RegExp. `flags` itself would ask properties that a subclass may override. */
export function regExpFlags(value) {
  let flags = ''
  for (let index = 0; index < flagGetters.length; index++)
    if (flagGetters[index](value) === true) flags += 'dgimsuvy'[index]
  return flags
}

/** A list that no patched prototype can reach: items may be assigned. It has no methods. */
export function bareList() {
  return setPrototypeOf([], null)
}

/** Sets a property of any object, whatever setters it inherits. */
export function define(target, key, value, enumerable = true) {
  defineProperty(target, key, { __proto__: null, value, writable: true, enumerable, configurable: true })
}

export function push(list, item) {
  define(list, list.length, item)
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

export function replaceAll(text, from, to) {
  return includes(text, from) ? join(split(text, from), to) : text
}

/** The value of a property that is no getter, as `getOwnPropertyDescriptor` found it. */
export function valueIn(found) {
  return found !== undefined && hasOwn(found, 'value') ? found.value : undefined
}

/** The result of a function that throws when the value is of another kind. */
export function attempt(read, value) {
  try {
    return read(value)
  } catch {
    return undefined
  }
}

/** Keeps the beginning, and says how much is missing. Lone surrogates are replaced: nothing else could store them. */
export function clip(text, length) {
  if (text.length <= length) return toWellFormed(text)
  return `${toWellFormed(slice(text, 0, length))}… (${text.length - length} more characters)`
}
