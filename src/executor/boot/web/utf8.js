import { BytesOf, charCodeAt, slice, toWellFormed } from '../primordials.js'
import { UnitsOf, fromUnits, viewBuffer } from './primordials.js'

const chunk = 4096

/** How many bytes a well-formed text takes. */
function sizeOf(text) {
  let size = 0
  for (let index = 0; index < text.length; index++) {
    const unit = charCodeAt(text, index)
    // Each half of a surrogate pair stands for two of its four bytes.
    size += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return size
}

export function encodeUtf8(value) {
  const text = toWellFormed(value)
  const bytes = new BytesOf(sizeOf(text))
  encodeInto(text, bytes)
  return bytes
}

/** Writes whole characters only. Tells how many UTF-16 units were read and how many bytes were written. */
export function encodeInto(text, bytes) {
  const room = bytes.length
  let at = 0
  let index = 0
  for (; index < text.length; index++) {
    let point = charCodeAt(text, index)
    if (point < 0x80) {
      if (at >= room) break
      bytes[at++] = point
      continue
    }
    const isPair = point >= 0xd800 && point < 0xdc00
    if (isPair) point = 0x10000 + ((point - 0xd800) << 10) + (charCodeAt(text, index + 1) - 0xdc00)
    const size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (at + size > room) break
    if (size === 2) bytes[at++] = 0xc0 | (point >> 6)
    else if (size === 3) bytes[at++] = 0xe0 | (point >> 12)
    else {
      bytes[at++] = 0xf0 | (point >> 18)
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f)
    }
    if (size > 2) bytes[at++] = 0x80 | ((point >> 6) & 0x3f)
    bytes[at++] = 0x80 | (point & 0x3f)
    if (isPair) index++
  }
  return { read: index, written: at }
}

/**
 * Decodes UTF-8 in pieces, as the Encoding standard has it. `malformed` is called for each sequence that is none; if it
 * returns, U+FFFD stands in its place.
 */
export function createUtf8Decoder(malformed) {
  let point = 0
  let needed = 0
  let lower = 0x80
  let upper = 0xbf

  function write(bytes) {
    const { length } = bytes
    const units = new UnitsOf(chunk + 2)
    let text = ''
    let count = 0
    for (let index = 0; index < length; index++) {
      if (count >= chunk) {
        text += fromUnits(new UnitsOf(viewBuffer(units), 0, count))
        count = 0
      }
      const byte = bytes[index]
      if (needed === 0) {
        if (byte < 0x80) units[count++] = byte
        else if (!lead(byte)) {
          malformed()
          units[count++] = 0xfffd
        }
        continue
      }
      if (byte < lower || byte > upper) {
        reset()
        malformed()
        units[count++] = 0xfffd
        // It may begin a sequence of its own.
        index--
        continue
      }
      lower = 0x80
      upper = 0xbf
      point = (point << 6) | (byte & 0x3f)
      if (--needed > 0) continue
      if (point < 0x10000) units[count++] = point
      else {
        units[count++] = 0xd7c0 + (point >> 10)
        units[count++] = 0xdc00 + (point & 0x3ff)
      }
      point = 0
    }
    return text + fromUnits(new UnitsOf(viewBuffer(units), 0, count))
  }

  function lead(byte) {
    if (byte >= 0xc2 && byte <= 0xdf) {
      needed = 1
      point = byte & 0x1f
    } else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) lower = 0xa0
      if (byte === 0xed) upper = 0x9f
      needed = 2
      point = byte & 0xf
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) lower = 0x90
      if (byte === 0xf4) upper = 0x8f
      needed = 3
      point = byte & 0x7
    } else return false
    return true
  }

  function reset() {
    point = 0
    needed = 0
    lower = 0x80
    upper = 0xbf
  }

  /** What is left of a sequence that does not go on. */
  function end() {
    if (needed === 0) return ''
    reset()
    malformed()
    return '\ufffd'
  }

  return { write, end }
}

/** A whole text, without its byte order mark. */
export function decodeUtf8(bytes) {
  const decoder = createUtf8Decoder(() => {})
  const text = decoder.write(bytes) + decoder.end()
  return charCodeAt(text, 0) === 0xfeff ? slice(text, 1) : text
}
