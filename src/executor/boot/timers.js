import { limits } from './limits.js'
import {
  MapOf,
  RangeErrorOf,
  TypeErrorOf,
  bareList,
  mapDelete,
  mapGet,
  mapSet,
  mapSize,
  max,
  now,
  reflect,
  toNumber,
  trunc,
} from './primordials.js'

// Timers are kept here and the child asks when the next one is due, so no number of timers can flood it.
const byId = new MapOf()
/** A binary heap: the timer that is due first, and of those the one that was set first, is at its root. */
const heap = bareList()
/** The longest wait, as everywhere. */
const longest = 2 ** 31 - 1
let lastId = 0
let lastTurn = 0

export function setTimeout(callback, delay, ...values) {
  return start('setTimeout', callback, delay, values, false)
}

export function setInterval(callback, delay, ...values) {
  return start('setInterval', callback, delay, values, true)
}

export function clearTimeout(id) {
  clear(id)
}

export function clearInterval(id) {
  clear(id)
}

/** Milliseconds until the next timer is due, -1 if there is none. */
export function untilNext() {
  return heap.length === 0 ? -1 : max(0, heap[0].due - now())
}

/** Calls the timer that is due first, if its time has come. One a call, so that microtasks run in between. */
export function fireNext() {
  if (heap.length === 0) return
  const timer = heap[0]
  const time = now()
  if (timer.due > time) return
  if (timer.repeats) {
    timer.due = time + timer.delay
    timer.turn = ++lastTurn
    sink(timer)
  } else remove(timer)
  reflect.apply(timer.callback, undefined, timer.values)
}

/** A timer of our own, which counts as one. Errors name what it is for. */
export function startTimer(name, callback, delay) {
  return start(name, callback, delay, [], false)
}

function start(name, callback, delay, values, repeats) {
  if (typeof callback !== 'function') throw new TypeErrorOf(`${name}: expected a function, got ${typeof callback}`)
  if (mapSize(byId) >= limits.timers) {
    throw new RangeErrorOf(`${name}: expected at most ${limits.timers} timers at a time`)
  }
  const wanted = trunc(toNumber(delay))
  // What is too long, too short or no number waits a millisecond, as in Node.
  const wait = wanted >= 1 && wanted <= longest ? wanted : 1
  const id = ++lastId
  const timer = {
    __proto__: null,
    id,
    callback,
    values,
    repeats,
    delay: wait,
    due: now() + wait,
    turn: ++lastTurn,
    at: heap.length,
  }
  mapSet(byId, id, timer)
  heap[heap.length] = timer
  rise(timer)
  return id
}

function clear(id) {
  if (typeof id !== 'number' && typeof id !== 'string') return
  const timer = mapGet(byId, toNumber(id))
  if (timer !== undefined) remove(timer)
}

function remove(timer) {
  mapDelete(byId, timer.id)
  const last = heap[heap.length - 1]
  heap.length--
  if (last === timer) return
  put(last, timer.at)
  rise(last)
  sink(last)
}

function isBefore(one, other) {
  return one.due < other.due || (one.due === other.due && one.turn < other.turn)
}

function put(timer, at) {
  heap[at] = timer
  timer.at = at
}

function rise(timer) {
  while (timer.at > 0) {
    const at = timer.at
    const parent = heap[(at - 1) >> 1]
    if (!isBefore(timer, parent)) return
    const above = parent.at
    put(parent, at)
    put(timer, above)
  }
}

function sink(timer) {
  for (;;) {
    const at = timer.at
    let child = 2 * at + 1
    if (child >= heap.length) return
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
    const below = heap[child]
    if (!isBefore(below, timer)) return
    put(below, at)
    put(timer, child)
  }
}
