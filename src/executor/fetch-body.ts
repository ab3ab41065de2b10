import type { Transform } from 'node:stream'
import { pipeline, Readable } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { FetchError } from './fetch-errors.ts'

export const understoodCodings = 'gzip, deflate, br, zstd'

type Bytes = AsyncIterable<Buffer>

/** What any number of fetches may take in at the same time, in bytes each. */
const smallBody = 262_144

/** Each piece takes time of the server, whatever its size: beyond so many they must have so many bytes on average. */
const fewPieces = 4_096
const smallPiece = 64

/** More codings on top of each other are nobody's honest answer. */
const maxCodings = 2

// A broken end is what many servers send and every client accepts; what arrived counts.
const lenient = { finishFlush: constants.Z_SYNC_FLUSH }

/** Each holds a window of at most 16 MB, and of 8 MB for zstd as RFC 9659 has it. */
const decoders: Readonly<Record<string, (first: number) => Transform>> = {
  gzip: () => createGunzip(lenient),
  'x-gzip': () => createGunzip(lenient),
  // The standard means zlib; some servers leave its header out.
  deflate: (first) => ((first & 0x0f) === 0x08 ? createInflate(lenient) : createInflateRaw(lenient)),
  br: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
}

/**
 * The body of an answer, decompressed. `contentEncoding` is the header; what it names that is not known leaves the
 * body as it came. Throws a `FetchError` at more than `maxBytes`, counted before and after each step, and at a flood of
 * tiny pieces.
 */
export function readableBody(body: Bytes, contentEncoding: string, maxBytes: number): Bytes {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
  if (codings.length > maxCodings) throw new FetchError('Fetch failed: the answer is compressed more than twice')
  let bytes = bounded(body, maxBytes)
  if (!codings.every((coding) => Object.hasOwn(decoders, coding))) return bytes
  for (const coding of codings.toReversed()) {
    const make = decoders[coding]
    if (make) bytes = bounded(decoded(bytes, make), maxBytes)
  }
  return bytes
}

async function* bounded(body: Bytes, maxBytes: number): Bytes {
  let length = 0
  let pieces = 0
  for await (const chunk of body) {
    length += chunk.length
    pieces++
    if (pieces > fewPieces && length < pieces * smallPiece) {
      throw new FetchError('Fetch failed: the answer comes in too many small pieces')
    }
    if (length > maxBytes) throw new FetchError(`Fetch failed: the answer has more than ${maxBytes} bytes`)
    yield chunk
  }
}

async function* decoded(body: Bytes, make: (first: number) => Transform): Bytes {
  const source = body[Symbol.asyncIterator]()
  const first = await source.next()
  // What has no body may be said to be compressed all the same.
  if (first.done) return
  const whole = Readable.from(startingWith(first.value, source), { objectMode: false })
  const decoder = make(first.value[0] ?? 0)
  // The reader below learns of every error.
  pipeline(whole, decoder, () => {})
  for await (const chunk of decoder) if (Buffer.isBuffer(chunk)) yield chunk
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): Bytes {
  try {
    yield first
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/**
 * The bytes of a body in one piece. Each is copied as it comes, since tiny pieces would take many times their
 * size. Waits for `beforeLarge` before it takes in more than a small body.
 */
export async function collect(body: Bytes, beforeLarge: () => Promise<void>): Promise<Buffer> {
  let kept = Buffer.allocUnsafe(16_384)
  let length = 0
  let isLarge = false
  for await (const chunk of body) {
    if (!isLarge && length + chunk.length > smallBody) {
      isLarge = true
      await beforeLarge()
    }
    if (length + chunk.length > kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * kept.length, length + chunk.length))
      kept.copy(larger, 0, 0, length)
      kept = larger
    }
    chunk.copy(kept, length)
    length += chunk.length
  }
  return kept.subarray(0, length)
}
