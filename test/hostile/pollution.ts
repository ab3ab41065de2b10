// Code that patches what everybody shares, and then logs, returns or throws. The canary that follows must see none of it.
import type { Ending, Entry } from './program.ts'
import { programs, returns, succeeds, throws, timeout, badResult } from './program.ts'

/** Ways to break the built-ins. Each is followed by each of the three endings below. */
const patches: readonly (readonly [name: string, code: string])[] = [
  ['a key of Object.prototype', 'Object.prototype.polluted = 1'],
  [
    'a getter of Object.prototype that throws',
    "Object.defineProperty(Object.prototype, 'length', { get() { throw new Error('patched') }, configurable: true })",
  ],
  [
    'get and set of Object.prototype, as in descriptors',
    "Object.prototype.get = () => 'patched'\nObject.prototype.writable = true\nObject.prototype.value = 'patched'",
  ],
  [
    'Object.prototype frozen',
    'Object.freeze(Object.prototype)\nObject.freeze(Array.prototype)\nObject.freeze(Function.prototype)\nObject.freeze(Error.prototype)',
  ],
  [
    'methods of Array.prototype',
    "for (const name of Object.getOwnPropertyNames(Array.prototype)) if (typeof Array.prototype[name] === 'function' && name !== 'constructor') Array.prototype[name] = () => { throw new Error('patched ' + name) }",
  ],
  [
    'the iterator of lists',
    "Array.prototype[Symbol.iterator] = () => { throw new Error('patched') }\nObject.getPrototypeOf([][Symbol.iterator]).next = 1",
  ],
  [
    'methods of String.prototype',
    "for (const name of Object.getOwnPropertyNames(String.prototype)) if (typeof String.prototype[name] === 'function') String.prototype[name] = () => { throw new Error('patched') }",
  ],
  [
    'methods of RegExp.prototype',
    "for (const name of Reflect.ownKeys(RegExp.prototype)) Object.defineProperty(RegExp.prototype, name, { value() { throw new Error('patched') }, configurable: true })",
  ],
  [
    'call, apply and bind',
    "Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw new Error('patched') }\nFunction.prototype.toString = () => 'patched'",
  ],
  [
    'Map, Set and WeakMap',
    "for (const Type of [Map, Set, WeakMap, WeakSet]) for (const name of Object.getOwnPropertyNames(Type.prototype)) if (name !== 'constructor') Object.defineProperty(Type.prototype, name, { value() { throw new Error('patched') }, configurable: true })",
  ],
  [
    'JSON, Reflect and Math',
    "for (const holder of [JSON, Reflect, Math]) for (const name of Object.getOwnPropertyNames(holder)) { try { holder[name] = () => { throw new Error('patched') } } catch {} }",
  ],
  [
    'the functions of Object',
    "const names = Object.getOwnPropertyNames(Object)\nfor (const name of names) { try { Object[name] = () => { throw new Error('patched') } } catch {} }",
  ],
  [
    'then of Promise.prototype',
    "Promise.prototype.then = Promise.prototype.catch = Promise.prototype.finally = function () { throw new Error('patched') }\nPromise.resolve = Promise.reject = () => 'patched'",
  ],
  [
    'the constructor of promises',
    "Object.defineProperty(Promise.prototype, 'constructor', { get() { throw new Error('patched') }, configurable: true })",
  ],
  [
    'Error and what it makes',
    "Error.prepareStackTrace = () => 'patched'\nError.stackTraceLimit = 0\nError.captureStackTrace = () => { throw new Error('patched') }\nError.prototype.toString = () => 'patched'\nError.isError = () => false",
  ],
  [
    'the accessors of errors',
    "Object.defineProperty(Error.prototype, 'name', { get() { throw 1 }, configurable: true })\nObject.defineProperty(Error.prototype, 'cause', { get() { throw 1 }, configurable: true })",
  ],
  [
    'every global',
    "for (const name of ['Object', 'Array', 'String', 'Number', 'Boolean', 'Symbol', 'Map', 'Set', 'Date', 'RegExp', 'Promise', 'Proxy', 'Reflect', 'JSON', 'Math', 'TypeError', 'RangeError', 'BigInt', 'Function', 'eval', 'undefined', 'setTimeout', 'clearTimeout']) { try { globalThis[name] = undefined } catch {} }",
  ],
  [
    'no globals at all',
    'for (const name of Object.getOwnPropertyNames(globalThis)) { try { delete globalThis[name] } catch {} }',
  ],
  ['the prototype of the global', 'Object.setPrototypeOf(globalThis, null)'],
  [
    'the prototype of functions',
    'Object.setPrototypeOf(Function.prototype, null)\nObject.setPrototypeOf(Array.prototype, null)\nObject.setPrototypeOf(Error.prototype, null)\nObject.setPrototypeOf(Promise.prototype, null)',
  ],
  [
    'toJSON of everything',
    'Object.prototype.toJSON = String.prototype.toJSON = Array.prototype.toJSON = Number.prototype.toJSON = () => 1',
  ],
  [
    'toPrimitive of everything',
    "Object.prototype[Symbol.toPrimitive] = () => { throw new Error('patched') }\nObject.prototype.toString = Object.prototype.valueOf = () => { throw new Error('patched') }",
  ],
  [
    'then of everything',
    "Object.defineProperty(Object.prototype, 'then', { value: undefined, writable: true, configurable: true })",
  ],
  [
    'setters for indices',
    "for (let n = 0; n < 50; n++) Object.defineProperty(Array.prototype, n, { set() { throw new Error('patched') }, configurable: true })",
  ],
  [
    'symbols that change how things work',
    "Array.prototype[Symbol.isConcatSpreadable] = false\nRegExp.prototype[Symbol.match] = null\nObject.prototype[Symbol.toStringTag] = 'patched'\nFunction.prototype[Symbol.hasInstance] || 0",
  ],
  [
    'Date and clocks',
    "Date.now = () => NaN\nDate.prototype.toISOString = Date.prototype.getTime = () => { throw new Error('patched') }\nglobalThis.performance = undefined",
  ],
  [
    'console itself',
    "for (const name of Object.keys(globalThis.console)) if (name !== 'log') globalThis.console[name] = () => { throw new Error('patched') }",
  ],
]

