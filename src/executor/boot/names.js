import { limits } from './limits.js'
import {
  endsWith,
  functionText,
  includes,
  indexOf,
  keysOf,
  lastIndexOf,
  prototypes,
  push,
  reflect,
  slice,
  startsWith,
  toStringTag,
  valueIn,
} from './primordials.js'
import { unwrap } from './removals.js'

// What things are called, read without running code of the user: only properties that hold a value count, never those
// of a getter, and of a proxy only what it stands for.

/** The value of a property, own or inherited, `undefined` if there is none or it is a getter. */
export function dataValue(value, key) {
  let holder = unwrap(value)
  for (let depth = 0; holder !== null && depth < limits.prototypes; depth++) {
    const found = reflect.getOwnPropertyDescriptor(holder, key)
    if (found !== undefined) return valueIn(found)
    holder = unwrap(reflect.getPrototypeOf(holder))
  }
  return undefined
}

export function ownValue(value, key) {
  const holder = unwrap(value)
  return holder === null ? undefined : valueIn(reflect.getOwnPropertyDescriptor(holder, key))
}

/** The prototypes of an object, from the nearest. */
export function prototypesOf(value) {
  const chain = []
  let holder = unwrap(reflect.getPrototypeOf(value))
  while (holder !== null && chain.length < limits.prototypes) {
    push(chain, holder)
    holder = unwrap(reflect.getPrototypeOf(holder))
  }
  return chain
}

export function isAmong(item, list) {
  for (let index = 0; index < list.length; index++) if (list[index] === item) return true
  return false
}

/** The name of the class of an object, null if it has no prototype. */
export function constructorName(value, chain) {
  for (let index = -1; index < chain.length; index++) {
    const made = ownValue(index === -1 ? value : chain[index], 'constructor')
    if (typeof made !== 'function' || !isAmong(ownValue(made, 'prototype'), chain)) continue
    const name = ownValue(made, 'name')
    if (typeof name === 'string' && name !== '') return short(name)
  }
  if (chain.length === 0) return null
  const known = keysOf(prototypes)
  for (let index = 0; index < chain.length; index++)
    for (let name = 0; name < known.length; name++) if (prototypes[known[name]] === chain[index]) return known[name]
  if (chain.length > 1) return 'Object <Complex prototype>'
  return `Object <[Object: null prototype]${reflect.ownKeys(chain[0]).length === 0 ? ' {}' : ''}>`
}

/** What `Symbol.toStringTag` says, if that is not a property of the object's own that is shown anyway. */
export function tagOf(value) {
  const tag = dataValue(value, toStringTag)
  if (typeof tag !== 'string') return ''
  return reflect.getOwnPropertyDescriptor(value, toStringTag)?.enumerable === true ? '' : short(tag)
}

/** What stands before the brace: the class, its size, and the tag if that says something else. */
export function prefix(constructor, tag, kind, size = '') {
  if (constructor === null) {
    const base = `[${kind}${size}: null prototype] `
    return tag !== '' && tag !== kind ? `${base}[${tag}] ` : base
  }
  if (tag === '' || tag === constructor) return `${constructor}${size} `
  const dot = lastIndexOf(tag, '.')
  return dot >= 1 && slice(tag, dot + 1) === constructor ? `${tag}${size} ` : `${constructor}${size} [${tag}] `
}

export function functionBase(value, chain, constructor, tag) {
  const source = functionText(value)
  if (startsWith(source, 'class') && endsWith(source, '}')) return classBase(value, source, constructor, tag)
  const kind = functionKind(chain)
  const name = dataValue(value, 'name')
  let base = `[${kind}${constructor === null ? ' (null prototype)' : ''}`
  base += typeof name === 'string' && name !== '' ? `: ${short(name)}]` : ' (anonymous)]'
  if (constructor !== null && constructor !== kind) base += ` ${constructor}`
  return tag !== '' && tag !== constructor ? `${base} [${tag}]` : base
}

function functionKind(chain) {
  if (
    isAmong(
      reflect.getPrototypeOf(async () => {}),
      chain,
    )
  )
    return 'AsyncFunction'
  if (
    isAmong(
      reflect.getPrototypeOf(function* () {}),
      chain,
    )
  )
    return 'GeneratorFunction'
  return isAmong(
    reflect.getPrototypeOf(async function* () {}),
    chain,
  )
    ? 'AsyncGeneratorFunction'
    : 'Function'
}

function classBase(value, source, constructor, tag) {
  const name = ownValue(value, 'name')
  let base = `[class ${typeof name === 'string' && name !== '' ? short(name) : '(anonymous)'}`
  if (constructor !== null && constructor !== 'Function') base += ` [${constructor}]`
  if (tag !== '' && tag !== constructor) base += ` [${tag}]`
  const above = includes(slice(source, 0, indexOf(source, '{')), 'extends')
    ? dataValue(reflect.getPrototypeOf(value), 'name')
    : ''
  if (constructor === null) base += ' extends [null prototype]'
  else if (typeof above === 'string' && above !== '') base += ` extends ${short(above)}`
  return `${base}]`
}

function short(name) {
  return slice(name, 0, limits.nameLength)
}
