import { limits } from './limits.js'
import {
  SetOf,
  charCodeAt,
  isArray,
  isPrototypeOf,
  prototypes,
  push,
  regExpExec,
  setAdd,
  setDelete,
  setHas,
  slice,
  stringify,
} from './primordials.js'

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/**
 * What the code returned as JSON text, or the problem with it. `JSON.stringify` alone would drop functions and
 * symbols in silence and turn a Map into `{}`. Throws what `toJSON` and getters of the user throw.
 */
export function encodeResult(value) {
  let problem
  let size = 0
  const open = new SetOf()
  const path = []

  // `path` holds what is being written, from the root down, with the key under which each was found.
  function check(key, item) {
    while (path.length > 0 && path[path.length - 1].value !== this) {
      setDelete(open, path[path.length - 1].value)
      path.length--
    }
    const found = problemOf(item)
    if (found !== undefined) refuse(`${place(path, key)}: expected JSON, got ${found}`)
    if (item === undefined && !isArray(this)) return item
    size += 1 + (typeof item === 'string' ? item.length : 0) + (isArray(this) ? 0 : key.length)
    if (size > limits.resultBytes) refuse(tooLarge)
    if (typeof item !== 'object' || item === null) return item
    if (setHas(open, item)) refuse(`${place(path, key)}: expected JSON, got a circular reference`)
    if (path.length > limits.resultDepth) {
      refuse(`${place(path, key)}: expected JSON of at most ${limits.resultDepth} levels, got more`)
    }
    setAdd(open, item)
    push(path, { key, value: item, inArray: isArray(this) })
    return item
  }

  function refuse(text) {
    problem = text
    throw problem
  }

  try {
    const json = stringify(value, check) ?? 'null'
    return exceeds(json, limits.resultBytes) ? { problem: tooLarge } : { json }
  } catch (error) {
    if (problem !== undefined) return { problem }
    throw error
  }
}

const tooLarge = `data: expected at most ${limits.resultSize} of JSON, got more`

function problemOf(item) {
  if (typeof item === 'function') return 'a function'
  if (typeof item === 'symbol') return 'a symbol'
  if (typeof item === 'bigint') return 'a BigInt'
  if (typeof item !== 'object' || item === null) return undefined
  if (isPrototypeOf(prototypes.Map, item)) return 'a Map; Object.fromEntries(map) makes an object of it'
  if (isPrototypeOf(prototypes.Set, item)) return 'a Set; [...set] makes an array of it'
  if (isPrototypeOf(prototypes.Promise, item)) return 'a Promise; await it first'
  return undefined
}

function place(path, key) {
  let text = 'data'
  for (let index = 1; index < path.length; index++) text += step(path[index].key, path[index].inArray)
  if (path.length > 0) text += step(key, isArray(path[path.length - 1].value))
  return text.length > limits.pathLength ? `${slice(text, 0, limits.pathLength)}…` : text
}

function step(key, inArray) {
  if (inArray) return `[${key}]`
  return regExpExec(identifier, key) !== null ? `.${key}` : `[${stringify(key)}]`
}

/** Whether a text takes more than `limit` bytes in UTF-8. */
export function exceeds(text, limit) {
  if (text.length * 3 <= limit) return false
  let bytes = 0
  for (let index = 0; index < text.length; index++) {
    const unit = charCodeAt(text, index)
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
    if (bytes > limit) return true
  }
  return false
}
