import { framesOf } from './error-text.js'
import { limits } from './limits.js'
import { dataValue, isAmong, ownValue, prefix } from './names.js'
import {
  attempt,
  clip,
  endsWith,
  hasOwn,
  includes,
  isArray,
  push,
  reflect,
  repeat,
  replaceAll,
  slice,
  startsWith,
} from './primordials.js'
import { isProxy } from './removals.js'

/** Name, message and frames. Takes from `keys` what they show already, and adds the cause and the parts. */
export function errorBase(value, { constructor, tag, keys, state }) {
  const said = dataValue(value, 'message')
  const message = typeof said === 'string' ? clip(said, limits.causeLength) : ''
  const called = dataValue(value, 'name')
  const name = typeof called === 'string' && called !== '' ? slice(called, 0, limits.nameLength) : 'Error'
  const first = slice(prefix(constructor, tag, 'Error'), 0, -1)
  const isUsual = name === first || !endsWith(name, 'Error')
  const title = isUsual ? name : includes(first, name) ? first : `${first} [${name}]`
  const frames = isQuiet(value) ? framesOf(value, typeof said === 'string' ? said : '') : ''
  hide(keys, 'stack')
  if (typeof said !== 'string' || message === said) hide(keys, 'message')
  if (typeof called !== 'string' || startsWith(title, called)) hide(keys, 'name')
  if (hasOwn(value, 'cause') && !isAmong('cause', keys)) push(keys, 'cause')
  if (attempt(isArray, ownValue(value, 'errors')) === true && !isAmong('errors', keys)) push(keys, 'errors')
  const head = message === '' ? title : `${title}: ${message}`
  const text = frames === '' ? `[${head}]` : `${head}\n${frames}`
  return state.indent === 0 ? text : replaceAll(text, '\n', `\n${repeat(' ', state.indent)}`)
}

/** Takes out a key that is not worth a line of its own. */
function hide(keys, key) {
  let kept = 0
  for (let index = 0; index < keys.length; index++) if (keys[index] !== key) keys[kept++] = keys[index]
  keys.length = kept
}

/**
 * Whether V8 can write the stack without running code of the user: it begins with name and message, and makes texts of
 * them.
 */
function isQuiet(error) {
  return isPlain(error, 'name') && isPlain(error, 'message')
}

function isPlain(error, key) {
  let holder = error
  for (let depth = 0; holder !== null && depth < limits.prototypes; depth++) {
    if (isProxy(holder)) return false
    const found = reflect.getOwnPropertyDescriptor(holder, key)
    if (found !== undefined) return hasOwn(found, 'value') && isText(found.value)
    holder = reflect.getPrototypeOf(holder)
  }
  return holder === null
}

function isText(value) {
  return typeof value === 'string' || typeof value === 'number' || value === undefined
}
