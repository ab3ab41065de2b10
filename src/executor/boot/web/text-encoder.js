import { BytesOf, TypeErrorOf, toText, toWellFormed } from '../primordials.js'
import { sharedBytes } from './bytes.js'
import { finish } from './define.js'
import { encodeInto, encodeUtf8 } from './utf8.js'

export class TextEncoder {
  get encoding() {
    return 'utf-8'
  }
  encode(input = '') {
    return encodeUtf8(toText(input))
  }
  encodeInto(source, destination) {
    if (!(destination instanceof BytesOf)) {
      throw new TypeErrorOf('The "dest" argument must be an instance of Uint8Array')
    }
    return encodeInto(toWellFormed(toText(source)), sharedBytes(destination))
  }
}

finish(TextEncoder, 'TextEncoder')
