import { TypeErrorOf, now, push, toText } from '../primordials.js'
import { host } from '../web.js'
import { constant, finish } from './define.js'

let eventStates

/** What only the target of an event may change. */
export function stateOf(event) {
  return eventStates(event)
}

/** Something that happens to an `EventTarget`. There is one target and no tree, so events do not travel. */
export class Event {
  #type
  #options
  #timeStamp = now() - host.startedAt
  #state = { target: null, isDispatched: false, isPassive: false, isStopped: false, isStoppedNow: false }
  #isCanceled = false

  constructor(type, options) {
    if (arguments.length === 0) throw new TypeErrorOf('The "type" argument must be specified')
    if (options !== undefined && options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw new TypeErrorOf('The "options" argument must be of type object')
    }
    this.#type = toText(type)
    this.#options = {
      bubbles: !!options?.bubbles,
      cancelable: !!options?.cancelable,
      composed: !!options?.composed,
    }
  }

  get type() {
    return this.#type
  }
  get target() {
    return this.#state.target
  }
  get srcElement() {
    return this.#state.target
  }
  get currentTarget() {
    return this.#state.isDispatched ? this.#state.target : null
  }
  get eventPhase() {
    return this.#state.isDispatched ? 2 : 0
  }
  get bubbles() {
    return this.#options.bubbles
  }
  get cancelable() {
    return this.#options.cancelable
  }
  get composed() {
    return this.#options.composed
  }
  get defaultPrevented() {
    return this.#isCanceled
  }
  get returnValue() {
    return !this.#isCanceled
  }
  get cancelBubble() {
    return this.#state.isStopped
  }
  set cancelBubble(value) {
    if (value) this.#state.isStopped = true
  }
  get timeStamp() {
    return this.#timeStamp
  }
  get isTrusted() {
    return false
  }

  composedPath() {
    const path = []
    if (this.#state.isDispatched) push(path, this.#state.target)
    return path
  }
  preventDefault() {
    if (this.#options.cancelable && !this.#state.isPassive) this.#isCanceled = true
  }
  stopPropagation() {
    this.#state.isStopped = true
  }
  stopImmediatePropagation() {
    this.#state.isStopped = true
    this.#state.isStoppedNow = true
  }

  static {
    eventStates = (event) => event.#state
  }
}

export class CustomEvent extends Event {
  #detail

  constructor(type, options) {
    if (arguments.length === 0) throw new TypeErrorOf('The "type" argument must be specified')
    super(type, options)
    this.#detail = options?.detail ?? null
  }

  get detail() {
    return this.#detail
  }
}

finish(Event, 'Event')
finish(CustomEvent, 'CustomEvent')
const phases = ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE']
for (let phase = 0; phase < phases.length; phase++) {
  constant(Event, phases[phase], phase)
  constant(Event.prototype, phases[phase], phase)
}
