import { ProxyOf, WeakMapOf, define, reflect, weakGet, weakHas, weakSet } from './primordials.js'

// What would let code use memory or time that no limit of the isolate sees.
delete globalThis.WebAssembly
delete globalThis.SharedArrayBuffer
delete globalThis.Atomics
const Buffer = ArrayBuffer
delete Buffer.prototype.resize
delete Buffer.prototype.resizable
delete Buffer.prototype.maxByteLength

// A resizable buffer reserves and grows memory outside `memoryLimit`, so the option that asks for one is ignored. The
// handler has no prototype: a trap that is missing would be looked up there, and be given the constructor itself.
const Fixed = new ProxyOf(Buffer, {
  __proto__: null,
  construct: (target, values, newTarget) => {
    const length = values.length === 0 ? undefined : values[0]
    return reflect.construct(target, [length], newTarget === Fixed ? target : newTarget)
  },
})
define(Buffer.prototype, 'constructor', Fixed, false)
define(globalThis, 'ArrayBuffer', Fixed, false)

// Nothing in the language tells a proxy from what it stands for, and showing one must not run its traps. So whoever
// makes one leaves a note of it here.
const targets = new WeakMapOf()

function note(proxy, target) {
  weakSet(targets, proxy, target)
  return proxy
}

const Noted = new ProxyOf(ProxyOf, {
  __proto__: null,
  construct: (_made, values) => {
    const target = values.length === 0 ? undefined : values[0]
    return note(new ProxyOf(target, values.length < 2 ? undefined : values[1]), target)
  },
})
const { revocable } = ProxyOf
const methods = {
  __proto__: null,
  revocable(target, handler) {
    const made = revocable(target, handler)
    const { proxy, revoke } = made
    note(proxy, target)
    define(made, 'revoke', () => {
      weakSet(targets, proxy, null)
      revoke()
    })
    return made
  },
}
define(ProxyOf, 'revocable', methods.revocable, false)
define(globalThis, 'Proxy', Noted, false)

export function isProxy(value) {
  return weakHas(targets, value)
}

/** What a proxy stands for, which may be another one; null if it was revoked. */
export function targetOf(proxy) {
  return weakGet(targets, proxy)
}

/** What a proxy stands for in the end, null if it was revoked. Anything else is itself. */
export function unwrap(value) {
  let found = value
  while (found !== null && weakHas(targets, found)) found = weakGet(targets, found)
  return found
}

// Twice the usual ten, since frames of ours are left out of what the user sees.
Error.stackTraceLimit = 20
