import {
  MapOf,
  TypeErrorOf,
  join,
  mapDelete,
  mapEach,
  mapGet,
  mapSet,
  push,
  reflect,
  setPrototypeOf,
} from '../primordials.js'
import { define, finish } from './define.js'
import { byteText, checkName, checkValue } from './header-text.js'
import { iteratorPrototype, mapHas, sort, symbolIterator, toLowerCase } from './primordials.js'

let internals

export class Headers {
  /** By name in lower case; those of `set-cookie` are a list, since they cannot be combined. */
  #values = new MapOf()
  #cookies = []
  /** What `#sorted` made, until something changes. */
  #list = undefined
  #isImmutable = false

  constructor(init = undefined) {
    if (init !== undefined) fill(this, init)
  }

  append(name, value) {
    const { key, text } = this.#check('append', arguments, name, value)
    this.#add(key, text)
  }

  set(name, value) {
    const { key, text } = this.#check('set', arguments, name, value)
    this.#list = undefined
    if (key === 'set-cookie') this.#cookies = [text]
    else mapSet(this.#values, key, text)
  }

  delete(name) {
    const key = this.#name('delete', arguments, name)
    if (this.#isImmutable) throw new TypeErrorOf('immutable')
    this.#list = undefined
    if (key === 'set-cookie') this.#cookies = []
    else mapDelete(this.#values, key)
  }

  get(name) {
    const key = this.#name('get', arguments, name)
    if (key === 'set-cookie') return this.#cookies.length === 0 ? null : join(this.#cookies, ', ')
    return mapGet(this.#values, key) ?? null
  }

  has(name) {
    const key = this.#name('has', arguments, name)
    return key === 'set-cookie' ? this.#cookies.length > 0 : mapHas(this.#values, key)
  }

  getSetCookie() {
    const list = []
    for (let index = 0; index < this.#cookies.length; index++) push(list, this.#cookies[index])
    return list
  }

  forEach(callback, self = undefined) {
    if (typeof callback !== 'function') {
      throw new TypeErrorOf("Failed to execute 'forEach' on 'Headers': parameter 1 is not of type 'Function'.")
    }
    for (let index = 0; ; index++) {
      const pair = this.#sorted()[index]
      if (pair === undefined) return
      reflect.apply(callback, self, [pair[1], pair[0], this])
    }
  }

  entries() {
    return new HeadersIterator(
      () => this.#sorted(),
      (pair) => [pair[0], pair[1]],
    )
  }
  keys() {
    return new HeadersIterator(
      () => this.#sorted(),
      (pair) => pair[0],
    )
  }
  values() {
    return new HeadersIterator(
      () => this.#sorted(),
      (pair) => pair[1],
    )
  }

  #name(method, given, name) {
    count(method, given, 1)
    const text = byteText(name)
    checkName(`Headers.${method}`, text)
    return toLowerCase(text)
  }

  #check(method, given, name, value) {
    count(method, given, 2)
    const bytes = byteText(name)
    const text = checkValue(`Headers.${method}`, byteText(value))
    checkName(`Headers.${method}`, bytes)
    if (this.#isImmutable) throw new TypeErrorOf('immutable')
    return { key: toLowerCase(bytes), text }
  }

  #add(key, text) {
    this.#list = undefined
    if (key === 'set-cookie') push(this.#cookies, text)
    else mapSet(this.#values, key, mapHas(this.#values, key) ? `${mapGet(this.#values, key)}, ${text}` : text)
  }

  /** Pairs of name and value, as they are gone through. */
  #sorted() {
    if (this.#list !== undefined) return this.#list
    const pairs = []
    mapEach(this.#values, (value, key) => push(pairs, [key, value]))
    for (let index = 0; index < this.#cookies.length; index++) push(pairs, ['set-cookie', this.#cookies[index]])
    this.#list = sort(pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))
    return this.#list
  }

  static {
    internals = {
      add: (headers, name, value) => {
        const { key, text } = headers.#check('append', [name, value], name, value)
        headers.#add(key, text)
      },
      pairs: (headers) => headers.#sorted(),
      freeze: (headers) => {
        headers.#isImmutable = true
      },
      addAll: (headers, list) => {
        for (let index = 0; index < list.length; index++) internals.add(headers, list[index][0], list[index][1])
      },
      isHeaders: (value) => typeof value === 'object' && value !== null && #values in value,
    }
  }
}

finish(Headers, 'Headers')
define(Headers.prototype, symbolIterator, Headers.prototype.entries)

export const { add, addAll, pairs, freeze, isHeaders } = internals

function fill(headers, init) {
  if (isHeaders(init)) {
    addAll(headers, pairs(init))
    return
  }
  if (typeof init !== 'object' && typeof init !== 'function') badInit()
  if (init === null) badInit()
  if (init[symbolIterator] !== undefined && init[symbolIterator] !== null) {
    for (const pair of init) {
      const parts = typeof pair === 'object' && pair !== null ? [...pair] : badInit()
      if (parts.length !== 2) {
        throw new TypeErrorOf(`Headers constructor: expected name/value pair to be length 2, found ${parts.length}.`)
      }
      add(headers, parts[0], parts[1])
    }
    return
  }
  const keys = reflect.ownKeys(init)
  for (let index = 0; index < keys.length; index++) {
    if (!reflect.getOwnPropertyDescriptor(init, keys[index])?.enumerable) continue
    add(headers, keys[index], init[keys[index]])
  }
}

function badInit() {
  throw new TypeErrorOf(
    'Headers constructor: Argument 1 could not be converted to one of: sequence<sequence<ByteString>>, record<ByteString, ByteString>.',
  )
}

function count(method, given, needed) {
  if (given.length >= needed) return
  const plural = needed === 1 ? '' : 's'
  const found = given.length === 0 ? '0 found' : `only ${given.length} found`
  throw new TypeErrorOf(`Headers.${method}: ${needed} argument${plural} required, but ${found}.`)
}

/** Goes through the pairs as they are at each step, like Node's. */
class HeadersIterator {
  #list
  #pick
  #index = 0

  constructor(list, pick) {
    this.#list = list
    this.#pick = pick
  }
  next() {
    const pair = this.#list()[this.#index++]
    return pair === undefined ? { value: undefined, done: true } : { value: this.#pick(pair), done: false }
  }
}

finish(HeadersIterator, 'Headers Iterator')
setPrototypeOf(HeadersIterator.prototype, iteratorPrototype)
delete HeadersIterator.prototype.constructor
