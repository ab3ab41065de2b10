import { MapOf, TypeErrorOf, mapDelete, mapGet, mapSet, push, reflect, toText } from '../primordials.js'
import { fail } from '../main.js'
import { finish } from './define.js'
import { DOMException } from './dom-exception.js'
import { Event, stateOf } from './event.js'

export class EventTarget {
  /** By type, in the order in which they were added. A list is never changed, since it may be gone through. */
  #listeners = new MapOf()

  addEventListener(type, callback, options) {
    if (arguments.length < 2) throw new TypeErrorOf('The "type" and "listener" arguments must be specified')
    if (callback === null || callback === undefined) return
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw new TypeErrorOf('The "listener" argument must be an instance of EventListener')
    }
    const isObject = typeof options === 'object' && options !== null
    const name = toText(type)
    const capture = isObject ? !!options.capture : !!options
    const signal = isObject ? options.signal : undefined
    if (signal?.aborted) return
    const known = mapGet(this.#listeners, name) ?? []
    if (find(known, callback, capture) !== -1) return
    const added = { callback, capture, once: isObject && !!options.once, passive: isObject && !!options.passive }
    mapSet(this.#listeners, name, without(known, -1, added))
    if (signal !== undefined) {
      signal.addEventListener('abort', () => this.removeEventListener(name, callback, capture), { once: true })
    }
  }

  removeEventListener(type, callback, options) {
    if (arguments.length < 2) throw new TypeErrorOf('The "type" and "listener" arguments must be specified')
    const capture = typeof options === 'object' && options !== null ? !!options.capture : !!options
    const name = toText(type)
    const known = mapGet(this.#listeners, name) ?? []
    const at = find(known, callback, capture)
    if (at === -1) return
    known[at].isRemoved = true
    if (known.length === 1) mapDelete(this.#listeners, name)
    else mapSet(this.#listeners, name, without(known, at))
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw new TypeErrorOf('The "event" argument must be an instance of Event')
    const state = stateOf(event)
    if (state.isDispatched) throw new DOMException('The event is already being dispatched', 'InvalidStateError')
    state.isDispatched = true
    state.target = this
    const listeners = mapGet(this.#listeners, event.type) ?? []
    for (let index = 0; index < listeners.length && !state.isStoppedNow; index++) {
      const listener = listeners[index]
      if (listener.isRemoved) continue
      if (listener.once) this.removeEventListener(event.type, listener.callback, listener.capture)
      state.isPassive = listener.passive
      call(listener.callback, this, event)
    }
    state.isPassive = false
    state.isDispatched = false
    state.isStopped = false
    state.isStoppedNow = false
    return !event.defaultPrevented
  }
}

finish(EventTarget, 'EventTarget')

/** What a listener throws is not for whoever dispatched the event: it ends the run, as it ends a process of Node. */
function call(callback, target, event) {
  try {
    if (typeof callback === 'function') reflect.apply(callback, target, [event])
    else callback.handleEvent(event)
  } catch (thrown) {
    fail(thrown)
  }
}

function find(listeners, callback, capture) {
  for (let index = 0; index < listeners.length; index++) {
    if (listeners[index].callback === callback && listeners[index].capture === capture) return index
  }
  return -1
}

function without(list, at, added) {
  const result = []
  for (let index = 0; index < list.length; index++) if (index !== at) push(result, list[index])
  if (added !== undefined) push(result, added)
  return result
}