const endings: readonly (readonly [name: string, code: string, ends: Entry['ends'], log: Entry['log']])[] = [
  ['returns', "return 'ok'", [returns('ok'), returns(1)], undefined],
  [
    'logs',
    "console.log('ok', 1, { a: 2 })\nreturn 0",
    [returns(0), returns(1)],
    [/^ok 1 \{ a: 2 \}$|^ok 1 (Object )?(\[patched\] |\[Object: null prototype\] )?\{ a: 2 \}$/],
  ],
  ['throws', "throw new TypeError('ok')", throws(/TypeError|Error/, /^ok$/), undefined],
]

export const pollution = programs('pollution', { timeoutMs: 1500 }, [
  ...patches.flatMap(([what, patch]) =>
    endings.map(([then, end, ends, log]) => ({
      name: `${what}, then ${then}`,
      // What the ending needs is kept before the patch takes it away.
      body: `const { TypeError } = globalThis\n${patch}\n${end}`,
      // To await a promise is to read its constructor, so that getter is the user's own error.
      ends: what === 'the constructor of promises' ? [...several(ends), throws('Error', 'patched', { line: 3 })] : ends,
      ...(log ? { log } : {}),
    })),
  ),
  {
    name: 'toJSON of Object.prototype that loops',
    body: 'Object.prototype.toJSON = () => { for (;;); }\nreturn { a: 1 }',
    ends: [timeout, returns({ a: 1 })],
    timeoutMs: 400,
  },
  {
    name: 'then of Object.prototype that never answers',
    body: 'Object.prototype.then = () => {}\nreturn { a: 1 }',
    ends: timeout,
    timeoutMs: 400,
  },
  {
    name: 'then of Object.prototype that forges',
    body: "Object.prototype.then = function (resolve) { delete Object.prototype.then; resolve('forged') }\nreturn { a: 1 }",
    ends: returns('forged'),
  },
  {
    name: 'a getter of then on Promise.prototype that loops',
    body: "Object.defineProperty(Promise.prototype, 'then', { get() { for (;;); } })\nreturn 1",
    ends: [returns(1), timeout],
    timeoutMs: 400,
  },
  {
    name: 'the argument changed for the next run',
    code: "export default ({ event, console }) => { event.type = 'patched'; console.log = null; Object.assign(Object.getPrototypeOf(event), { left: 1 }); return event.type }",
    ends: returns('patched'),
  },
  {
    name: 'globals that are defined so that they stay',
    body: "Object.defineProperty(globalThis, 'left', { value: 1, writable: false, configurable: false })\nObject.preventExtensions(globalThis)\nreturn 1",
    ends: returns(1),
  },
  {
    name: 'globals that cannot be taken away',
    body: "const { defineProperty } = Object\nfor (const name of ['Object', 'Promise', 'Error']) defineProperty(globalThis, name, { get() { throw new Error('patched') }, configurable: false })\nreturn 1",
    ends: returns(1),
  },
  {
    name: 'registered symbols',
    body: "Symbol.for('left').description\nglobalThis[Symbol.for('left')] = 1\nreturn 1",
    ends: returns(1),
  },
  {
    name: 'a patched toString that is asked while the result is refused',
    body: 'Symbol.prototype.toString = () => { throw new Error("patched") }\nreturn { a: Symbol("x") }',
    ends: [badResult('data.a: expected JSON, got a symbol'), returns({})],
  },
  {
    name: 'everything at once',
    body: "const { ownKeys } = Reflect\nfor (const holder of [Object, Array, String, Function, Map, Set, Promise, RegExp, Error, Number, Symbol].map((it) => it.prototype)) { const keys = ownKeys(holder); for (let n = 0; n < keys.length; n++) { try { if (keys[n] !== 'constructor') delete holder[keys[n]] } catch {} } }\nconsole.log('still here')\nreturn 'ok'",
    ends: succeeds,
    log: ['still here'],
  },
])

function several(ends: Entry['ends']): readonly Ending[] {
  return 'status' in ends ? [ends] : ends
}
