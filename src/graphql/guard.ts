import { hash, timingSafeEqual } from 'node:crypto'

/** Reads one header of a request, by its name in lower case. */
export type ReadHeader = (name: string) => string | null | undefined

/** Why a request is not served. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Guard {
  /** Whether the request is addressed to this server, and not to a name that an attacker pointed at it. */
  checkHost(header: ReadHeader): Refusal | undefined
  /** Whether it comes from a web page that may call the API, or from no web page. */
  checkOrigin(header: ReadHeader): Refusal | undefined
  /** Whether `Bearer KEY` has one of the keys. Always so when there are none. */
  isAuthorized(authorization: unknown): boolean
  readonly needsKey: boolean
  isAllowedOrigin(origin: string): boolean
}

export interface GuardSettings {
  readonly apiKeys: readonly string[]
  readonly allowedOrigins: readonly string[]
}

const hostForm = /^[a-z0-9._-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i
const loopback = /^(localhost|([a-z0-9_-]+\.)+localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/i

/** The checks that every request must pass, over HTTP and WebSocket alike. */
export function createGuard({ apiKeys, allowedOrigins }: GuardSettings): Guard {
  const origins = new Set(allowedOrigins)
  const hashes = apiKeys.map(digest)
  const needsKey = hashes.length > 0

  return {
    needsKey,
    isAllowedOrigin: (origin) => origins.has(origin),

    checkHost(header) {
      const host = header('host') ?? ''
      if (!hostForm.test(host)) return { status: 400, code: 'BAD_REQUEST', message: 'The Host header is malformed.' }
      // A name that resolves to 127.0.0.1 makes any web page same-origin with a server that asks for no key.
      if (needsKey || loopback.test(host)) return undefined
      return forbidden(`Without API_KEYS the server answers to localhost only, not to ${host}.`)
    },

    checkOrigin(header) {
      const origin = header('origin')
      if (origin != null) {
        if (origins.has(origin) || hostOf(origin) === header('host')?.toLowerCase()) return undefined
        return forbidden(`The origin ${origin} may not call this server. ALLOWED_ORIGINS lists those that may.`)
      }
      // Browsers send no Origin with some simple requests, but they do say where those come from.
      const site = header('sec-fetch-site')
      if (site !== 'cross-site' && site !== 'same-site') return undefined
      return forbidden('Other web sites may not call this server. ALLOWED_ORIGINS lists those that may.')
    },

    isAuthorized(authorization) {
      if (!needsKey) return true
      const [, key] = typeof authorization === 'string' ? (/^Bearer +(.+)$/i.exec(authorization) ?? []) : []
      const given = digest(key ?? '')
      // Every key is compared in full, so that the time taken tells nothing.
      return hashes.reduce((found, known) => timingSafeEqual(known, given) || found, false) && key !== undefined
    },
  }
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function forbidden(message: string): Refusal {
  return { status: 403, code: 'FORBIDDEN', message }
}
