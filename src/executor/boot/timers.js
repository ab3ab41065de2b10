import { limits } from './limits.js'
import {
  MapOf,
  RangeErrorOf,
  TypeErrorOf,
  mapDelete,
  mapEach,
  mapSet,
  mapSize,
  max,
  now,
  reflect,
  toNumber,
} from './primordials.js'

// Timers are kept here and the child asks when the next one is due, so no number of timers can flood it.
const timers = new MapOf()
let lastId = 0

export function setTimeout(callback, delay, ...values) {
  return start('setTimeout', callback, delay, values, false)
}

export function setInterval(callback, delay, ...values) {
  return start('setInterval', callback, delay, values, true)
}

export function clearTimeout(id) {
  mapDelete(timers, id)
}

export function clearInterval(id) {
  mapDelete(timers, id)
}

/** Milliseconds until the next timer is due, -1 if there is none. */
export function untilNext() {
  const next = earliest()
  return next === undefined ? -1 : max(0, next.due - now())
}

/** Calls the timer that is due first, if its time has come. One a call, so that microtasks run in between. */
export function fireNext() {
  const timer = earliest()
  if (timer === undefined || timer.due > now()) return
  if (timer.repeats) timer.due = now() + timer.delay
  else mapDelete(timers, timer.id)
  reflect.apply(timer.callback, undefined, timer.values)
}

/** A timer of our own, which counts as one. Errors name what it is for. */
export function startTimer(name, callback, delay) {
  return start(name, callback, delay, [], false)
}

function start(name, callback, delay, values, repeats) {
  if (typeof callback !== 'function') throw new TypeErrorOf(`${name}: expected a function, got ${typeof callback}`)
  if (mapSize(timers) >= limits.timers) {
    throw new RangeErrorOf(`${name}: expected at most ${limits.timers} timers at a time`)
  }
  const wait = max(1, toNumber(delay) || 0)
  const id = ++lastId
  mapSet(timers, id, { id, callback, values, repeats, delay: wait, due: now() + wait })
  return id
}

function earliest() {
  let first
  mapEach(timers, (timer) => {
    if (first === undefined || timer.due < first.due) first = timer
  })
  return first
}
