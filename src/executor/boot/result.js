import { limits } from './limits.js'
import {
  SetOf,
  attempt,
  bareList,
  bigIntValue,
  booleanValue,
  charCodeAt,
  isArray,
  isPrototypeOf,
  isRawJSON,
  keysOf,
  numberValue,
  prototypes,
  reflect,
  regExpExec,
  setAdd,
  setDelete,
  setHas,
  slice,
  stringValue,
  stringify,
} from './primordials.js'
import { isProxy } from './removals.js'

/**
 * What the code returned as JSON text, or the problem with it: `{ json }` or `{ problem }`. The text is what
 * `JSON.stringify` makes, but it is given up as soon as it is too long, and what would be lost in silence is a problem: a
 * function or a symbol, which would be left out, and a Map, a Set or a Promise, which would become `{}`. Throws what `toJSON` and getters of the user throw.
 */
export function encodeResult(value) {
  const state = { __proto__: null, size: 0, depth: 0, path: bareList(), open: new SetOf(), problem: undefined }
  try {
    const json = encode(value, '', state) ?? 'null'
    return { __proto__: null, json: exceeds(json, limits.resultBytes) ? refuse(state, tooLarge) : json }
  } catch (error) {
    if (state.problem === undefined) throw error
    return { __proto__: null, problem: state.problem }
  }
}

const tooLarge = `data: expected at most ${limits.resultSize} of JSON, got more`

/** Undefined for what JSON has no place for. `state.path` leads to the value, and `key` is the last step of it. */
function encode(given, key, state) {
  let value = given
  if ((typeof value === 'object' && value !== null) || typeof value === 'bigint') {
    const { toJSON } = value
    if (typeof toJSON === 'function') value = reflect.apply(toJSON, value, [key])
  }
  if (typeof value === 'object' && value !== null) value = unboxed(value, state)
  if (value === null) return take('null', state)
  if (typeof value === 'boolean' || typeof value === 'number') return take(stringify(value), state)
  if (typeof value === 'string') return text(value, state)
  if (typeof value === 'object') return encodeObject(value, state)
  if (value === undefined) return undefined
  return expected(state, `JSON, got a ${typeof value === 'bigint' ? 'BigInt' : typeof value}`)
}

function encodeObject(value, state) {
  if (setHas(state.open, value)) expected(state, 'JSON, got a circular reference')
  if (state.depth >= limits.resultDepth) expected(state, `JSON of at most ${limits.resultDepth} levels, got more`)
  setAdd(state.open, value)
  state.depth++
  const json = isArray(value) ? encodeList(value, state) : encodeRecord(value, state)
  state.depth--
  state.path.length = state.depth
  setDelete(state.open, value)
  return json
}

function encodeList(value, state) {
  const { length } = value
  let json = take('[', state)
  for (let index = 0; index < length; index++) {
    state.path[state.depth - 1] = index
    if (index > 0) json += take(',', state)
    json += encode(value[index], `${index}`, state) ?? take('null', state)
  }
  return json + take(']', state)
}

function encodeRecord(value, state) {
  const keys = keysOf(value)
  let json = take('{', state)
  let count = 0
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    state.path[state.depth - 1] = key
    const found = encode(value[key], key, state)
    if (found === undefined) continue
    json += (count++ > 0 ? take(',', state) : '') + text(key, state) + take(':', state) + found
  }
  return json + take('}', state)
}

/** Counts characters, which are never more than the bytes they take. */
function take(json, state) {
  state.size += json.length
  return state.size > limits.resultBytes ? refuse(state, tooLarge) : json
}

function text(value, state) {
  return state.size + value.length > limits.resultBytes ? refuse(state, tooLarge) : take(stringify(value), state)
}

function refuse(state, problem) {
  state.problem = problem
  throw problem
}

function expected(state, what) {
  refuse(state, `${place(state)}: expected ${what}`)
}

/** The primitive in a boxed one. Refuses the objects that JSON would turn into something else in silence. */
function unboxed(value, state) {
  // Most are plain, and a proxy is what its traps say.
  if (isProxy(value)) return value
  const prototype = reflect.getPrototypeOf(value)
  if (prototype === prototypes.Object || prototype === prototypes.Array) return value
  if (isRawJSON(value)) expected(state, 'JSON, got a text of JSON.rawJSON; JSON.parse(text) makes a value of it')
  if (prototype === null) return value
  if (isPrototypeOf(prototypes.Map, value)) {
    expected(state, 'JSON, got a Map; Object.fromEntries(map) makes an object of it')
  }
  if (isPrototypeOf(prototypes.Set, value)) expected(state, 'JSON, got a Set; [...set] makes an array of it')
  if (isPrototypeOf(prototypes.Promise, value)) expected(state, 'JSON, got a Promise; await it first')
  if (isPrototypeOf(prototypes.Number, value)) return attempt(numberValue, value) ?? value
  if (isPrototypeOf(prototypes.String, value)) return attempt(stringValue, value) ?? value
  if (isPrototypeOf(prototypes.Boolean, value)) return attempt(booleanValue, value) ?? value
  return isPrototypeOf(prototypes.BigInt, value) ? (attempt(bigIntValue, value) ?? value) : value
}

function place({ path, depth }) {
  let found = 'data'
  for (let index = 0; index < depth; index++) found += step(path[index])
  return found.length > limits.pathLength ? `${slice(found, 0, limits.pathLength)}…` : found
}

function step(key) {
  if (typeof key === 'number') return `[${key}]`
  return regExpExec(/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u, key) !== null
    ? `.${key}`
    : `[${stringify(slice(key, 0, limits.pathLength))}]`
}

/** Whether a text takes more than `limit` bytes in UTF-8. */
export function exceeds(json, limit) {
  if (json.length * 3 <= limit) return false
  let bytes = 0
  for (let index = 0; index < json.length; index++) {
    const unit = charCodeAt(json, index)
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
    if (bytes > limit) return true
  }
  return false
}
