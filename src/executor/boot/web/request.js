import { TypeErrorOf, indexOf, toText, toUpperCase } from '../primordials.js'
import { load } from '../web.js'
import { AbortSignal } from './abort.js'
import { Body, bytesOf, readBody, setBytes, take } from './body.js'
import { finish } from './define.js'
import { isToken } from './header-text.js'
import { Headers, add } from './headers.js'

let factsOf

/**
 * What is asked for, out of the two arguments that `Request` and `fetch` take. The URL is as it was given: to read it is
 * left to who needs it read.
 */
export function readRequest(input, init) {
  if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function') {
    throw new TypeErrorOf('Request constructor: Expected init ("Argument 1") to be one of: Null, Undefined, Object.')
  }
  const base = isRequest(input) ? factsOf(input) : undefined
  const method = init?.method === undefined ? (base?.method ?? 'GET') : readMethod(toText(init.method))
  const given = init?.body ?? null
  if (given !== null && (method === 'GET' || method === 'HEAD')) {
    throw new TypeErrorOf('Request with GET/HEAD method cannot have body.')
  }
  const headers = new Headers(init?.headers ?? base?.headers)
  const { bytes, type } = given === null && base ? { bytes: take(input), type: null } : readBody(given)
  if (type !== null && !headers.has('content-type')) add(headers, 'content-type', type)
  return {
    url: base ? base.url : toText(input),
    method,
    headers,
    bytes,
    redirect: readRedirect(init?.redirect ?? base?.redirect ?? 'follow'),
    signal: readSignal(init?.signal === undefined ? base?.signal : init.signal),
  }
}

export class Request extends Body {
  #facts
  #signal

  constructor(input, init = undefined) {
    if (arguments.length === 0) throw new TypeErrorOf('Request constructor: 1 argument required, but 0 found.')
    super()
    const facts = readRequest(input, init)
    facts.url = readUrl(facts.url)
    setBytes(this, facts.bytes)
    this.#facts = facts
  }

  get method() {
    return this.#facts.method
  }
  get url() {
    return this.#facts.url
  }
  get headers() {
    return this.#facts.headers
  }
  get redirect() {
    return this.#facts.redirect
  }
  get signal() {
    const { signal } = this.#facts
    this.#signal ??= AbortSignal.any(signal === undefined ? [] : [signal])
    return this.#signal
  }
  get destination() {
    return ''
  }
  get referrer() {
    return 'about:client'
  }
  get referrerPolicy() {
    return ''
  }
  get mode() {
    return 'cors'
  }
  get credentials() {
    return 'same-origin'
  }
  get cache() {
    return 'default'
  }
  get integrity() {
    return ''
  }
  get keepalive() {
    return false
  }
  get duplex() {
    return 'half'
  }

  clone() {
    if (this.bodyUsed) throw new TypeErrorOf('unusable')
    const { url, method, headers, redirect, signal } = this.#facts
    const copy = new Request(url, { method, headers, redirect, signal })
    setBytes(copy, bytesOf(this))
    return copy
  }

  static {
    factsOf = (request) => request.#facts
  }
}

finish(Request, 'Request')

function isRequest(value) {
  return typeof value === 'object' && value !== null && value instanceof Request
}

const usual = ' DELETE GET HEAD OPTIONS POST PUT '
const refused = ' CONNECT TRACE TRACK '

function readMethod(method) {
  if (!isToken(method)) throw new TypeErrorOf(`'${method}' is not a valid HTTP method.`)
  const upper = toUpperCase(method)
  if (indexOf(refused, ` ${upper} `) !== -1) throw new TypeErrorOf(`'${method}' HTTP method is unsupported.`)
  return indexOf(usual, ` ${upper} `) === -1 ? method : upper
}

function readRedirect(value) {
  const text = toText(value)
  if (text === 'follow' || text === 'error' || text === 'manual') return text
  throw new TypeErrorOf(
    `Request constructor: ${text} is not an accepted type. Expected one of follow, error, manual for RequestInit.redirect.`,
  )
}

function readSignal(signal) {
  if (signal === undefined || signal === null) return undefined
  if (signal instanceof AbortSignal) return signal
  throw new TypeErrorOf("Failed to construct 'Request': member signal is not of type AbortSignal.")
}

function readUrl(text) {
  const { URL } = load('./core-js/url')
  if (!URL.canParse(text)) throw new TypeErrorOf(`Failed to parse URL from ${text}`)
  const url = new URL(text)
  if (url.username === '' && url.password === '') return url.href
  throw new TypeErrorOf(`Request cannot be constructed from a URL that includes credentials: ${text}`)
}
