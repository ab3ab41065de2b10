import type { Guard, ReadHeader, Refusal } from './guard.ts'

/** What is looked at of a request before it reaches GraphQL. */
export interface Incoming {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly header: ReadHeader
  /** Whether the body is in memory already and so needs no length. */
  readonly inProcess: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** `headers` go onto what GraphQL answers. */
export type Passage = { readonly pass: true; readonly headers: Readonly<Record<string, string>> }

export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
}

interface FrontOptions {
  readonly guard: Guard
  readonly maxBodyBytes: number
  readonly ready: () => Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }>
  /** What Prometheus reads. Undefined: there is nothing to read. */
  readonly metrics: MetricsText | undefined
  /** The page in which to try the API. Undefined: there is none. */
  readonly page: ((header: ReadHeader) => Promise<Answer>) | undefined
}

export const endpoint = '/graphql'

/** Answers everything that is not GraphQL, and refuses what must not reach it. */
export function createFront({ guard, maxBodyBytes, ready, metrics, page }: FrontOptions) {
  return async function answer(incoming: Incoming): Promise<Answer | Passage> {
    const { method, url, header } = incoming
    const path = url.split('?', 1)[0] ?? ''
    const wrongHost = guard.checkHost(header)
    if (wrongHost) return refuse(wrongHost)

    if (path !== endpoint) {
      const reads = method === 'GET' || method === 'HEAD'
      if (path === '/health' && reads) return json(200, { status: 'ok' })
      if (path === '/ready' && reads) {
        const readiness = await ready()
        return json(readiness.ready ? 200 : 503, readiness)
      }
      if (path === '/metrics' && reads && metrics) {
        if (!guard.isAuthorized(header('authorization'))) return refuse(unauthorized)
        const headers = { 'content-type': metrics.contentType, 'cache-control': 'no-store' }
        return { status: 200, headers, body: await metrics.text() }
      }
      if (path === '/' && reads && page) return { status: 302, headers: { location: endpoint }, body: '' }
      return refuse({ status: 404, code: 'NOT_FOUND', message: `There is nothing here. The API is at ${endpoint}.` })
    }

    const wantsPage = page !== undefined && method === 'GET' && header('accept')?.includes('text/html') === true
    const wrongOrigin = guard.checkOrigin(header)
    // A link on another site may lead to the page, which does nothing by itself.
    if (wrongOrigin && !(wantsPage && header('sec-fetch-mode') === 'navigate')) return refuse(wrongOrigin)
    if (wantsPage) return page(header)

    const cors = corsHeaders(header('origin'))
    const refusal = refusalOf(incoming)
    if (refusal) return refuse(refusal, cors)
    if (method === 'OPTIONS') return { status: 204, headers: { ...cors, allow: 'GET, POST, OPTIONS' }, body: '' }
    return { pass: true, headers: cors }
  }

  function refusalOf({ method, header, inProcess }: Incoming): Refusal | undefined {
    // A browser asks with OPTIONS whether it may send a key, before it does.
    if (method === 'OPTIONS') return undefined
    if (method !== 'GET' && method !== 'POST') {
      const message = 'GraphQL is served by GET and POST.'
      return { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { allow: 'GET, POST, OPTIONS' } }
    }
    if (!guard.isAuthorized(header('authorization'))) return unauthorized
    if (method === 'POST') return checkBody(header, inProcess)
    return undefined
  }

  function checkBody(header: ReadHeader, inProcess: boolean): Refusal | undefined {
    // Only JSON: browsers send forms and plain texts across sites without asking first.
    const type = header('content-type')?.trim().toLowerCase() ?? ''
    if (!/^application\/json *(; *charset="?utf-?8"? *)?$/.test(type)) {
      const message = `Content-Type: expected application/json in UTF-8, got ${type === '' ? 'nothing' : type}.`
      return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message }
    }
    const encoding = header('content-encoding') ?? 'identity'
    if (encoding !== 'identity') {
      const message = `Content-Encoding: expected none, got ${encoding}.`
      return { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', message }
    }
    const length = header('content-length')
    if (length == null) {
      if (inProcess) return undefined
      return {
        status: 411,
        code: 'LENGTH_REQUIRED',
        message: 'Content-Length: expected the length of the body, got none.',
      }
    }
    if (Number(length) <= maxBodyBytes) return undefined
    const message = `The body is too large: expected at most ${maxBodyBytes} bytes, got ${length}.`
    return { status: 413, code: 'BODY_TOO_LARGE', message }
  }

  function corsHeaders(origin: string | null | undefined): Record<string, string> {
    if (origin == null || !guard.isAllowedOrigin(origin)) return {}
    return {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, accept',
      'access-control-max-age': '600',
      vary: 'Origin',
    }
  }
}

const unauthorized: Refusal = {
  status: 401,
  code: 'UNAUTHORIZED',
  message: 'Authorization: expected Bearer and one of the API_KEYS of this server.',
  headers: { 'www-authenticate': 'Bearer' },
}

/** An error in the form in which GraphQL clients expect errors. */
export function refuse({ status, code, message, headers = {} }: Refusal, more: Readonly<Record<string, string>> = {}) {
  return json(status, { errors: [{ message, extensions: { code } }] }, { ...headers, ...more })
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}
