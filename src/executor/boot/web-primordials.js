// More built-ins as they are before user code can change them: those that globals of the web need. Only taken hold of,
// since that is done for every run; `web/primordials.js` makes of them what is used.
const { getOwnPropertyDescriptor: descriptor, getPrototypeOf } = Reflect
const typedArray = getPrototypeOf(Uint8Array).prototype

export const builtIns = {
  __proto__: null,
  Function,
  Promise,
  Uint16Array,
  Uint32Array,
  iteratorPrototype: Iterator.prototype,
  symbolIterator: Symbol.iterator,
  fromCharCode: String.fromCharCode,
  fromBase64: Uint8Array.fromBase64,
  toBase64: Uint8Array.prototype.toBase64,
  toHex: Uint8Array.prototype.toHex,
  toLowerCase: String.prototype.toLowerCase,
  trim: String.prototype.trim,
  mapHas: Map.prototype.has,
  sort: Array.prototype.sort,
  set: typedArray.set,
  buffer: descriptor(typedArray, 'buffer').get,
  byteOffset: descriptor(typedArray, 'byteOffset').get,
  byteLength: descriptor(typedArray, 'byteLength').get,
}
