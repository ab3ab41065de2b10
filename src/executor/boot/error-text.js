import { limits } from './limits.js'
import {
  ErrorOf,
  clip,
  hasOwn,
  includes,
  indexOf,
  join,
  push,
  reflect,
  slice,
  split,
  startsWith,
  symbolText,
  toText,
} from './primordials.js'

const nativeStack = reflect.getOwnPropertyDescriptor(new ErrorOf(), 'stack').get

/** `Name: message` and the user's own frames, at most `length` characters of message. May run getters of the user. */
export function errorText(error, length) {
  const name = readText(error, 'name', limits.nameLength) || 'Error'
  const given = readValue(error, 'message')
  const message = textOf(given, length)
  const frames = framesOf(error, typeof given === 'string' ? given : message)
  return (message === '' ? name : `${name}: ${message}`) + (frames === '' ? '' : `\n${frames}`)
}

/** A property as text, cut to `length` characters. It may be a getter of the user, and is allowed to throw. */
export function readText(object, key, length) {
  return textOf(readValue(object, key), length)
}

function textOf(value, length) {
  if (typeof value === 'string') return clip(value, length)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return toText(value)
  return typeof value === 'symbol' ? clip(symbolText(value), length) : ''
}

export function readValue(object, key) {
  if (object === null || (typeof object !== 'object' && typeof object !== 'function')) return undefined
  try {
    return object[key]
  } catch {
    return undefined
  }
}

/** The frames of the user in the stack of an error. */
export function framesOf(error, message) {
  const stack = stackOf(error)
  // A message may look like a frame.
  const at = message === '' ? -1 : indexOf(stack, message)
  const start = at === -1 ? 0 : at + message.length
  return userFrames(slice(stack, start, start + limits.rawStackLength))
}

/**
 * The stack as V8 writes it. V8 hands the making of it to `Error.prepareStackTrace` of the user, who may loop in it or
 * return anything, so that is out of the way meanwhile.
 */
function stackOf(error) {
  const found = reflect.getOwnPropertyDescriptor(error, 'stack')
  if (found === undefined) return ''
  if (hasOwn(found, 'value')) return typeof found.value === 'string' ? found.value : ''
  if (found.get !== nativeStack) return ''
  const hook = reflect.getOwnPropertyDescriptor(ErrorOf, 'prepareStackTrace')
  reflect.defineProperty(ErrorOf, 'prepareStackTrace', { __proto__: null, value: undefined, configurable: true })
  try {
    const stack = reflect.apply(nativeStack, error, [])
    return typeof stack === 'string' ? stack : ''
  } catch {
    return ''
  } finally {
    if (hook === undefined) reflect.deleteProperty(ErrorOf, 'prepareStackTrace')
    else reflect.defineProperty(ErrorOf, 'prepareStackTrace', bare(hook))
  }
}

/** A descriptor whose missing fields are not looked up in a prototype. */
function bare(found) {
  const { configurable, enumerable } = found
  return hasOwn(found, 'value')
    ? { __proto__: null, configurable, enumerable, value: found.value, writable: found.writable }
    : { __proto__: null, configurable, enumerable, get: found.get, set: found.set }
}

/** The lines of a stack that point into the user's source. */
export function userFrames(stack) {
  const lines = split(stack, '\n')
  const frames = []
  for (let index = 0; index < lines.length && frames.length < limits.stackFrames; index++) {
    const line = lines[index]
    if (!startsWith(line, '    at ')) continue
    if (includes(line, 'workflow.js:') || includes(line, 'workflow.ts:'))
      push(frames, slice(line, 0, limits.frameLength))
  }
  return join(frames, '\n')
}

/** Where the code is right now. */
export function hereFrames() {
  return framesOf(new ErrorOf(), '')
}
