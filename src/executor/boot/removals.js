// What would let code use memory or time that no limit of the isolate sees.
delete globalThis.WebAssembly
delete globalThis.SharedArrayBuffer
delete globalThis.Atomics
delete ArrayBuffer.prototype.resize

const { construct } = Reflect
const BuiltIn = ArrayBuffer

// A resizable buffer reserves and grows memory outside `memoryLimit`, so the option that asks for one is ignored.
const Fixed = new Proxy(BuiltIn, {
  construct: (target, values, newTarget) => construct(target, [values[0]], newTarget === Fixed ? target : newTarget),
})
Object.defineProperty(BuiltIn.prototype, 'constructor', { value: Fixed, writable: true, configurable: true })
Object.defineProperty(globalThis, 'ArrayBuffer', { value: Fixed, writable: true, configurable: true })

// Twice the usual ten, since frames of ours are left out of what the user sees.
Error.stackTraceLimit = 20
