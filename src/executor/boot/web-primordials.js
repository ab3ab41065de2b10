// More built-ins as they are before user code can change them: those that web globals need.
const { apply, construct } = Reflect
const TypedArray = Reflect.getPrototypeOf(Uint8Array)

/** A method as a function that takes `this` first. */
function uncurried(method) {
  return (self, ...rest) => apply(method, self, rest)
}

function getter(prototype, key) {
  return uncurried(Reflect.getOwnPropertyDescriptor(prototype, key).get)
}

export const ErrorOf = Error
export const FunctionOf = Function
export const PromiseOf = Promise
export const BytesOf = Uint8Array
export const UnitsOf = Uint16Array
export const WordsOf = Uint32Array
export const BufferOf = ArrayBuffer
export const symbolIterator = Symbol.iterator
export const symbolTag = Symbol.toStringTag
export const iteratorPrototype = Iterator.prototype
export const objectKeys = Object.keys
export const { setPrototypeOf } = Object
export const { floor } = Math
export const toLowerCase = uncurried(String.prototype.toLowerCase)
export const toUpperCase = uncurried(String.prototype.toUpperCase)
export const trimmed = uncurried(String.prototype.trim)
export const mapGet = uncurried(Map.prototype.get)
export const mapHas = uncurried(Map.prototype.has)
export const sort = uncurried(Array.prototype.sort)
export const toBase64 = uncurried(Uint8Array.prototype.toBase64)
export const fromBase64 = Uint8Array.fromBase64
export const toHex = uncurried(Uint8Array.prototype.toHex)
export const bytesSet = uncurried(TypedArray.prototype.set)
export const viewBuffer = getter(TypedArray.prototype, 'buffer')
export const viewOffset = getter(TypedArray.prototype, 'byteOffset')
export const viewSize = getter(TypedArray.prototype, 'byteLength')
export const dataViewBuffer = getter(DataView.prototype, 'buffer')
export const dataViewOffset = getter(DataView.prototype, 'byteOffset')
export const dataViewSize = getter(DataView.prototype, 'byteLength')

const { fromCharCode } = String

/** The text of a list of UTF-16 code units, which must not be long: they are put on the stack. */
export function fromUnits(units) {
  return apply(fromCharCode, undefined, units)
}

/** The function that has this text as its body. */
export function newFunction(parameter, body) {
  return construct(FunctionOf, [parameter, body])
}
