import { TypeErrorOf, includes, isArray, push, toText, toUpperCase } from '../primordials.js'
import { DOMException } from './dom-exception.js'

/** By their names: how Node calls them, the size of a block in bits, and the name of HMAC with them in a JSON Web Key. */
export const hashes = {
  __proto__: null,
  'SHA-1': { node: 'SHA1', block: 512, jwk: 'HS1' },
  'SHA-256': { node: 'SHA256', block: 512, jwk: 'HS256' },
  'SHA-384': { node: 'SHA384', block: 1024, jwk: 'HS384' },
  'SHA-512': { node: 'SHA512', block: 1024, jwk: 'HS512' },
}

/** The name of a hash, given as a text or as an object. Throws a NotSupportedError. */
export function hashName(algorithm) {
  const name = nameOf(algorithm)
  if (hashes[name] === undefined) throw unsupported()
  return name
}

/** Throws a NotSupportedError at what is not HMAC: there is no other algorithm with keys. */
export function checkHmac(algorithm) {
  if (nameOf(algorithm) !== 'HMAC') throw unsupported()
}

function nameOf(algorithm) {
  if (typeof algorithm === 'object' && algorithm !== null) {
    if (algorithm.name === undefined) throw new TypeErrorOf('algorithm: expected a name, got an object without one')
    return toUpperCase(toText(algorithm.name))
  }
  return toUpperCase(toText(algorithm))
}

function unsupported() {
  return new DOMException('Unrecognized algorithm name', 'NotSupportedError')
}

/** What a key of HMAC may be used for, each once and in the usual order. */
export function readUsages(given) {
  const list = [...given]
  let all = ''
  for (let index = 0; index < list.length; index++) {
    const usage = toText(list[index])
    if (usage !== 'sign' && usage !== 'verify') {
      throw new DOMException('Unsupported key usage for an HMAC key', 'SyntaxError')
    }
    all += ` ${usage}`
  }
  const usages = []
  if (includes(all, 'sign')) push(usages, 'sign')
  if (includes(all, 'verify')) push(usages, 'verify')
  if (usages.length === 0) throw new DOMException('Usages cannot be empty when creating a key.', 'SyntaxError')
  return usages
}

export function isUsage(usages, usage) {
  return isArray(usages) && (usages[0] === usage || usages[1] === usage)
}
