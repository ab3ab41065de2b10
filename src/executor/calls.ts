import type { Caps } from '../caps.ts'
import type { FetchAnswer, Fetcher, FetchHeader, FetchRequest } from './fetch-types.ts'
import { isRecord, type CallMessage } from './protocol.ts'

export interface CallsOptions {
  /** Tells the fetcher which run it is. */
  readonly run: string
  readonly caps: Caps
  readonly fetcher: Fetcher
  readonly reply: (callId: number, json: string) => void
}

/** The calls of one run to the server. */
export interface Calls {
  /** Undefined, or why no sound child makes such a call: the isolate keeps to the limits by itself. */
  start(call: CallMessage): string | undefined
  /** Its answer is not wanted any more. It may be on its way. */
  cancel(callId: number): void
  /** Aborts what is under way. */
  end(): void
}

export function createCalls({ run, caps, fetcher, reply }: CallsOptions): Calls {
  const underWay = new Map<number, AbortController>()
  let count = 0
  let lastId = 0

  function start({ callId, json }: CallMessage): string | undefined {
    if (callId <= lastId) return 'it repeated a call'
    lastId = callId
    if (++count > Math.min(caps.calls, caps.fetches)) return 'it made more calls than it may'
    if (underWay.size >= caps.callsInFlight) return 'it made more calls at the same time than it may'
    const request = Buffer.byteLength(json) > caps.callBytes ? undefined : readRequest(json)
    if (!request) return 'it made a call that no sound child makes'
    const abort = new AbortController()
    underWay.set(callId, abort)
    void answer(callId, fetcher.fetch(request, abort.signal, run))
    return undefined
  }

  async function answer(callId: number, fetched: Promise<FetchAnswer>): Promise<void> {
    const json = JSON.stringify(await fetched)
    if (underWay.delete(callId)) reply(callId, json)
  }

  function cancel(callId: number): void {
    const abort = underWay.get(callId)
    underWay.delete(callId)
    abort?.abort()
  }

  return {
    start,
    cancel,
    end: () => {
      for (const callId of underWay.keys()) cancel(callId)
    },
  }
}

function readRequest(json: string): FetchRequest | undefined {
  const value = parse(json)
  if (!isRecord(value)) return undefined
  const { url, method, headers, body, redirect } = value
  if (typeof url !== 'string' || typeof method !== 'string' || !isHeaders(headers)) return undefined
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') return undefined
  if (body !== undefined && typeof body !== 'string') return undefined
  return { url, method, headers, redirect, body }
}

function isHeaders(value: unknown): value is FetchHeader[] {
  return Array.isArray(value) && value.every((it) => Array.isArray(it) && it.length === 2 && it.every(isText))
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Stands in where nobody fetches. */
export const noFetcher: Fetcher = {
  fetch: () => Promise.resolve({ kind: 'failure', name: 'TypeError', message: 'There is no fetching here' }),
  close: () => Promise.resolve(),
}
