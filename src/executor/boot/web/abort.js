import { RangeErrorOf, SetOf, TypeErrorOf, reflect, setAdd, setDelete, setEach } from '../primordials.js'
import { startTimer } from '../timers.js'
import { finish } from './define.js'
import { DOMException } from './dom-exception.js'
import { EventTarget } from './event-target.js'
import { Event } from './event.js'

const key = {}
let abort
let follow

export class AbortSignal extends EventTarget {
  #isAborted = false
  #reason = undefined
  #handler = null
  /** What is done before listeners are told. */
  #steps = new SetOf()

  constructor(token) {
    if (token !== key) throw new TypeErrorOf('Illegal constructor')
    super()
  }

  get aborted() {
    return this.#isAborted
  }
  get reason() {
    return this.#reason
  }
  throwIfAborted() {
    if (this.#isAborted) throw this.#reason
  }

  get onabort() {
    return this.#handler
  }
  set onabort(callback) {
    const handler = typeof callback === 'function' ? callback : null
    if (this.#handler === null && handler !== null) {
      this.addEventListener('abort', (event) => {
        if (this.#handler !== null) reflect.apply(this.#handler, this, [event])
      })
    }
    this.#handler = handler
  }

  static abort(reason = newAbortError()) {
    const signal = new AbortSignal(key)
    signal.#isAborted = true
    signal.#reason = reason
    return signal
  }

  static timeout(delay) {
    if (arguments.length === 0) throw new TypeErrorOf('The "delay" argument must be specified')
    const ms = +delay
    if (!(ms >= 0 && ms <= 2 ** 53 - 1)) {
      throw new RangeErrorOf(`AbortSignal.timeout: expected milliseconds from 0 on, got ${ms}`)
    }
    const signal = new AbortSignal(key)
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    // No timer waits longer, and no run.
    if (ms < 2 ** 31) startTimer('AbortSignal.timeout', () => abort(signal, reason), ms)
    return signal
  }

  static any(signals) {
    const list = [...signals]
    const signal = new AbortSignal(key)
    for (let index = 0; index < list.length; index++) {
      if (!(#isAborted in list[index])) throw new TypeErrorOf(`signals[${index}] is not of type AbortSignal.`)
    }
    for (let index = 0; index < list.length; index++) {
      if (!list[index].#isAborted) continue
      signal.#isAborted = true
      signal.#reason = list[index].#reason
      return signal
    }
    for (let index = 0; index < list.length; index++) follow(list[index], () => abort(signal, list[index].#reason))
    return signal
  }

  static {
    abort = (signal, reason) => {
      if (signal.#isAborted) return
      signal.#isAborted = true
      signal.#reason = reason
      const steps = signal.#steps
      signal.#steps = new SetOf()
      setEach(steps, (step) => step())
      signal.dispatchEvent(new Event('abort'))
    }
    follow = (signal, step) => {
      if (signal.#isAborted) step()
      else setAdd(signal.#steps, step)
      return () => setDelete(signal.#steps, step)
    }
  }
}

export class AbortController {
  #signal = new AbortSignal(key)

  get signal() {
    return this.#signal
  }
  abort(reason = newAbortError()) {
    abort(this.#signal, reason)
  }
}

finish(AbortSignal, 'AbortSignal')
finish(AbortController, 'AbortController')

/** Has something done when a signal is aborted, and gives back what forgets it. Throws at what is no signal. */
export function onAbort(signal, step) {
  return follow(signal, step)
}

function newAbortError() {
  return new DOMException('This operation was aborted', 'AbortError')
}
