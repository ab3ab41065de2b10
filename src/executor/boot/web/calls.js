import { MapOf, RangeErrorOf, mapDelete, mapGet, mapSet, mapSize, parse } from '../primordials.js'
import { limits } from '../limits.js'
import { exceeds } from '../result.js'
import { host } from '../web.js'

// Calls out of the isolate are counted here, in variables that no code of the user can reach: a flood is harmless only
// if it never leaves.
const underWay = new MapOf()
let count = 0
let fetches = 0

/** Why no further call may be made, if so: an error that names the limit. */
export function noRoom(name, op) {
  if (op === 'fetch' && fetches >= limits.fetches)
    return over(name, `${limits.fetches} fetches in a run`, 'MAX_FETCHES')
  if (count >= limits.calls) return over(name, `${limits.calls} calls in a run`, 'MAX_CALLS')
  if (mapSize(underWay) < limits.callsInFlight) return undefined
  return over(name, `${limits.callsInFlight} calls at the same time`, 'MAX_CALLS_IN_FLIGHT')
}

/**
 * A promise that is rejected only when the code that is running now has had the time to handle it. One that is rejected
 * from the start is told to the host as unhandled and then as handled, which takes longer with each.
 */
export async function rejectSoon(error) {
  await undefined
  throw error
}

/**
 * Asks for something outside. `settle` is called with what comes of it, unless the function that is given back is
 * called before. Throws a RangeError at what is beyond the limits.
 */
export function call(name, op, json, settle) {
  const problem = noRoom(name, op)
  if (problem !== undefined) throw problem
  if (exceeds(json, limits.callBytes)) throw over(name, `${limits.callBytes} bytes in a call`, 'MAX_CALL_BYTES')
  if (op === 'fetch') fetches++
  const callId = ++count
  mapSet(underWay, callId, settle)
  host.call(callId, op, json)
  return () => {
    if (mapDelete(underWay, callId) && op === 'fetch') host.call(callId, 'cancel', '')
  }
}

function over(name, most, limit) {
  return new RangeErrorOf(`${name}: expected at most ${most} (${limit}), got more`)
}

export function deliver(callId, json) {
  const settle = mapGet(underWay, callId)
  if (settle === undefined) return
  mapDelete(underWay, callId)
  settle(parse(json))
}
