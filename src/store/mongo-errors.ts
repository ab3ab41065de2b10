import type { TopologyDescription } from 'mongodb'
import {
  MongoBulkWriteError,
  MongoDriverError,
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { UnavailableError } from '../errors.ts'

/** A server that has not answered in the time a caller can wait. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** What was in the way of a write was removed before it could be looked at: the write will go better now. */
export class GoneError extends Error {
  override readonly name = 'GoneError'
}

/**
 * Codes with which a server says that it, or somebody else's command, is the trouble: host not reachable or found,
 * network and time limits, not primary, shutting down, stepping down, not confirmed by the majority, interrupted, a lock
 * or a conflict, a cursor or plan that was killed, an index being built, too much to do. After them it is unknown whether
 * a write was kept. See https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml.
 */
const passing = new Set([
  6, 7, 24, 43, 46, 50, 63, 64, 89, 91, 100, 112, 117, 133, 134, 150, 175, 189, 202, 234, 237, 262, 276, 317, 358, 365,
  9001, 10_058, 10_107, 11_600, 11_601, 11_602, 12_587, 13_388, 13_435, 13_436,
])
const passingLabels = ['RetryableWriteError', 'RetryableError', 'SystemOverloadedError']
/** Code of a document whose id or unique field another one has. */
export const duplicateKey = 11_000
/** Who we are or what we may do: neither passes within seconds. */
const denied = new Set([13, 18, 8000])
const diskFull = 14_031

export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === duplicateKey && !concern(error)
}

/** The driver lets a few errors of its sockets through as they are, such as EPIPE. */
function isSocketError(error: unknown): boolean {
  const pattern =
    /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|ERR_(STREAM|SOCKET)_\w+)$/
  return error instanceof Error && pattern.test(codeOf(error))
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Bulk writes wrap whatever went wrong, and it loses its class; what came from a server has a code. */
function isWrapped(error: unknown): error is MongoBulkWriteError {
  return error instanceof MongoBulkWriteError && error.code === undefined
}

/** Whether the same call, made again at once, may go better; if it was a write, it may have been kept. */
export function mayPass(error: unknown): boolean {
  if (error instanceof NoAnswerError || error instanceof GoneError) return true
  if (error instanceof MongoNetworkError || isSocketError(error)) return true
  if (error instanceof MongoServerSelectionError || isWrapped(error)) return !isDenied(error)
  if (error instanceof MongoServerError) {
    return concern(error) || passing.has(Number(error.code)) || passingLabels.some((it) => error.hasErrorLabel(it))
  }
  // No connection could be had: the pool was cleared, its server is gone, or all of them are waiting for an answer.
  return error instanceof MongoDriverError && /Pool|Timeout|Topology|ServerClosed|NotConnected/.test(error.name)
}

/** Wrong credentials or missing rights, which only an operator can mend. */
export function isDenied(error: unknown): boolean {
  return [error, ...serverErrors(error).values()].some(
    (it) => it instanceof MongoServerError && denied.has(Number(it.code)),
  )
}

/** Why each server could not be used, by its address, when none could. */
function serverErrors(error: unknown): ReadonlyMap<string, Error> {
  const found = new Map<string, Error>()
  const isSelection = error instanceof MongoServerSelectionError || isWrapped(error)
  const { reason } = (isSelection ? error : {}) as { readonly reason?: TopologyDescription }
  for (const [address, server] of reason?.servers ?? []) if (server.error) found.set(address, server.error)
  return found
}

/** What may pass by itself becomes an `UnavailableError`; anything else is a fault of ours and stays what it is. */
export function asUnavailable(error: unknown): unknown {
  if (error instanceof UnavailableError) return error
  const full = error instanceof MongoServerError && Number(error.code) === diskFull
  if (mayPass(error) || isDenied(error) || full) {
    return new UnavailableError(`MongoDB cannot be used now: ${inWords(error)}.`)
  }
  // A driver's error carries the command it failed with, and so what clients sent: only its words go on.
  return error instanceof MongoError ? new Error(`MongoDB refused a command: ${inWords(error)}`) : error
}

/** What went wrong, in words that hold neither credentials nor anything a client sent. */
export function inWords(error: unknown): string {
  if (error instanceof NoAnswerError) return error.message
  const servers = [...serverErrors(error)].map(([address, reason]) => `${address}: ${inWords(reason)}`)
  if (servers.length > 0) return servers.join('; ')
  if (error instanceof MongoServerSelectionError) return 'no server that can be written to was found'
  // Server messages quote the command, for one when a right is missing, so only their names are told.
  if (error instanceof MongoServerError && !isWrapped(error)) {
    if (concern(error)) return 'the majority of servers has not confirmed the write'
    const { code, codeName } = error as { code?: unknown; codeName?: unknown }
    if (code === 13) return 'Unauthorized: the user lacks the rights to do this'
    if (code === 18) return 'AuthenticationFailed: wrong user name or password'
    return `${typeof codeName === 'string' ? codeName : 'error'} (code ${String(code)})`
  }
  return error instanceof Error ? withoutCredentials(error.message).slice(0, 200) : 'an unknown error'
}

export function withoutCredentials(text: string): string {
  return text.replaceAll(/\/\/[^\s/]*@/g, '//')
}

/** Kept by the primary, but not known to be kept by the majority. */
function concern(error: MongoServerError): boolean {
  if (error instanceof MongoBulkWriteError) return error.result.getWriteConcernError() !== undefined
  return error.name === 'MongoWriteConcernError'
}
