import { randomUUID } from 'node:crypto'
import { GraphQLError, Kind } from 'graphql'
import type { Logger } from 'pino'
import {
  InvalidCodeError,
  InvalidInputError,
  OverloadedError,
  UnavailableError,
  UserError,
  WatchEndedError,
} from '../errors.ts'

/** Makes of any error what a client may see of it. What was made so comes out as it is. */
export type Mask = (error: unknown) => GraphQLError

/** Whoever reads this can quote `faultId`, under which the log has the whole story. */
const faultMessage = 'Unexpected error.'
const unavailableMessage = 'The server cannot do this right now. The same request may succeed later.'

/** Mistakes of the caller are told, with a code. Everything else is logged once and hidden behind an id. */
export function createMask(log: Logger): Mask {
  // One error may come by several times: in a list, under an alias, or on its way through the layers of a server.
  const faults = new WeakMap<object, string>()

  function logOnce(error: unknown, write: (faultId: string) => void): string {
    const known = typeof error === 'object' && error !== null ? faults.get(error) : undefined
    if (known !== undefined) return known
    const faultId = randomUUID()
    if (typeof error === 'object' && error !== null) faults.set(error, faultId)
    write(faultId)
    return faultId
  }

  return (error) => {
    const cause = rootCause(error)
    const place = error instanceof GraphQLError ? { nodes: error.nodes, path: error.path } : {}
    if (cause instanceof UserError) {
      return new GraphQLError(cause.message, { ...place, extensions: userErrorExtensions(cause) })
    }
    if (cause instanceof WatchEndedError) {
      return new GraphQLError(cause.message, { ...place, extensions: { code: cause.code, retryable: true } })
    }
    if (cause instanceof UnavailableError) {
      logOnce(cause, (faultId) => log.warn({ err: cause, faultId }, 'A request failed because something is away'))
      return new GraphQLError(unavailableMessage, { ...place, extensions: { code: 'UNAVAILABLE', retryable: true } })
    }
    if (error instanceof GraphQLError && cause instanceof GraphQLError) {
      if (cause.extensions['code'] === 'LIMIT_EXCEEDED') return limitError(error)
      if (cause.extensions['code'] !== undefined) return error
      if (isAboutRequest(error, cause)) return requestError(error)
    }
    const faultId = logOnce(cause, (id) => log.error({ err: cause, faultId: id, path: place.path }, 'A request failed'))
    const http = place.path ? {} : { http: { status: 500 } }
    return new GraphQLError(faultMessage, { ...place, extensions: { code: 'INTERNAL_SERVER_ERROR', faultId, ...http } })
  }
}

/** An error as it goes over the wire, without what only the HTTP layer is to know. */
export function withoutInternals(error: GraphQLError): GraphQLError {
  const { http: _http, unexpected: _unexpected, ...extensions } = error.extensions
  return new GraphQLError(error.message, { nodes: error.nodes, path: error.path, extensions })
}

function userErrorExtensions(error: UserError): Record<string, unknown> {
  const { code, path, expected, received } = error
  if (error instanceof InvalidInputError) return { code, path, expected, received, issues: error.issues }
  if (error instanceof InvalidCodeError) {
    const { line, column, codeFrame } = error
    return { code, path, expected, received, line, column, codeFrame }
  }
  if (error instanceof OverloadedError) return { code, path, expected, received, retryAfterMs: error.retryAfterMs }
  return { code, path, expected, received }
}

function rootCause(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

/** Without a path it came before any field was resolved; with nodes of its own, from reading a field's arguments. */
function isAboutRequest(error: GraphQLError, cause: GraphQLError): boolean {
  const node = cause.nodes?.[0]
  return error.path === undefined || (node !== undefined && node.kind !== Kind.FIELD)
}

/** Variables that do not fit. Their messages would otherwise name what the schema has, even if nobody may look. */
function requestError(error: GraphQLError): GraphQLError {
  const { nodes, path, extensions } = error
  const message = error.message.replace(/ ?Did you mean [^?]*\?/, '')
  return new GraphQLError(message, { nodes, path, extensions: { ...extensions, code: 'INVALID_INPUT' } })
}

/** A fresh one each time: the layers of a server write the status of the first request into the error. */
function limitError(error: GraphQLError): GraphQLError {
  const { message, nodes, path } = error
  const extensions = { code: 'LIMIT_EXCEEDED', http: { status: 400, spec: false } }
  return new GraphQLError(message, { nodes, path, extensions })
}
