import { UnavailableError } from '../errors.ts'

/**
 * SQLite's primary result codes for trouble with the file rather than with the statement: PERM, BUSY, LOCKED, NOMEM,
 * READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB. See https://sqlite.org/rescode.html.
 */
const fileTrouble = new Set([3, 5, 6, 7, 8, 10, 11, 13, 14, 15, 26])

/** What may pass by itself becomes an `UnavailableError`; anything else is a fault of ours and stays what it is. */
export function asUnavailable(error: unknown): unknown {
  const code = resultCode(error)
  if (code === undefined || !fileTrouble.has(code)) return error
  return new UnavailableError(`The data file cannot be used now: ${inWords(error)}.`, { cause: error })
}

/** CORRUPT and NOTADB: what is in the file makes no sense. */
export function isDamage(error: unknown): boolean {
  const code = resultCode(error)
  return code === 11 || code === 26
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5
}

/** What SQLite or the operating system says, without the statement. */
export function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'errstr' in error && error.errstr !== error.message
    ? `${String(error.errstr)} (${error.message})`
    : error.message
}

/** The low byte is the primary code, what stands above it only refines that. */
function resultCode(error: unknown): number | undefined {
  const known = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return known ? Number(error.errcode) & 0xff : undefined
}
