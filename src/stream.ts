/** What a stream reads from. `next` resolves to undefined at the end; `close` makes a waiting `next` end soon. */
export interface StreamSource<T> {
  next(): Promise<T | undefined>
  close(): void
}

/**
 * An async iterator that opens its source at the first `next()` and closes it at the end, on an error, and at once on
 * `return()`. An async generator would not do: its `return()` waits for the `await` it stands at, so a subscriber who
 * leaves while nothing happens would stay attached until something does.
 */
export function createStream<T>(open: () => StreamSource<T>): AsyncIterableIterator<T, undefined, undefined> {
  let source: StreamSource<T> | undefined
  let ended = false
  const end = (): IteratorResult<T, undefined> => {
    if (!ended) source?.close()
    ended = true
    return { done: true, value: undefined }
  }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (ended) return end()
      source ??= open()
      try {
        const value = await source.next()
        return ended || value === undefined ? end() : { done: false, value }
      } catch (error) {
        end()
        throw error
      }
    },
    return() {
      return Promise.resolve(end())
    },
  }
}
