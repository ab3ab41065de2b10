// Everything that can be thrown, and everything that can happen while somebody reads what was thrown.
import { exhausts, programs, throws, timeout } from './program.ts'

const thrown = (message: string | RegExp) => throws('NonErrorThrown', message)
const anyError = { status: 'ERROR', code: 'USER_ERROR' } as const
const prefix = 'Something that is not an Error was thrown: '

export const throwing = programs('throw', { timeoutMs: 500 }, [
  { name: 'an error', body: "throw new Error('x')", ends: throws('Error', 'x', { line: 2 }) },
  { name: 'undefined', body: 'throw undefined', ends: thrown(`${prefix}undefined`) },
  { name: 'null', body: 'throw null', ends: thrown(`${prefix}null`) },
  { name: 'a number', body: 'throw 42', ends: thrown(`${prefix}42`) },
  { name: 'minus zero', body: 'throw -0', ends: thrown(`${prefix}-0`) },
  { name: 'a text', body: "throw 'just text'", ends: thrown(/just text/) },
  { name: 'an empty text', body: "throw ''", ends: thrown(/thrown/) },
  { name: 'a BigInt', body: 'throw 10n ** 20n', ends: thrown(/100000000000000000000n/) },
  { name: 'a symbol', body: "throw Symbol('s')", ends: thrown(/Symbol\(s\)/) },
  { name: 'true', body: 'throw true', ends: thrown(/true/) },
  { name: 'a function', body: 'throw function named() {}', ends: thrown(/named/) },
  { name: 'a class', body: 'throw class Box {}', ends: thrown(/class Box/) },
  { name: 'a list', body: 'throw [1, 2]', ends: thrown(/\[ 1, 2 \]/) },
  { name: 'an object', body: 'throw { a: 1 }', ends: thrown(/\{ a: 1 \}/) },
  {
    name: 'an object with message, name and stack',
    body: "throw { name: 'Fake', message: 'fake', stack: 'at x (workflow.js:1:1)' }",
    ends: thrown(/fake/),
  },
  { name: 'an object without prototype', body: 'throw Object.create(null)', ends: thrown(/null prototype/) },
  { name: 'a promise', body: 'throw Promise.resolve(1)', ends: thrown(/Promise/) },
  { name: 'a promise that rejects', body: "throw Promise.reject(new Error('inner'))", ends: anyError },
  { name: 'a thenable', body: 'throw { then() { for (;;); } }', ends: thrown(/then/) },
  { name: 'a generator', body: 'throw (function* () {})()', ends: thrown(/Generator/) },
  { name: 'a Map', body: "throw new Map([['k', 1]])", ends: thrown(/Map\(1\)/) },
  { name: 'a Date that is none', body: 'throw new Date(NaN)', ends: thrown(/Invalid/) },
  { name: 'a WeakRef', body: 'throw new WeakRef({})', ends: thrown(/WeakRef/) },
  { name: 'globalThis', body: 'throw globalThis', ends: thrown(/thrown/) },
  { name: 'the argument', code: 'export default (context) => { throw context }', ends: thrown(/event/) },
  { name: 'an object in a circle', body: 'const a = {}\na.a = a\nthrow a', ends: thrown(/Circular/) },
  { name: 'a long text', body: "throw 'x'.repeat(1e7)", ends: thrown(/^.{100,9000}$/) },
  { name: 'a list of a million', body: 'throw Array.from({ length: 1e6 }, (_, n) => n)', ends: thrown(/more items/) },
  {
    name: 'an error with a long message',
    body: "throw new Error('x'.repeat(1e7))",
    ends: throws('Error', /^x{8192}… \(\d+ more characters\)$/, { line: 2 }),
  },
  {
    name: 'an error with a message of many lines',
    body: "throw new Error('x\\n    at y (workflow.js:1:1)\\n'.repeat(1e5))",
    ends: throws('Error', /^x\n/, { line: 2 }),
  },
  {
    name: 'an error with a long name',
    body: "const error = new Error('x')\nerror.name = 'N'.repeat(1e6)\nthrow error",
    ends: throws(/^N{200}/, 'x'),
  },
  {
    name: 'an error with a long stack',
    body: "const error = new Error('x')\nerror.stack = 'Error: x\\n' + '    at f (workflow.js:2:1)\\n'.repeat(1e6)\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error with a stack that is no text',
    body: "const error = new Error('x')\nerror.stack = { toString() { for (;;); } }\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error without a stack',
    body: "const error = new Error('x')\ndelete error.stack\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error with a message that is an object',
    body: "const error = new Error('x')\nerror.message = { a: 1, toString() { throw 1 } }\nthrow error",
    ends: throws('Error'),
  },
  {
    name: 'an error with a name that is a symbol',
    body: "const error = new Error('x')\nerror.name = Symbol('n')\nthrow error",
    ends: throws(/.*/, 'x'),
  },
  {
    name: 'an error whose message throws',
    body: "throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('inner') } })",
    ends: throws('Error'),
  },
  {
    name: 'an error whose name throws',
    body: "throw Object.defineProperty(new Error('x'), 'name', { get() { throw new Error('inner') } })",
    ends: throws(/.*/, 'x'),
  },
  {
    name: 'an error whose stack throws',
    body: "throw Object.defineProperty(new Error('x'), 'stack', { get() { throw new Error('inner') } })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error whose cause throws',
    body: "throw Object.defineProperty(new Error('x'), 'cause', { get() { throw new Error('inner') } })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error whose message loops',
    body: "throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } })",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'an error whose name loops',
    body: "throw Object.defineProperty(new Error('x'), 'name', { get() { for (;;); } })",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'an error whose stack loops',
    body: "throw Object.defineProperty(new Error('x'), 'stack', { get() { for (;;); } })",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'an error whose cause loops',
    body: "throw Object.defineProperty(new Error('x'), 'cause', { get() { for (;;); } })",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'an error whose constructor loops',
    body: "throw Object.defineProperty(new Error('x'), 'constructor', { get() { for (;;); } })",
    ends: [timeout, throws('Error', 'x')],
  },
  {
    name: 'an error whose toString loops',
    body: "throw Object.assign(new Error('x'), { toString() { for (;;); } })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error whose toStringTag loops',
    body: "throw Object.defineProperty(new Error('x'), Symbol.toStringTag, { get() { for (;;); } })",
    ends: [timeout, throws('Error', 'x')],
  },
  {
    name: 'an error whose retryable loops',
    body: "throw Object.defineProperty(new Error('x'), 'retryable', { get() { for (;;); } })",
    ends: [timeout, throws('Error', 'x')],
  },
  {
    name: 'an error whose message grows',
    body: "throw Object.defineProperty(new Error('x'), 'message', { get() { return 'y'.repeat(2 ** 29 - 100) } })",
    ends: [throws('Error'), ...exhausts],
    isHeavy: true,
  },
  {
    name: 'an error whose message takes all memory',
    body: "throw Object.defineProperty(new Error('x'), 'message', { get() { const all = []; for (;;) all.push([all.length]) } })",
    ends: [throws('Error'), ...exhausts],
    timeoutMs: 2500,
    isHeavy: true,
  },
  {
    name: 'an object whose toString loops',
    body: 'throw { toString() { for (;;); }, [Symbol.toPrimitive]() { for (;;); } }',
    ends: thrown(/toString/),
  },
  {
    name: 'an object whose inspect loops',
    body: "throw { [Symbol.for('nodejs.util.inspect.custom')]() { for (;;); }, inspect() { for (;;); } }",
    ends: [thrown(/inspect/), timeout],
  },
  { name: 'an object whose getters loop', body: 'throw { get a() { for (;;); } }', ends: thrown(/Getter/) },
  {
    name: 'an object whose constructor loops',
    body: 'throw { get constructor() { for (;;); } }',
    ends: [thrown(/.*/), timeout],
  },
  { name: 'a proxy', body: 'throw new Proxy({}, {})', ends: thrown(/.*/) },
  { name: 'a proxy of an error', body: "throw new Proxy(new Error('x'), {})", ends: anyError },
  {
    name: 'a proxy whose every trap throws',
    body: "throw new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } }))",
    ends: anyError,
  },
  {
    name: 'a proxy whose every trap loops',
    body: 'throw new Proxy({}, new Proxy({}, { get() { for (;;); } }))',
    ends: [timeout, anyError],
  },
  {
    name: 'a proxy that is revoked',
    body: 'const { proxy, revoke } = Proxy.revocable({}, {})\nrevoke()\nthrow proxy',
    ends: anyError,
  },
  { name: 'a proxy of a function', body: 'throw new Proxy(() => {}, { apply() { for (;;); } })', ends: anyError },
  {
    name: 'a proxy with keys without end',
    body: "throw new Proxy({}, { ownKeys: () => Array.from({ length: 1e6 }, (_, n) => 'k' + n), getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) })",
    ends: [anyError, timeout],
  },
  {
    name: 'an error whose prototype is a proxy',
    body: "throw Object.setPrototypeOf(new Error('x'), new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 }, has() { throw 3 } }))",
    ends: throws(/.*/, 'x'),
  },
  {
    name: 'an error without prototype',
    body: "throw Object.setPrototypeOf(new Error('x'), null)",
    ends: throws(/.*/, 'x'),
  },
  { name: 'an object that inherits from an error', body: "throw Object.create(new Error('parent'))", ends: anyError },
  {
    name: 'an error of its own class',
    body: "class HttpError extends Error { constructor(status) { super('status ' + status); this.name = 'HttpError'; this.status = status } }\nthrow new HttpError(500)",
    ends: throws('HttpError', 'status 500', { line: 3 }),
  },
  {
    name: 'an error of a class without a name',
    body: 'throw new (class extends Error {})("x")',
    ends: throws(/.*/, 'x'),
  },
  {
    name: 'causes in a circle',
    body: "const error = new Error('x')\nerror.cause = error\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'causes in a circle of two',
    body: "const a = new Error('a')\nconst b = new Error('b', { cause: a })\na.cause = b\nthrow b",
    ends: throws('Error', 'b', { stack: /Caused by: Error: a/ }),
  },
  {
    name: 'causes without end, made as they are asked for',
    body: "const make = () => Object.defineProperty(new Error('x'), 'cause', { get: make })\nthrow make()",
    ends: throws('Error', 'x'),
  },
  {
    name: 'a cause that is a text',
    body: "throw new Error('x', { cause: 'because' })",
    ends: throws('Error', 'x', { stack: /because/ }),
  },
  {
    name: 'a cause that is a proxy',
    body: "throw new Error('x', { cause: new Proxy({}, new Proxy({}, { get() { throw 1 } })) })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'a cause that is long',
    body: "throw new Error('x', { cause: new Error('y'.repeat(1e7)) })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'an AggregateError',
    body: "throw new AggregateError([new Error('a'), new Error('b')], 'both')",
    ends: throws('AggregateError', 'both'),
  },
  {
    name: 'an AggregateError of itself',
    body: "const error = new AggregateError([], 'x')\nerror.errors.push(error)\nthrow error",
    ends: throws('AggregateError', 'x'),
  },
  {
    name: 'an AggregateError of a million',
    body: "throw new AggregateError(Array.from({ length: 1e5 }, () => 1), 'many')",
    ends: throws('AggregateError', 'many'),
  },
  {
    name: 'an AggregateError whose errors loop',
    body: "throw Object.defineProperty(new AggregateError([], 'x'), 'errors', { get() { for (;;); } })",
    ends: [throws('AggregateError', 'x'), timeout],
  },
  {
    name: 'a SuppressedError',
    body: "throw new SuppressedError(new Error('a'), new Error('b'), 'suppressed')",
    ends: throws('SuppressedError', 'suppressed'),
  },
  {
    name: 'an error with half a surrogate pair',
    body: "throw new Error('\\ud800 half')",
    ends: throws('Error', /half/),
  },
  {
    name: 'an error with zeros and control characters',
    body: "throw new Error('a\\0b\\u001b[31mc')",
    ends: throws('Error', /^a.*b/s),
  },
  {
    name: 'an error with an own __proto__',
    body: "throw Object.defineProperty(new Error('x'), '__proto__', { value: { polluted: 1 }, enumerable: true })",
    ends: throws('Error', 'x'),
  },
  {
    name: 'the same error twice',
    body: "const error = new Error('x')\nsetTimeout(() => { throw error }, 0)\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'in finally, over another',
    body: "try { throw new Error('first') } finally { throw new Error('second') }",
    ends: throws('Error', 'second', { line: 2 }),
  },
  {
    name: 'in a getter of the result',
    body: "return { get a() { throw new RangeError('getter') } }",
    ends: throws('RangeError', 'getter', { line: 2 }),
  },
  {
    name: 'in toJSON of the result',
    body: "return { toJSON() { throw new RangeError('json') } }",
    ends: throws('RangeError', 'json', { line: 2 }),
  },
  {
    name: 'nothing in toJSON of the result',
    body: 'return { toJSON() { throw undefined } }',
    ends: thrown(/undefined/),
  },
  {
    name: 'in a generator that is closed',
    body: "function* one() { try { yield 1 } finally { throw new RangeError('closing') } }\nfor (const n of one()) break",
    ends: throws('RangeError', 'closing', { line: 2 }),
  },
  {
    name: 'an unhandled rejection of nothing',
    body: 'Promise.reject()\nawait new Promise(() => {})',
    ends: thrown(/undefined/),
  },
  {
    name: 'an unhandled rejection of a looping error',
    body: "Promise.reject(Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } }))\nawait new Promise(() => {})",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'a thousand unhandled rejections',
    body: "for (let n = 0; n < 1000; n++) Promise.reject(new Error('x' + n))\nawait new Promise(() => {})",
    ends: throws('Error', /^x\d+$/),
  },
  {
    name: 'an error of the engine',
    body: 'null.x',
    ends: throws('TypeError', "Cannot read properties of null (reading 'x')", { line: 2 }),
  },
  {
    name: 'a reference to nothing',
    body: 'return missing',
    ends: throws('ReferenceError', 'missing is not defined', { line: 2 }),
  },
  {
    name: 'an assignment to a constant',
    body: 'const a = 1\na = 2',
    ends: throws('TypeError', 'Assignment to constant variable.', { line: 3 }),
  },
  { name: 'a syntax error in eval', body: "eval('let a = ;')", ends: throws('SyntaxError') },
  {
    name: 'an error with a position in eval',
    body: 'eval(\'\\n\\n\\nthrow new Error("in eval")\')',
    ends: throws('Error', 'in eval'),
  },
  {
    name: 'an error with a sourceURL like the host',
    body: 'eval(\'throw new Error("x")\\n//# sourceURL=file:///etc/passwd\')',
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error with a sourceURL like ours',
    body: 'eval(\'throw new Error("x")\\n//# sourceURL=workflow.js\')',
    ends: throws('Error', 'x'),
  },
  {
    name: 'an error with frames of forged names',
    body: "const it = { ['at x (workflow.js:99:99)\\n    at y']() { throw new Error('x') } }\nit['at x (workflow.js:99:99)\\n    at y']()",
    ends: throws('Error', 'x'),
  },
  {
    name: 'a DOMException',
    body: "throw new DOMException('gone', 'AbortError')",
    ends: throws(/AbortError|ReferenceError/),
  },
  {
    name: 'out of memory, by hand',
    body: "throw new RangeError('Array buffer allocation failed')",
    ends: throws('RangeError', 'Array buffer allocation failed'),
  },
])
