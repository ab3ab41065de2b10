import { defineProperty, split } from '../primordials.js'
import { DOMException } from './dom-exception.js'

const names = [
  'Object Array String Number Boolean Symbol Function BigInt Math JSON Reflect Promise RegExp Date Map Set WeakMap',
  'WeakSet WeakRef Proxy Iterator Error TypeError RangeError SyntaxError EvalError ReferenceError URIError',
  'AggregateError ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array',
  'Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array',
  'parseInt parseFloat isNaN isFinite decodeURIComponent encodeURIComponent',
]

/** What core-js is shown as the global object, and defines its own globals on. */
export function coreGlobals() {
  const scope = { DOMException }
  for (let row = 0; row < names.length; row++) {
    const words = split(names[row], ' ')
    for (let index = 0; index < words.length; index++) {
      const value = globalThis[words[index]]
      defineProperty(scope, words[index], { __proto__: null, value, writable: true, configurable: true })
    }
  }
  return scope
}
