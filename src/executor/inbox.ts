/** What came of a call that code made out of its isolate. */
export interface CallAnswer {
  readonly callId: number
  readonly json: string
}

/** Answers on their way into an isolate, which takes them only between two stretches of code. */
export interface Inbox {
  put(answer: CallAnswer): void
  /** All that came since it was last called, in the order in which they came. */
  take(): readonly CallAnswer[]
  /** Resolves when there is something to take, or after so many milliseconds. Waited for by one at a time. */
  wait(ms: number): Promise<void>
}

export function createInbox(): Inbox {
  let answers: CallAnswer[] = []
  let wake: (() => void) | undefined

  return {
    put: (answer) => {
      answers.push(answer)
      wake?.()
    },
    take: () => {
      const taken = answers
      answers = []
      return taken
    },
    wait: (ms) =>
      answers.length > 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            const timer = setTimeout(end, ms)
            wake = end
            function end() {
              wake = undefined
              clearTimeout(timer)
              resolve()
            }
          }),
  }
}
