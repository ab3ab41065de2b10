import { TypeErrorOf, charCodeAt, regExpExec, slice, toText } from '../primordials.js'

const token = /^[!#$%&'*+.^_`|~\w-]+$/
const unfit = /[\0\r\n]/

/** A value as a text whose characters are bytes each. */
export function byteText(value) {
  const text = toText(value)
  for (let index = 0; index < text.length; index++) {
    const unit = charCodeAt(text, index)
    if (unit <= 0xff) continue
    const where = `the character at index ${index} has a value of ${unit} which is greater than 255`
    throw new TypeErrorOf(`Cannot convert argument to a ByteString because ${where}.`)
  }
  return text
}

export function checkName(method, name) {
  if (regExpExec(token, name) === null) throw new TypeErrorOf(`${method}: "${name}" is an invalid header name.`)
}

/** Without the white space around it. */
export function checkValue(method, value) {
  let from = 0
  let to = value.length
  while (from < to && isSpace(charCodeAt(value, from))) from++
  while (to > from && isSpace(charCodeAt(value, to - 1))) to--
  const text = slice(value, from, to)
  if (regExpExec(unfit, text) !== null) throw new TypeErrorOf(`${method}: "${text}" is an invalid header value.`)
  return text
}

function isSpace(unit) {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d
}

export function isToken(text) {
  return regExpExec(token, text) !== null
}
