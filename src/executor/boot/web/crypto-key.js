import { TypeErrorOf, push } from '../primordials.js'
import { finish } from './define.js'

const token = {}
let secretOf

/** A key of HMAC. Its bytes stay inside, where `extractable` is false for good. */
export class CryptoKey {
  #facts
  #secret

  constructor(given, facts, secret) {
    if (given !== token) throw new TypeErrorOf('Illegal constructor')
    this.#facts = facts
    this.#secret = secret
  }

  get type() {
    return 'secret'
  }
  get extractable() {
    return this.#facts.extractable
  }
  get algorithm() {
    const { hash, length } = this.#facts
    return { name: 'HMAC', hash: { name: hash }, length }
  }
  get usages() {
    return listOf(this.#facts.usages)
  }

  static {
    secretOf = (key) => ({ facts: key.#facts, bytes: key.#secret })
  }
}

finish(CryptoKey, 'CryptoKey')

/** `usages` is `sign`, `verify` or both. */
export function newKey(facts, bytes) {
  return new CryptoKey(token, facts, bytes)
}

/** What a key keeps to itself. Throws at what is none. */
export function openKey(key) {
  if (!(key instanceof CryptoKey)) throw new TypeErrorOf('key: expected a CryptoKey')
  return secretOf(key)
}

function listOf(usages) {
  const list = []
  for (let index = 0; index < usages.length; index++) push(list, usages[index])
  return list
}
