// Code that does nothing, for ever, and code that becomes harmful only after it has waited.
import { exhausts, programs, returns, throws, timeout, timeoutAt } from './program.ts'

const sleep = 'const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))\n'

export const wait = programs('wait', { timeoutMs: 300 }, [
  { name: 'a promise that never settles', body: 'await new Promise(() => {})', ends: timeout },
  {
    name: 'a promise that is returned and never settles',
    code: 'export default () => new Promise(() => {})',
    ends: timeout,
  },
  { name: 'a thenable that never answers', body: 'await { then() {} }', ends: timeout },
  { name: 'a race of nobody', body: 'await Promise.race([])', ends: timeout },
  { name: 'all, of which one never settles', body: 'await Promise.all([1, new Promise(() => {})])', ends: timeout },
  { name: 'any, of which none settles', body: 'await Promise.any([new Promise(() => {})])', ends: timeout },
  {
    name: 'a promise that waits for itself',
    body: 'let resolve\nconst it = new Promise((r) => (resolve = r))\nresolve(it)\nawait it',
    ends: throws('TypeError', /Chaining cycle/),
  },
  {
    name: 'two promises that wait for each other',
    body: 'let a, b\na = (async () => { await null; await b })()\nb = (async () => { await null; await a })()\nawait a',
    ends: timeout,
  },
  {
    name: 'an async generator that never yields',
    body: 'async function* none() { await new Promise(() => {}) }\nfor await (const n of none());',
    ends: timeout,
  },
  { name: 'a timer far away', body: 'await new Promise((resolve) => setTimeout(resolve, 1e6))', ends: timeout },
  { name: 'an interval for ever', body: 'setInterval(() => {}, 1)\nawait new Promise(() => {})', ends: timeout },
  {
    name: 'a timer that sets the next, for ever',
    body: 'const next = () => setTimeout(next, 0)\nnext()\nawait new Promise(() => {})',
    ends: timeout,
  },
  { name: 'sleeping in a loop', body: `${sleep}for (;;) await sleep(1)`, ends: timeout },
  { name: 'a loop after a sleep', body: `${sleep}await sleep(20)\nfor (;;);`, ends: timeoutAt(4) },
  { name: 'a loop of microtasks after a sleep', body: `${sleep}await sleep(20)\nfor (;;) await null`, ends: timeout },
  {
    name: 'a loop in a timer',
    body: 'setTimeout(() => { for (;;); }, 10)\nawait new Promise(() => {})',
    ends: timeout,
  },
  {
    name: 'a loop in an interval',
    body: 'setInterval(() => { for (;;); }, 10)\nawait new Promise(() => {})',
    ends: timeout,
  },
  { name: 'a loop in queueMicrotask', body: 'queueMicrotask(() => { for (;;); })', ends: [timeout, returns(null)] },
  {
    name: 'a pattern that backtracks after a sleep',
    body: `${sleep}await sleep(5)\nvoid /^(a+)+$/.test('a'.repeat(40) + '!')`,
    ends: timeout,
  },
  {
    name: 'a built-in that cannot be interrupted, after a sleep',
    body: `${sleep}await sleep(5)\nArray.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)`,
    ends: timeout,
  },
  {
    name: 'memory without end after a sleep',
    body: `${sleep}await sleep(5)\nconst all = []\nfor (;;) all.push(new Array(1000).fill(all.length))`,
    ends: exhausts,
    timeoutMs: 3000,
    isHeavy: true,
  },
  {
    name: 'an error after a sleep',
    body: `${sleep}await sleep(5)\nthrow new RangeError('late')`,
    ends: throws('RangeError', 'late', { line: 4 }),
  },
  {
    name: 'an error in a timer',
    body: "setTimeout(() => { throw new RangeError('in a timer') }, 5)\nawait new Promise(() => {})",
    ends: throws('RangeError', 'in a timer', { line: 2 }),
  },
  {
    name: 'an error in queueMicrotask',
    body: "queueMicrotask(() => { throw new RangeError('soon') })\nawait new Promise(() => {})",
    ends: throws('RangeError', 'soon', { line: 2 }),
  },
  {
    name: 'a rejection that nobody handles',
    body: "Promise.reject(new RangeError('unheard'))\nawait new Promise(() => {})",
    ends: throws('RangeError', 'unheard', { line: 2 }),
  },
  {
    name: 'a rejection that nobody handles after a sleep',
    body: `${sleep}setTimeout(() => { Promise.reject(new RangeError('unheard')) }, 5)\nawait new Promise(() => {})`,
    ends: throws('RangeError', 'unheard', { line: 3 }),
  },
  {
    name: 'an async function that throws unheard',
    body: "void (async () => { await null; throw new RangeError('aside') })()\nawait new Promise(() => {})",
    ends: throws('RangeError', 'aside', { line: 2 }),
  },
  {
    name: 'a rejection that is handled soon',
    body: "const it = Promise.reject(new Error('x'))\nawait null\nreturn await it.catch(() => 'handled')",
    ends: returns('handled'),
  },
  {
    name: 'timers left behind',
    body: 'setInterval(() => {}, 1)\nsetTimeout(() => { for (;;); }, 50)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'promises left behind',
    body: 'for (let n = 0; n < 1000; n++) void new Promise(() => {})\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'an async function left behind',
    body: 'void (async () => { for (;;) await new Promise((resolve) => setTimeout(resolve, 1)) })()\nreturn 1',
    ends: returns(1),
  },
  { name: 'waiting by the clock', body: 'const end = Date.now() + 1e6\nwhile (Date.now() < end);', ends: timeout },
  {
    name: 'waiting by the clock with microtasks',
    body: 'const end = Date.now() + 1e6\nwhile (Date.now() < end) await null',
    ends: timeout,
  },
  {
    name: 'a clock of its own',
    body: 'Date.now = () => 0\nperformance.now = () => 0\nglobalThis.Date = class { static now() { return 0 } }\nconst next = () => setTimeout(next, 1)\nnext()\nawait new Promise(() => {})',
    ends: timeout,
  },
  {
    name: 'a Promise of its own',
    body: 'globalThis.Promise = class { then() {} }\nPromise.prototype.then = () => {}\nawait new Promise(() => {})',
    ends: timeout,
  },
  {
    name: 'a then of its own that never answers',
    body: 'Promise.prototype.then = function () { return new Promise(() => {}) }\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'a then that resolves twice',
    body: 'return { then(resolve) { resolve(1); resolve(2); throw new Error("late") } }',
    ends: returns(1),
  },
  {
    name: 'a then that resolves to another, for ever',
    body: 'const chain = { then(resolve) { resolve(chain) } }\nreturn chain',
    ends: timeout,
  },
  { name: 'a then that is a getter that loops', body: 'return { get then() { for (;;); } }', ends: timeout },
  { name: 'a then that loops', body: 'return { then() { for (;;); } }', ends: timeout },
  {
    name: 'a then that throws',
    body: "return { then() { throw new RangeError('no') } }",
    ends: throws('RangeError', 'no', { line: 2 }),
  },
  {
    name: 'a then that rejects',
    body: "return { then(_, reject) { reject(new RangeError('no')) } }",
    ends: throws('RangeError', 'no', { line: 2 }),
  },
  {
    name: 'Atomics.wait',
    body: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)',
    ends: throws('ReferenceError', /not defined/, { line: 2 }),
  },
  {
    name: 'Atomics.waitAsync',
    body: 'await Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0).value',
    ends: throws('ReferenceError', /not defined/, { line: 2 }),
  },
  {
    name: 'a finalizer that never comes',
    body: 'await new Promise((resolve) => new FinalizationRegistry(resolve).register({}, 1))',
    ends: [timeout, returns(1)],
  },
  {
    name: 'sleeping a little longer than allowed',
    body: `${sleep}await sleep(330)\nreturn 'late'`,
    ends: [timeout, returns('late')],
  },
])
