import { BytesOf, TypeErrorOf, reflect, replaceAll, toNumber, toText } from '../primordials.js'
import { checkHmac, hashName, hashes, isUsage, readUsages } from './algorithms.js'
import { copiedBytes } from './bytes.js'
import { call } from './calls.js'
import { newKey, openKey } from './crypto-key.js'
import { finish } from './define.js'
import { DOMException } from './dom-exception.js'
import { fillRandom } from './random.js'
import { PromiseOf, bytesSet, fromBase64, toBase64, viewBuffer, viewSize } from './primordials.js'

// Digests and HMAC, which the process around the isolate calculates.

class SubtleCrypto {
  digest(algorithm, data) {
    return attempt('crypto.subtle.digest', arguments.length < 2, (settle) => {
      const hash = hashes[hashName(algorithm)].node
      calculate('crypto.subtle.digest', 'digest', { __proto__: null, hash, data: textOf(data) }, (bytes) =>
        settle(viewBuffer(bytes)),
      )
    })
  }

  importKey(format, data, algorithm, extractable, usages) {
    return attempt('crypto.subtle.importKey', arguments.length < 5, (settle) => {
      checkHmac(algorithm)
      const hash = hashName(algorithm.hash)
      const bytes = format === 'jwk' ? bytesOfJwk(data, hash) : format === 'raw' ? copiedBytes(data) : undefined
      if (format !== 'jwk' && format !== 'raw') {
        throw new DOMException(`Unable to import HMAC key with format ${toText(format)}`, 'NotSupportedError')
      }
      if (bytes === undefined) throw new TypeErrorOf('keyData: expected an ArrayBuffer or a view of one')
      const length = 8 * viewSize(bytes)
      if (length === 0) throw new DOMException('Zero-length key is not supported', 'DataError')
      if (algorithm.length !== undefined && toNumber(algorithm.length) !== length) {
        throw new DOMException('Invalid key length', 'DataError')
      }
      settle(newKey({ hash, length, extractable: !!extractable, usages: readUsages(usages) }, bytes))
    })
  }

  generateKey(algorithm, extractable, usages) {
    return attempt('crypto.subtle.generateKey', arguments.length < 3, (settle) => {
      checkHmac(algorithm)
      const hash = hashName(algorithm.hash)
      const length = algorithm.length === undefined ? hashes[hash].block : toNumber(algorithm.length)
      if (!(length >= 8 && length <= 65_536 && length % 8 === 0)) {
        throw new DOMException('Invalid key length', 'OperationError')
      }
      const bytes = new BytesOf(length / 8)
      fillRandom(bytes)
      settle(newKey({ hash, length, extractable: !!extractable, usages: readUsages(usages) }, bytes))
    })
  }

  exportKey(format, key) {
    return attempt('crypto.subtle.exportKey', arguments.length < 2, (settle) => {
      const { facts, bytes } = openKey(key)
      if (!facts.extractable) throw new DOMException('key is not extractable', 'InvalidAccessError')
      if (format === 'raw') settle(viewBuffer(copyOf(bytes)))
      else if (format === 'jwk') {
        const k = replaceAll(replaceAll(replaceAll(toBase64(bytes), '+', '-'), '/', '_'), '=', '')
        settle({ kty: 'oct', k, alg: hashes[facts.hash].jwk, key_ops: key.usages, ext: true })
      } else throw new DOMException(`Unable to export HMAC key using ${toText(format)} format`, 'NotSupportedError')
    })
  }

  sign(algorithm, key, data) {
    return attempt('crypto.subtle.sign', arguments.length < 3, (settle) => {
      hmac('sign', algorithm, key, data, (bytes) => settle(viewBuffer(bytes)))
    })
  }

  verify(algorithm, key, signature, data) {
    return attempt('crypto.subtle.verify', arguments.length < 4, (settle) => {
      const given = copiedBytes(signature)
      if (given === undefined) throw new TypeErrorOf('signature: expected an ArrayBuffer or a view of one')
      hmac('verify', algorithm, key, data, (bytes) => settle(isSame(bytes, given)))
    })
  }
}

finish(SubtleCrypto, 'SubtleCrypto')
export const subtle = new SubtleCrypto()

/** A promise of what `act` hands over; what it throws rejects it. */
function attempt(name, isShort, act) {
  return new PromiseOf((settle) => {
    if (isShort) throw new TypeErrorOf(`${name}: expected more arguments`)
    act(settle)
  })
}

function hmac(usage, algorithm, key, data, settle) {
  checkHmac(algorithm)
  const { facts, bytes } = openKey(key)
  if (!isUsage(facts.usages, usage)) {
    throw new DOMException(`Unable to use this key to ${usage}`, 'InvalidAccessError')
  }
  const values = { __proto__: null, hash: hashes[facts.hash].node, key: toBase64(bytes), data: textOf(data) }
  calculate(`crypto.subtle.${usage}`, 'hmac', values, settle)
}

function calculate(name, op, values, settle) {
  const key = values.key === undefined ? '' : `,"key":"${values.key}"`
  call(name, op, `{"hash":"${values.hash}","data":"${values.data}"${key}}`, (answer) => {
    settle(reflect.apply(fromBase64, BytesOf, [answer]))
  })
}

/** The bytes of what the user gave, in base64. */
function textOf(data) {
  const bytes = copiedBytes(data)
  if (bytes === undefined) throw new TypeErrorOf('data: expected an ArrayBuffer or a view of one')
  return toBase64(bytes)
}

function bytesOfJwk(jwk, hash) {
  if (typeof jwk !== 'object' || jwk === null) throw new TypeErrorOf('keyData: expected a JSON Web Key')
  if (jwk.kty !== 'oct' || typeof jwk.k !== 'string') throw new DOMException('Invalid keyData', 'DataError')
  if (jwk.alg !== undefined && jwk.alg !== hashes[hash].jwk) {
    throw new DOMException('JWK "alg" does not match the requested algorithm', 'DataError')
  }
  try {
    return reflect.apply(fromBase64, BytesOf, [replaceAll(replaceAll(jwk.k, '-', '+'), '_', '/')])
  } catch {
    throw new DOMException('Invalid keyData', 'DataError')
  }
}

/** Takes as long whatever differs. */
function isSame(one, other) {
  if (one.length !== other.length) return false
  let difference = 0
  for (let index = 0; index < one.length; index++) difference |= one[index] ^ other[index]
  return difference === 0
}

function copyOf(bytes) {
  const copy = new BytesOf(viewSize(bytes))
  bytesSet(copy, bytes)
  return copy
}
