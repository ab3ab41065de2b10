/** A fetch that must not or could not be done, as whoever wrote the code is told. */
export class FetchError extends Error {
  override readonly name = 'FetchError'
}

/** By the codes of Node.js and undici. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the server refused the connection',
  ECONNRESET: 'the server closed the connection before its answer was complete',
  EPIPE: 'the server closed the connection before its answer was complete',
  UND_ERR_SOCKET: 'the server closed the connection before its answer was complete',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the length of the answer is not the one that was announced',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  ETIMEDOUT: 'the server could not be reached in time',
  UND_ERR_CONNECT_TIMEOUT: 'the server could not be reached in time',
  EHOSTUNREACH: 'the server cannot be reached',
  ENETUNREACH: 'the server cannot be reached',
  EADDRNOTAVAIL: 'the server cannot be reached',
  EPROTO: 'the server does not speak TLS as expected',
}

/**
 * What to say of an error of the network. Never its own message, which would name addresses that the code did not ask
 * for.
 */
export function describe(error: unknown): string {
  if (error instanceof FetchError) return error.message
  const code = codeOf(error)
  if (!code) return 'Fetch failed'
  if (code.startsWith('HPE_')) return 'Fetch failed: the answer is not HTTP'
  if (/^Z_|^ERR__ERROR|ZLIB|BROTLI|ZSTD/.test(code))
    return 'Fetch failed: the answer is not compressed as its headers say'
  if (/CERT|SIGNATURE|ALTNAME|CRL|CA_|SELF_SIGNED|HOSTNAME/.test(code)) {
    return `Fetch failed: the certificate of the server is not valid (${code})`
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) return `Fetch failed: ${reasons['EPROTO']}`
  return `Fetch failed: ${reasons[code] ?? 'the connection broke'}`
}

/** The code of an error, or of the first one behind it that has one. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error instanceof AggregateError ? error.errors[0] : error.cause)
}
