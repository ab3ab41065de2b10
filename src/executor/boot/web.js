import { registry } from './modules.js'
import { defineProperty, parse, reflect, startsWith } from './primordials.js'
import { builtIns } from './web-primordials.js'

// Most runs use few of the web's globals or none. Each is loaded when it is first read, from text that this process
// has at hand, and costs nothing before.

/** What leads out of the isolate, for our own modules. Only texts and numbers may pass. */
export const host = { __proto__: null, call: undefined, read: undefined, startedAt: 0 }

const globals = {
  __proto__: null,
  URL: './core-js/url',
  URLSearchParams: './core-js/url',
  structuredClone: './core-js/structured-clone',
  TextEncoder: './web/text-encoder.js',
  TextDecoder: './web/text-decoder.js',
  atob: './web/base64.js',
  btoa: './web/base64.js',
  DOMException: './web/dom-exception.js',
  Event: './web/event.js',
  CustomEvent: './web/event.js',
  EventTarget: './web/event-target.js',
  AbortSignal: './web/abort.js',
  AbortController: './web/abort.js',
  Headers: './web/headers.js',
  Request: './web/request.js',
  Response: './web/response.js',
  fetch: './web/fetch.js',
  crypto: './web/crypto.js',
  CryptoKey: './web/crypto-key.js',
  performance: './web/performance.js',
}

const texts = { __proto__: null }
const exportsOf = { __proto__: null }
/** Those of `web/`, by their names. */
let web

for (const name of Object.keys(globals)) {
  defineProperty(globalThis, name, {
    __proto__: null,
    get: () => {
      const value = load(globals[name])[name]
      settle(name, value)
      return value
    },
    set: (value) => settle(name, value),
    enumerable: false,
    configurable: true,
  })
}

/** Called once, before any user code. `readText` gives the text of a module by its name. */
export function connect(call, readText) {
  host.call = call
  host.read = readText
}

/** What came of a call. Only code that made one can get here, so what it is for is loaded. */
export function deliver(callId, json) {
  load('./web/calls.js').deliver(callId, json)
}

/** The exports of a module by its name. One that fails, because there is no stack left for it, can be tried again. */
export function load(name) {
  if (exportsOf[name] !== undefined) return exportsOf[name]
  const make = registry[name] ?? makerOf(name)
  exportsOf[name] = make(load)
  return exportsOf[name]
}

function makerOf(name) {
  return reflect.construct(builtIns.Function, ['library', textOf(name)])
}

/** Asks for each text once, however often it cannot be used. */
function textOf(name) {
  if (startsWith(name, './web/')) {
    web ??= parse(host.read('./web'))
    return web[name]
  }
  texts[name] ??= host.read(name)
  return texts[name]
}

/** The same if it is loaded already. */
export function loaded(name) {
  return exportsOf[name]
}

function settle(name, value) {
  defineProperty(globalThis, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true })
}
