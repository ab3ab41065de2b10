import { createConsole } from './console.js'
import { describe } from './failure.js'
import { readText } from './error-text.js'
import { limits } from './limits.js'
import { TypeErrorOf, define, now, parse } from './primordials.js'
import { recalled } from './recall.js'
import { encodeResult } from './result.js'
import { clearInterval, clearTimeout, fireNext, setInterval, setTimeout, untilNext } from './timers.js'
import { connect, deliver, host, load } from './web.js'
import './removals.js'

export { untilNext, deliver, fail }

let send
let logs
let context
let isOver = false

/** Called once, before any user code. The functions lead out of the isolate; only texts and numbers may pass them. */
export function install(write, dropped, finish, call, readLibrary) {
  send = finish
  connect(call, readLibrary)
  logs = createConsole(write, dropped)
  global('setTimeout', setTimeout)
  global('setInterval', setInterval)
  global('clearTimeout', clearTimeout)
  global('clearInterval', clearInterval)
  global('queueMicrotask', queueMicrotask)
  global('console', logs.console)
}

/** What the default export is going to be called with. */
export function begin(event, input, attempt) {
  host.startedAt = now()
  context = {
    event: parse(event),
    input: parse(input),
    attempt,
    console: logs.console,
    get fetch() {
      return load('./web/fetch.js').fetch
    },
  }
}

/** Called by the entry module once the user's module is evaluated. */
export async function run(work) {
  try {
    if (typeof work !== 'function') {
      over('error', 'TypeError', `default export: expected a function, got ${typeof work}`, '', 0)
      return
    }
    const result = encodeResult(await work(context))
    if (result.problem === undefined) over('success', result.json)
    else over('badResult', result.problem)
  } catch (thrown) {
    fail(thrown)
  }
}

/** Runs the timer that is due, if any. */
export function tick() {
  try {
    fireNext()
  } catch (thrown) {
    fail(thrown)
  }
}

/**
 * An error left by itself, and this is what is known of its copy. If the error is still known it is told of, whatever
 * was told before: it may have been left behind by code that returned.
 */
export function recall(message, frames) {
  const error = recalled(frames)
  if (error === undefined || readText(error, 'message', limits.messageLength) !== message) return
  isOver = false
  fail(error)
}

function queueMicrotask(callback) {
  if (typeof callback !== 'function') {
    throw new TypeErrorOf(`queueMicrotask: expected a function, got ${typeof callback}`)
  }
  void callSoon(callback)
}

async function callSoon(callback) {
  await undefined
  try {
    callback()
  } catch (thrown) {
    fail(thrown)
  }
}

function fail(thrown) {
  if (isOver) return
  describe(thrown, (name, message, stack, retryable) => over('error', name, message, stack, retryable))
}

/** The first end is the one that counts. */
function over(kind, first, message = '', stack = '', retryable = 0) {
  if (isOver) return
  isOver = true
  logs.finish()
  send(kind, first, message, stack, retryable)
}

function global(name, value) {
  define(globalThis, name, value, false)
}
