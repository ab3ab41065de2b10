/** One request of user code. Whatever it holds came out of an isolate, and is checked again before it is sent. */
export interface FetchRequest {
  readonly url: string
  readonly method: string
  readonly headers: readonly FetchHeader[]
  /** In base64. */
  readonly body?: string | undefined
  readonly redirect: 'follow' | 'error' | 'manual'
}

/** Name and value. Names may repeat. */
export type FetchHeader = readonly [name: string, value: string]

export type FetchAnswer =
  | {
      readonly kind: 'answer'
      /** Where it came from in the end, without a fragment. */
      readonly url: string
      readonly redirected: boolean
      readonly status: number
      readonly statusText: string
      /** Names in lower case. */
      readonly headers: readonly FetchHeader[]
      /** Decompressed, in base64. */
      readonly body: string
    }
  | FetchFailure

/** What the promise of `fetch` rejects with. The message is meant for whoever wrote the code. */
export interface FetchFailure {
  readonly kind: 'failure'
  readonly name: 'TypeError' | 'AbortError' | 'TimeoutError'
  readonly message: string
}

/** Sends the requests of user code, and only to where the operator lets it. */
export interface Fetcher {
  /**
   * Never rejects. Aborting the signal ends it at once, as `AbortError`. Fetches of one run share a few connections and
   * wait for each other: `run` tells whose it is.
   */
  fetch(request: FetchRequest, signal: AbortSignal, run: string): Promise<FetchAnswer>
  /** Aborts what is in flight; later fetches fail. Resolves when no socket is left. Closing twice is fine. */
  close(): Promise<void>
}
