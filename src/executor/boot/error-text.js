import { limits } from './limits.js'
import { clip, includes, join, push, slice, split, startsWith, symbolText, toText } from './primordials.js'

/** `Name: message` and the user's own frames, at most `length` characters of message. */
export function errorText(error, length) {
  const name = readText(error, 'name', limits.nameLength) || 'Error'
  const message = readText(error, 'message', length)
  const frames = userFrames(readText(error, 'stack', limits.rawStackLength))
  return (message === '' ? name : `${name}: ${message}`) + (frames === '' ? '' : `\n${frames}`)
}

/** A property as text, cut to `length` characters. It may be a getter of the user, and is allowed to throw. */
export function readText(object, key, length) {
  const value = readValue(object, key)
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

/** The lines of a stack that point into the user's source. */
function userFrames(stack) {
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
