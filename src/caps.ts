/**
 * What one run, one source and one input may use, besides the time and memory of `Limits`. Lengths count characters,
 * bytes those of UTF-8.
 */
export interface Caps {
  /** Largest source text, in bytes. */
  readonly sourceBytes: number
  /** Deepest nesting of a source's brackets. */
  readonly sourceDepth: number
  /** Largest input of an event as JSON, in bytes. */
  readonly inputBytes: number
  /** Largest result as JSON, in bytes. */
  readonly resultBytes: number
  /** Lines of log that are kept of one run. */
  readonly logLines: number
  /** Characters of log that are kept of one run. */
  readonly logLength: number
  readonly logLineLength: number
  /** Timers that may wait at the same time. */
  readonly timers: number
  /** Calls out of the isolate, like those of `fetch`: in total, in flight, and bytes that one may carry out. */
  readonly calls: number
  readonly callsInFlight: number
  readonly callBytes: number
  readonly fetches: number
  /** Milliseconds from the start of a fetch to the last byte of its answer. */
  readonly fetchTimeoutMs: number
  /** Largest body of an answer, after decompression, in bytes. */
  readonly fetchBytes: number
  readonly fetchRedirects: number
}

export const defaultCaps: Caps = {
  sourceBytes: 1_000_000,
  // Where the stripper of types gives up depends on its stack; this is well below.
  sourceDepth: 400,
  inputBytes: 1_000_000,
  resultBytes: 1_048_576,
  logLines: 1000,
  logLength: 262_144,
  logLineLength: 8192,
  timers: 1000,
  calls: 5000,
  callsInFlight: 64,
  callBytes: 1_048_576,
  fetches: 50,
  fetchTimeoutMs: 10_000,
  fetchBytes: 5_242_880,
  fetchRedirects: 5,
}
