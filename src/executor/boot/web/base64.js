import { BytesOf, TypeErrorOf, charCodeAt, reflect, regExpExec, toText } from '../primordials.js'
import { binaryText } from './bytes.js'
import { DOMException } from './dom-exception.js'
import { fromBase64, toBase64 } from './primordials.js'

export function btoa(data) {
  if (arguments.length === 0) throw new TypeErrorOf('The "data" argument must be specified')
  const text = toText(data)
  const bytes = new BytesOf(text.length)
  for (let index = 0; index < text.length; index++) {
    const unit = charCodeAt(text, index)
    if (unit > 0xff) throw new DOMException('Invalid character', 'InvalidCharacterError')
    bytes[index] = unit
  }
  return toBase64(bytes)
}

export function atob(data) {
  if (arguments.length === 0) throw new TypeErrorOf('The "input" argument must be specified')
  return binaryText(bytesOfBase64(toText(data)))
}

const foreign = /[^\w+/\s]|_/

/** Throws an InvalidCharacterError. */
export function bytesOfBase64(text) {
  try {
    return reflect.apply(fromBase64, BytesOf, [text])
  } catch {
    const isAlphabet = regExpExec(foreign, text) === null
    const problem = isAlphabet ? 'The string to be decoded is not correctly encoded.' : 'Invalid character'
    throw new DOMException(problem, 'InvalidCharacterError')
  }
}
