import type { FetchHeader, FetchRequest } from './fetch-types.ts'
import { FetchError } from './fetch-errors.ts'

/** A request that may be sent, to one server. */
export interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: readonly FetchHeader[]
  readonly body: Buffer | undefined
}

/** Whether the operator lets code fetch from a host. */
export type HostPolicy = (hostname: string) => boolean

/** Lets every host through if nothing is listed; what is listed is a name, or `*.` and the name all others end in. */
export function createHostPolicy(allow: readonly string[]): HostPolicy {
  const patterns = allow.map((pattern) => pattern.toLowerCase())
  if (patterns.length === 0) return () => true
  return (hostname) => {
    const name = hostname.replace(/\.$/, '')
    return patterns.some((pattern) =>
      pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name !== pattern.slice(1) : name === pattern,
    )
  }
}

/** Ports of the Fetch standard that speak something else than HTTP and could be made to act on what is sent. */
const badPorts = new Set(
  (
    '0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 ' +
    '135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 ' +
    '995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080'
  ).split(' '),
)

/** What is about one connection, or set by us. Not sent, as in a browser, rather than refused. */
const ownHeaders = new Set(
  'connection content-length expect host http2-settings keep-alive te trailer transfer-encoding upgrade'.split(' '),
)

const token = /^[!#$%&'*+.^_`|~\w-]+$/
const usualMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
const refusedMethods = new Set(['CONNECT', 'TRACE', 'TRACK'])
const headersLength = 65_536

/** Reads and checks what code asks for. Throws a `FetchError`. */
export function firstHop(request: FetchRequest, isHostAllowed: HostPolicy, maxBodyBytes: number): Hop {
  const upper = request.method.toUpperCase()
  const method = usualMethods.has(upper) ? upper : request.method
  if (!token.test(method)) throw new FetchError(`${quote(method)} is not an HTTP method`)
  if (refusedMethods.has(upper)) throw new FetchError(`The method ${upper} cannot be used`)
  const body = request.body === undefined ? undefined : Buffer.from(request.body, 'base64')
  if (body && (method === 'GET' || method === 'HEAD')) throw new FetchError(`A ${method} request has no body`)
  if (body && body.length > maxBodyBytes) {
    throw new FetchError(`The body of the request has ${body.length} bytes, the most is ${maxBodyBytes}`)
  }
  if (!URL.canParse(request.url)) throw new FetchError(`${quote(request.url)} is not an absolute URL`)
  return { url: target(new URL(request.url), isHostAllowed), method, headers: sendable(request.headers), body }
}

const redirects = new Set([301, 302, 303, 307, 308])

/** Where an answer sends whoever asked, or undefined if it is an answer in itself. */
export function redirectTarget(status: number, location: string | undefined): string | undefined {
  return redirects.has(status) ? location : undefined
}

/** The request to make after a redirect, as browsers do: checked like the first. Throws a `FetchError`. */
export function nextHop(hop: Hop, status: number, location: string, isHostAllowed: HostPolicy): Hop {
  // Headers are bytes; servers write UTF-8 into them.
  const text = Buffer.from(location, 'latin1').toString()
  if (!URL.canParse(text, hop.url.href)) throw new FetchError('The server redirects to what is not a URL')
  const url = target(new URL(text, hop.url.href), isHostAllowed)
  const turnsToGet =
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD') || (status < 303 && hop.method === 'POST')
  const crosses = url.origin !== hop.url.origin
  return {
    url,
    method: turnsToGet ? 'GET' : hop.method,
    headers: hop.headers.filter(
      ([name]) => !(turnsToGet && name.startsWith('content-')) && !(crosses && credentials.has(name)),
    ),
    body: turnsToGet ? undefined : hop.body,
  }
}

/** Meant for one server only. */
const credentials = new Set(['authorization', 'cookie'])

function target(url: URL, isHostAllowed: HostPolicy): URL {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new FetchError(`Only http: and https: URLs can be fetched, not ${quote(url.protocol)}`)
  }
  if (url.username || url.password) {
    throw new FetchError('A URL with a user name or password cannot be fetched; use an Authorization header')
  }
  if (badPorts.has(url.port)) throw new FetchError(`Port ${url.port} cannot be fetched from`)
  if (!isHostAllowed(url.hostname)) {
    throw new FetchError(`The host ${quote(url.hostname)} is not among those that FETCH_ALLOW lists`)
  }
  url.hash = ''
  return url
}

/** The headers as they are sent: names in lower case, without those that are ours to set. */
function sendable(given: readonly FetchHeader[]): readonly FetchHeader[] {
  const headers = given.map(([name, value]) => [name.toLowerCase(), value.replaceAll(/^[\t ]+|[\t ]+$/g, '')] as const)
  let length = 0
  for (const [name, value] of headers) {
    if (!token.test(name)) throw new FetchError(`${quote(name)} is not the name of a header`)
    if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(value)) {
      throw new FetchError(`The value of the header ${quote(name)} has characters that cannot be sent`)
    }
    length += name.length + value.length
  }
  if (length > headersLength) throw new FetchError(`The headers have ${length} bytes, the most is ${headersLength}`)
  return headers.filter(([name]) => !ownHeaders.has(name) && !name.startsWith('proxy-'))
}

function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text)
}
