import { RangeErrorOf, TypeErrorOf, regExpExec, stringify, toNumber, toText } from '../primordials.js'
import { load } from '../web.js'
import { Body, bytesOf, readBody, setBytes } from './body.js'
import { finish } from './define.js'
import { byteText } from './header-text.js'
import { Headers, add, addAll, freeze, pairs } from './headers.js'

let internals

export class Response extends Body {
  #facts = { type: 'default', url: '', redirected: false, status: 200, statusText: '' }
  #headers

  constructor(body = null, init = undefined) {
    super()
    if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function') {
      throw new TypeErrorOf('Response constructor: Expected init ("Argument 1") to be one of: Null, Undefined, Object.')
    }
    this.#start(readBody(body), init)
  }

  get type() {
    return this.#facts.type
  }
  get url() {
    return this.#facts.url
  }
  get redirected() {
    return this.#facts.redirected
  }
  get status() {
    return this.#facts.status
  }
  get ok() {
    return this.#facts.status >= 200 && this.#facts.status <= 299
  }
  get statusText() {
    return this.#facts.statusText
  }
  get headers() {
    return this.#headers
  }

  clone() {
    if (this.bodyUsed) throw new TypeErrorOf('Response.clone: Body has already been consumed.')
    return internals.make(this.#facts, pairs(this.#headers), bytesOf(this))
  }

  static error() {
    const facts = { type: 'error', url: '', redirected: false, status: 0, statusText: '' }
    return freezeHeaders(internals.make(facts, [], null))
  }

  static redirect(url, status = 302) {
    if (arguments.length === 0) throw new TypeErrorOf('Response.redirect: 1 argument required, but only 0 found.')
    const { URL } = load('./core-js/url')
    const text = toText(url)
    if (!URL.canParse(text)) throw new TypeErrorOf(`Failed to parse URL from ${text}`)
    const number = toNumber(status)
    if (number !== 301 && number !== 302 && number !== 303 && number !== 307 && number !== 308) {
      throw new RangeErrorOf(`Invalid status code ${number}`)
    }
    const facts = { type: 'default', url: '', redirected: false, status: number, statusText: '' }
    return freezeHeaders(internals.make(facts, [['location', new URL(text).href]], null))
  }

  static json(data, init = undefined) {
    if (arguments.length === 0) throw new TypeErrorOf('Response.json: 1 argument required, but only 0 found.')
    const text = stringify(data)
    if (text === undefined) throw new TypeErrorOf('Value is not JSON serializable')
    const response = new Response()
    response.#start({ ...readBody(text), type: 'application/json' }, init)
    return response
  }

  #start({ bytes, type }, init) {
    const status = init?.status === undefined ? 200 : toNumber(init.status)
    if (!(status >= 200 && status <= 599)) {
      throw new RangeErrorOf('init["status"] must be in the range of 200 to 599, inclusive.')
    }
    const statusText = init?.statusText === undefined ? '' : byteText(init.statusText)
    if (regExpExec(reason, statusText) === null) throw new TypeErrorOf('Invalid statusText')
    this.#facts = { ...this.#facts, status, statusText }
    this.#headers = new Headers(init?.headers)
    if (bytes === null) return
    if (status === 204 || status === 205 || status === 304) {
      throw new TypeErrorOf(`Response constructor: Invalid response status code ${status}`)
    }
    setBytes(this, bytes)
    if (type !== null && !this.#headers.has('content-type')) add(this.#headers, 'content-type', type)
  }

  static {
    internals = {
      make: (facts, list, bytes) => {
        const response = new Response()
        response.#facts = facts
        response.#headers = new Headers()
        addAll(response.#headers, list)
        setBytes(response, bytes)
        return response
      },
    }
  }
}

finish(Response, 'Response')

const reason = /^[\t\x20-\x7e\x80-\xff]*$/

/** The answer to a fetch. */
export function newResponse({ url, redirected, status, statusText, headers }, bytes) {
  const facts = { type: 'basic', url, redirected, status, statusText }
  return freezeHeaders(internals.make(facts, headers, bytes))
}

function freezeHeaders(response) {
  freeze(response.headers)
  return response
}
