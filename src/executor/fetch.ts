import { Client } from 'undici'
import type { Caps } from '../caps.ts'
import { createAddressPolicy } from './address-policy.ts'
import { collect, readableBody, understoodCodings } from './fetch-body.ts'
import { createConnector } from './fetch-connect.ts'
import { describe, FetchError } from './fetch-errors.ts'
import { createLookup } from './fetch-lookup.ts'
import type { Lookup } from './fetch-lookup.ts'
import { createQuota } from './fetch-quota.ts'
import { createHostPolicy, firstHop, nextHop, redirectTarget } from './fetch-rules.ts'
import type { Hop } from './fetch-rules.ts'
import type { FetchAnswer, FetchFailure, FetchHeader, FetchRequest, Fetcher } from './fetch-types.ts'

export interface FetcherOptions {
  /** Host names that may be fetched from, `*.` in front for those below one. None: every public host. */
  readonly allow: readonly string[]
  /** Addresses and ranges that are opened although they are not public. */
  readonly allowPrivate: readonly string[]
  readonly caps: Pick<Caps, 'fetchTimeoutMs' | 'fetchBytes' | 'fetchRedirects' | 'callBytes'>
  /** Finds the addresses of host names. */
  readonly lookup?: Lookup
}

/** Connections at the same time: six for each run, as on other platforms for code of strangers. */
const connections = { total: 512, perOwner: 6 }
/** Large answers that are taken in at the same time: what bounds the memory for them. */
const largeAnswers = { total: 16, perOwner: 1 }
const headerBytes = 32_768

/** Everything is made for one fetch and gone after it: no connection, cookie or session of one run serves another. */
export function createFetcher({ allow, allowPrivate, caps, lookup = createLookup() }: FetcherOptions): Fetcher {
  const isAddressAllowed = createAddressPolicy(allowPrivate)
  const isHostAllowed = createHostPolicy(allow)
  const sockets = createQuota(connections)
  const large = createQuota(largeAnswers)
  const inFlight = new Map<Flight, Promise<FetchAnswer>>()
  let isClosed = false

  async function answer(request: FetchRequest, flight: Flight, run: string): Promise<FetchAnswer> {
    let hop = firstHop(request, isHostAllowed, caps.callBytes)
    const leave = await sockets.take(run, flight.signal)
    const timer = setTimeout(() => flight.end(timedOut(caps.fetchTimeoutMs)), caps.fetchTimeoutMs)
    try {
      for (let redirects = 0; ; redirects++) {
        const answered = await oneHop(hop, request.redirect, flight.signal, run)
        if (answered.kind === 'answer') return { ...answered, redirected: redirects > 0 }
        if (request.redirect === 'error') throw new FetchError('The server redirects, and redirect is "error"')
        if (redirects >= caps.fetchRedirects) throw new FetchError(`More than ${caps.fetchRedirects} redirects`)
        hop = nextHop(hop, answered.status, answered.location, isHostAllowed)
      }
    } finally {
      clearTimeout(timer)
      leave()
    }
  }

  async function oneHop(hop: Hop, redirect: FetchRequest['redirect'], signal: AbortSignal, run: string) {
    const client = new Client(hop.url.origin, {
      connect: createConnector(isAddressAllowed, lookup, signal),
      maxHeaderSize: headerBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    let leaveLarge: (() => void) | undefined
    try {
      const { statusCode, statusText, headers, body } = await client.request({
        path: hop.url.pathname + hop.url.search,
        method: hop.method,
        headers: withDefaults(hop.headers).flat(),
        body: hop.body ?? null,
        reset: true,
        signal,
      })
      const list = headerList(headers)
      const valueOf = (wanted: string) => list.find(([name]) => name === wanted)?.[1]
      const location = redirect === 'manual' ? undefined : redirectTarget(statusCode, valueOf('location'))
      if (location !== undefined) {
        body.on('error', () => {}).destroy()
        return { kind: 'redirect', status: statusCode, location } as const
      }
      const decoded = readableBody(body, valueOf('content-encoding') ?? '', caps.fetchBytes)
      const bytes = await collect(decoded, async () => {
        leaveLarge = await large.take(run, signal)
      })
      const text = bytes.toString('base64')
      return { kind: 'answer', url: hop.url.href, status: statusCode, statusText, headers: list, body: text } as const
    } finally {
      leaveLarge?.()
      await client.destroy()
    }
  }

  async function attempt(request: FetchRequest, flight: Flight, given: AbortSignal, run: string) {
    const abort = () => flight.end(aborted)
    if (given.aborted) return aborted
    given.addEventListener('abort', abort, { once: true })
    try {
      return await answer(request, flight, run)
    } catch (error) {
      return flight.ended() ?? failed(describe(error))
    } finally {
      given.removeEventListener('abort', abort)
    }
  }

  return {
    async fetch(request, signal, run) {
      if (isClosed) return closed
      const flight = newFlight()
      const answered = attempt(request, flight, signal, run)
      inFlight.set(flight, answered)
      try {
        return await answered
      } finally {
        inFlight.delete(flight)
      }
    },
    async close() {
      isClosed = true
      for (const flight of inFlight.keys()) flight.end(closed)
      await Promise.all(inFlight.values())
    },
  }
}

/** One fetch on its way. */
interface Flight {
  readonly signal: AbortSignal
  /** Ends it with this failure, if it has not been ended before. */
  end(failure: FetchFailure): void
  ended(): FetchFailure | undefined
}

function newFlight(): Flight {
  const stop = new AbortController()
  let ended: FetchFailure | undefined
  return {
    signal: stop.signal,
    end(failure) {
      ended ??= failure
      stop.abort()
    },
    ended: () => ended,
  }
}

const aborted: FetchFailure = { kind: 'failure', name: 'AbortError', message: 'This operation was aborted' }
const closed: FetchFailure = { kind: 'failure', name: 'AbortError', message: 'The server is shutting down' }

function timedOut(timeoutMs: number): FetchFailure {
  const message = `The answer was not complete after ${timeoutMs} ms, the most that a fetch may take`
  return { kind: 'failure', name: 'TimeoutError', message }
}

function failed(message: string): FetchFailure {
  return { kind: 'failure', name: 'TypeError', message }
}

function withDefaults(headers: readonly FetchHeader[]): readonly FetchHeader[] {
  const defaults: readonly FetchHeader[] = [
    ['accept', '*/*'],
    ['accept-encoding', understoodCodings],
    ['user-agent', 'workcell'],
  ]
  return [...headers, ...defaults.filter(([name]) => !headers.some(([given]) => given === name))]
}

function headerList(headers: Readonly<Record<string, string | readonly string[] | undefined>>): readonly FetchHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map((each): FetchHeader => [name, each]),
  )
}
