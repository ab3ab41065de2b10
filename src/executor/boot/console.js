import { format } from './format.js'
import { inspect } from './inspect.js'
import { limits } from './limits.js'
import { clip, now } from './primordials.js'

/**
 * The `console` of the run. Lines leave through `write`; what is beyond the limits is only counted, because a flood is
 * harmless only if it never leaves the isolate. `dropped` is told the count at each power of two.
 */
export function createConsole(write, dropped) {
  let lines = 0
  let characters = 0
  let lost = 0

  function log(level, text) {
    const message = clip(text, limits.lineLength)
    if (lines >= limits.lines || characters + message.length > limits.logLength) {
      // From here on nothing passes, or short lines would slip through between long ones that do not.
      lines = limits.lines
      lost++
      if ((lost & (lost - 1)) === 0) dropped(lost)
      return
    }
    lines++
    characters += message.length
    write(level, now(), message)
  }

  return {
    methods: {
      debug: (...values) => log('debug', format(values)),
      log: (...values) => log('info', format(values)),
      info: (...values) => log('info', format(values)),
      warn: (...values) => log('warn', format(values)),
      error: (...values) => log('error', format(values)),
      trace: (...values) => log('debug', format(values)),
      dir: (value) => log('info', inspect(value)),
      table: (value) => log('info', inspect(value)),
      assert: (condition, ...values) => {
        if (!condition) log('error', values.length === 0 ? 'Assertion failed' : `Assertion failed: ${format(values)}`)
      },
    },
    /** Says how many lines were dropped in the end. */
    finish: () => {
      if (lost > 0) dropped(lost)
    },
  }
}
