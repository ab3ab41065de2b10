import { BytesOf, TypeErrorOf, isView, slice, viewName } from '../primordials.js'
import { sharedBytes } from './bytes.js'
import { finish } from './define.js'
import { DOMException } from './dom-exception.js'
import { fillRandom } from './random.js'
import { subtle } from './subtle.js'
import { toHex, viewSize } from './primordials.js'

/** As much as the standard lets a call draw. */
const most = 65_536
const noIntegers = { __proto__: null, Float16Array: true, Float32Array: true, Float64Array: true }

class Crypto {
  get subtle() {
    return subtle
  }

  getRandomValues(array) {
    if (arguments.length === 0) throw new TypeErrorOf('The "array" argument must be specified')
    const kind = isView(array) ? viewName(array) : undefined
    if (kind === undefined || noIntegers[kind]) {
      throw new DOMException('The data argument must be an integer-type TypedArray', 'TypeMismatchError')
    }
    const size = viewSize(array)
    if (size > most) {
      throw new DOMException('The requested length exceeds 65,536 bytes', 'QuotaExceededError')
    }
    fillRandom(sharedBytes(array))
    return array
  }

  randomUUID() {
    const bytes = new BytesOf(16)
    fillRandom(bytes)
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    const hex = toHex(bytes)
    const part = (from, to) => slice(hex, from, to)
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20)}`
  }
}

finish(Crypto, 'Crypto')
export const crypto = new Crypto()
