import { reflect, uncurried } from '../primordials.js'
import { builtIns } from '../web-primordials.js'

export const PromiseOf = builtIns.Promise
export const UnitsOf = builtIns.Uint16Array
export const WordsOf = builtIns.Uint32Array
export const { symbolIterator, iteratorPrototype, fromBase64 } = builtIns
export const toLowerCase = uncurried(builtIns.toLowerCase)
export const trimmed = uncurried(builtIns.trim)
export const mapHas = uncurried(builtIns.mapHas)
export const sort = uncurried(builtIns.sort)
export const toBase64 = uncurried(builtIns.toBase64)
export const toHex = uncurried(builtIns.toHex)
export const bytesSet = uncurried(builtIns.set)
export const viewBuffer = uncurried(builtIns.buffer)
export const viewOffset = uncurried(builtIns.byteOffset)
export const viewSize = uncurried(builtIns.byteLength)

/** The text of a list of UTF-16 code units, which must not be long: they are put on the stack. */
export function fromUnits(units) {
  return reflect.apply(builtIns.fromCharCode, undefined, units)
}
