import { BytesOf, TypeErrorOf, parse, reflect, toText } from '../primordials.js'
import { loaded } from '../web.js'
import { copiedBytes } from './bytes.js'
import { finish } from './define.js'
import { decodeUtf8, encodeUtf8 } from './utf8.js'
import { PromiseOf, bytesSet, viewBuffer, viewSize } from './primordials.js'

let internals

/** What `Request` and `Response` have in common. It is here in full: there are no streams. */
export class Body {
  #bytes = null
  #isUsed = false

  get body() {
    return null
  }
  get bodyUsed() {
    return this.#isUsed
  }
  text() {
    return this.#read((bytes) => decodeUtf8(bytes))
  }
  json() {
    return this.#read((bytes) => parse(decodeUtf8(bytes)))
  }
  arrayBuffer() {
    return this.#read((bytes) => viewBuffer(copyOf(bytes)))
  }
  bytes() {
    return this.#read(copyOf)
  }

  #read(convert) {
    return new PromiseOf((resolve) => resolve(convert(this.#take())))
  }

  #take() {
    if (this.#isUsed) throw new TypeErrorOf('Body is unusable: Body has already been read')
    if (this.#bytes === null) return new BytesOf(0)
    this.#isUsed = true
    return this.#bytes
  }

  static {
    internals = {
      setBytes: (body, bytes) => {
        body.#bytes = bytes
      },
      /** Null: there is no body. */
      bytesOf: (body) => body.#bytes,
      take: (body) => (body.#bytes === null ? null : body.#take()),
    }
  }
}

finish(Body, 'Body')
export const { setBytes, bytesOf, take } = internals

/** The bytes of what a body may be made of, and the content type that goes with it. */
export function readBody(value) {
  if (value === null || value === undefined) return { bytes: null, type: null }
  const bytes = copiedBytes(value)
  if (bytes !== undefined) return { bytes, type: null }
  const params = paramsText(value)
  if (params !== undefined) {
    return { bytes: encodeUtf8(params), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  }
  return { bytes: encodeUtf8(toText(value)), type: 'text/plain;charset=UTF-8' }
}

/** Undefined: it is no `URLSearchParams`. There is none before those are loaded. */
function paramsText(value) {
  const library = typeof value === 'object' ? loaded('./core-js/url') : undefined
  if (library === undefined || !(value instanceof library.URLSearchParams)) return undefined
  return reflect.apply(library.URLSearchParams.prototype.toString, value, [])
}

function copyOf(bytes) {
  const copy = new BytesOf(viewSize(bytes))
  bytesSet(copy, bytes)
  return copy
}
