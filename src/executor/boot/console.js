import { hereFrames } from './error-text.js'
import { format } from './format.js'
import { inspect } from './inspect.js'
import { limits } from './limits.js'
import { ownValue } from './names.js'
import {
  MapOf,
  clip,
  mapDelete,
  mapGet,
  mapSet,
  max,
  min,
  now,
  numberFixed,
  repeat,
  replaceAll,
  trunc,
} from './primordials.js'
import { table } from './table.js'

/**
 * The `console` of the run. Lines leave through `write`; what is beyond the limits is only counted, because a flood is
 * harmless only if it never leaves the isolate. `dropped` is told the count at each power of two.
 */
export function createConsole(write, dropped) {
  let lines = 0
  let characters = 0
  let lost = 0
  let depth = 0
  let indent = ''
  const counts = new MapOf()
  const starts = new MapOf()

  function log(level, make, value, more) {
    if (lines < limits.lines) {
      // Cut before it is indented, or a long text would be taken apart for nothing.
      const text = clip(make(value, more), limits.lineLength)
      const message = indent === '' ? text : clip(indent + replaceAll(text, '\n', `\n${indent}`), limits.lineLength)
      if (characters + message.length <= limits.logLength) {
        lines++
        characters += message.length
        write(level, now(), message)
        return
      }
      // From here on nothing passes, or short lines would slip through between long ones that do not.
      lines = limits.lines
    }
    lost++
    if ((lost & (lost - 1)) === 0) dropped(lost)
  }

  /** A line of another kind than what it was called with. */
  const say = (level, text) => log(level, same, text)

  function elapsed(label, values, what) {
    const start = mapGet(starts, label)
    if (start === undefined) say('warn', `No such label '${label}' for console.${what}()`)
    else say('info', `${label}: ${duration(now() - start)}${values.length > 0 ? ` ${format(values)}` : ''}`)
  }

  function group(values) {
    if (values.length > 0) log('info', format, values)
    depth++
    indent = repeat('  ', min(depth, limits.groups))
  }

  const console = {
    log: (...values) => log('info', format, values),
    info: (...values) => log('info', format, values),
    debug: (...values) => log('debug', format, values),
    warn: (...values) => log('warn', format, values),
    error: (...values) => log('error', format, values),
    dirxml: (...values) => log('info', format, values),
    dir: (value, options) => log('info', inspect, value, depthOf(options)),
    table: (value, columns) => log('info', tableText, value, columns),
    trace: (...values) => log('debug', traceText, values),
    assert: (condition, ...values) => {
      if (!condition) log('error', assertText, values)
    },
    count: (label) => {
      const name = labelText(label)
      const count = (mapGet(counts, name) ?? 0) + 1
      mapSet(counts, name, count)
      say('info', `${name}: ${count}`)
    },
    countReset: (label) => {
      const name = labelText(label)
      if (!mapDelete(counts, name)) say('warn', `Count for '${name}' does not exist`)
    },
    time: (label) => {
      const name = labelText(label)
      if (mapGet(starts, name) === undefined) mapSet(starts, name, now())
      else say('warn', `Label '${name}' already exists for console.time()`)
    },
    timeLog: (label, ...values) => elapsed(labelText(label), values, 'timeLog'),
    timeEnd: (label) => {
      const name = labelText(label)
      elapsed(name, [], 'timeEnd')
      mapDelete(starts, name)
    },
    group: (...values) => group(values),
    groupCollapsed: (...values) => group(values),
    groupEnd: () => {
      depth = max(depth - 1, 0)
      indent = repeat('  ', min(depth, limits.groups))
    },
    clear: () => {},
    profile: () => {},
    profileEnd: () => {},
    timeStamp: () => {},
  }
  return {
    console,
    /** Says how many lines were dropped in the end. */
    finish: () => {
      if (lost > 0) dropped(lost)
    },
  }
}

function same(text) {
  return text
}

function labelText(label) {
  const text = label === undefined ? 'default' : typeof label === 'string' ? label : inspect(label, 0)
  return clip(text, limits.nameLength)
}

function duration(ms) {
  if (ms < 1000) return `${ms}ms`
  if (ms < 60_000) return `${numberFixed(ms / 1000, 3)}s`
  const seconds = trunc(ms / 1000)
  const rest = seconds % 60
  return `${trunc(seconds / 60)}:${rest < 10 ? '0' : ''}${rest} (m:ss)`
}

function depthOf(options) {
  if (typeof options !== 'object' || options === null) return undefined
  const depth = ownValue(options, 'depth')
  if (depth === null) return Infinity
  return typeof depth === 'number' && depth >= 0 ? depth : undefined
}

function tableText(value, columns) {
  return table(value, columns) ?? format([value])
}

function traceText(values) {
  const text = format(values)
  const frames = hereFrames()
  return `Trace${text === '' ? '' : `: ${text}`}${frames === '' ? '' : `\n${frames}`}`
}

function assertText(values) {
  if (values.length === 0) return 'Assertion failed'
  return typeof values[0] === 'string' ? format(withPrefix(values)) : `Assertion failed ${format(values)}`
}

function withPrefix(values) {
  values[0] = `Assertion failed: ${values[0]}`
  return values
}
