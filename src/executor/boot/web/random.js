import { BytesOf, reflect } from '../primordials.js'
import { host } from '../web.js'
import { WordsOf, fromBase64, viewBuffer } from './primordials.js'

// The key stream of ChaCha20 under a key that the host drew for this isolate alone. It cannot be asked for more while
// code runs, and there is no need to.
const state = new WordsOf(16)
const block = new WordsOf(16)
const output = new BytesOf(viewBuffer(block))
let used = 64

const seed = reflect.apply(fromBase64, BytesOf, [host.read('seed')])
state[0] = 0x61707865
state[1] = 0x3320646e
state[2] = 0x79622d32
state[3] = 0x6b206574
for (let index = 0; index < 32; index++) state[4 + (index >> 2)] |= seed[index] << (8 * (index & 3))

/** Fills bytes with what nobody can foresee. */
export function fillRandom(bytes) {
  const { length } = bytes
  for (let index = 0; index < length; index++) {
    if (used === 64) next()
    bytes[index] = output[used]
    output[used++] = 0
  }
}

function next() {
  for (let index = 0; index < 16; index++) block[index] = state[index]
  for (let round = 0; round < 10; round++) {
    quarter(0, 4, 8, 12)
    quarter(1, 5, 9, 13)
    quarter(2, 6, 10, 14)
    quarter(3, 7, 11, 15)
    quarter(0, 5, 10, 15)
    quarter(1, 6, 11, 12)
    quarter(2, 7, 8, 13)
    quarter(3, 4, 9, 14)
  }
  for (let index = 0; index < 16; index++) block[index] += state[index]
  if (++state[12] === 0) state[13]++
  used = 0
}

function quarter(a, b, c, d) {
  block[a] += block[b]
  block[d] = turned(block[d] ^ block[a], 16)
  block[c] += block[d]
  block[b] = turned(block[b] ^ block[c], 12)
  block[a] += block[b]
  block[d] = turned(block[d] ^ block[a], 8)
  block[c] += block[d]
  block[b] = turned(block[b] ^ block[c], 7)
}

function turned(word, bits) {
  return (word << bits) | (word >>> (32 - bits))
}
