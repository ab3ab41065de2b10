import { RangeErrorOf, TypeErrorOf, charCodeAt, push, slice, split, toText } from '../primordials.js'
import { binaryText, sharedBytes } from './bytes.js'
import { define, finish } from './define.js'
import { createUtf8Decoder } from './utf8.js'
import { fromUnits, toLowerCase, trimmed } from './primordials.js'

const labels = { __proto__: null }
const names = {
  __proto__: null,
  'utf-8': ['unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'utf-8', 'utf8', 'x-unicode20utf8'],
  'utf-16le': ['csunicode', 'iso-10646-ucs-2', 'ucs-2', 'unicode', 'unicodefeff', 'utf-16', 'utf-16le'],
  'utf-16be': ['unicodefffe', 'utf-16be'],
  'windows-1252': split(
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 ' +
      'iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
    ' ',
  ),
}
for (const name in names) for (let index = 0; index < names[name].length; index++) labels[names[name][index]] = name

/** What windows-1252 has in the place of the control characters from 0x80 to 0x9f. */
const western = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

export class TextDecoder {
  #encoding
  #fatal
  #ignoreBOM
  #decoder
  /** Whether the next piece goes on where the last one ended. */
  #isOpen = false
  #isStart = true

  constructor(label = 'utf-8', options = undefined) {
    const name = labels[toLowerCase(trimmed(toText(label)))]
    if (name === undefined) {
      const error = new RangeErrorOf(`The "${toText(label)}" encoding is not supported`)
      define(error, 'code', 'ERR_ENCODING_NOT_SUPPORTED')
      throw error
    }
    this.#encoding = name
    this.#fatal = !!options?.fatal
    this.#ignoreBOM = !!options?.ignoreBOM
  }

  get encoding() {
    return this.#encoding
  }
  get fatal() {
    return this.#fatal
  }
  get ignoreBOM() {
    return this.#ignoreBOM
  }

  decode(input = undefined, options = undefined) {
    const bytes = input === undefined ? undefined : sharedBytes(input)
    if (input !== undefined && bytes === undefined) {
      throw new TypeErrorOf(
        'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.',
      )
    }
    const isOpen = !!options?.stream
    if (!this.#isOpen) {
      this.#decoder = this.#newDecoder()
      this.#isStart = true
    }
    // Left like this if what follows throws: the next piece then begins anew.
    this.#isOpen = false
    let text = bytes === undefined ? '' : this.#decoder.write(bytes)
    if (!isOpen) text += this.#decoder.end()
    this.#isOpen = isOpen
    if (text === '' || !this.#isStart) return text
    this.#isStart = false
    return charCodeAt(text, 0) === 0xfeff && !this.#ignoreBOM ? slice(text, 1) : text
  }

  #newDecoder() {
    const malformed = () => {
      if (!this.#fatal) return
      const error = new TypeErrorOf(`The encoded data was not valid for encoding ${this.#encoding}`)
      define(error, 'code', 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw error
    }
    if (this.#encoding === 'utf-8') return createUtf8Decoder(malformed)
    if (this.#encoding === 'windows-1252') return { write: decodeWestern, end: () => '' }
    return createUtf16Decoder(this.#encoding === 'utf-16le' ? 0 : 1, malformed)
  }
}

finish(TextDecoder, 'TextDecoder')

function decodeWestern(bytes) {
  const binary = binaryText(bytes)
  let text = ''
  let from = 0
  for (let index = 0; index < binary.length; index++) {
    const unit = charCodeAt(binary, index)
    if (unit < 0x80 || unit > 0x9f) continue
    text += slice(binary, from, index) + western[unit - 0x80]
    from = index + 1
  }
  return text + slice(binary, from)
}

/** `first`: which byte of two is the lower one. */
function createUtf16Decoder(first, malformed) {
  let half
  let lead

  function write(bytes) {
    let text = ''
    let units = []
    const add = (unit) => push(units, unit)
    for (let index = 0; index < bytes.length; index++) {
      if (half === undefined) {
        half = bytes[index]
        continue
      }
      const unit = first === 0 ? half | (bytes[index] << 8) : (half << 8) | bytes[index]
      half = undefined
      const isTrail = unit >= 0xdc00 && unit < 0xe000
      if (lead !== undefined) {
        if (isTrail) add(lead)
        else {
          malformed()
          add(0xfffd)
        }
      } else if (isTrail) malformed()
      const isPaired = isTrail && lead !== undefined
      lead = undefined
      if (unit >= 0xd800 && unit < 0xdc00) lead = unit
      else add(isTrail && !isPaired ? 0xfffd : unit)
      if (units.length < 4096) continue
      text += fromUnits(units)
      units = []
    }
    return text + fromUnits(units)
  }

  function end() {
    if (half === undefined && lead === undefined) return ''
    half = undefined
    lead = undefined
    malformed()
    return '\ufffd'
  }

  return { write, end }
}
