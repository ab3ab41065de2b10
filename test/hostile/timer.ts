// Timers, abused.
import { exhausts, programs, returns, throws, timeout, timeoutAt } from './program.ts'

const fails = (value: string) => ({
  name: `setTimeout of ${value}`,
  body: `setTimeout(${value}, 1)`,
  ends: throws(/TypeError/, /expected a function/, { line: 2 }),
})

export const timer = programs('timer', { timeoutMs: 600 }, [
  ...['1', "'code'", 'null', 'undefined', '{}', 'Symbol()', '1n'].map(fails),
  ...[
    '-1',
    'NaN',
    'Infinity',
    '-Infinity',
    "'5'",
    "'x'",
    'null',
    '{}',
    '[]',
    '[3]',
    'true',
    '2 ** 31',
    '2 ** 53',
    '1e308',
    '0.5',
    '-0',
  ].map((delay) => ({
    name: `a delay of ${delay}`,
    body: `let fired = false\nsetTimeout(() => { fired = true }, ${delay})\nreturn 1`,
    ends: returns(1),
  })),
  {
    name: 'a delay that is a symbol',
    body: 'setTimeout(() => {}, Symbol())',
    ends: [throws('TypeError', undefined, { line: 2 }), returns(null)],
  },
  {
    name: 'a delay that is a BigInt',
    body: 'setTimeout(() => {}, 1n)\nreturn 1',
    ends: [throws('TypeError', undefined, { line: 2 }), returns(1)],
  },
  {
    name: 'a delay that throws',
    body: "setTimeout(() => {}, { valueOf() { throw new RangeError('delay') } })",
    ends: throws('RangeError', 'delay', { line: 2 }),
  },
  { name: 'a delay that loops', body: 'setTimeout(() => {}, { valueOf() { for (;;); } })', ends: timeout },
  {
    name: 'a delay that sets timers',
    body: 'let n = 0\nconst delay = { valueOf() { if (n++ < 100) setTimeout(() => {}, delay); return 1 } }\nsetTimeout(() => {}, delay)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'a delay of nothing',
    body: 'return await new Promise((resolve) => setTimeout(() => resolve(1)))',
    ends: returns(1),
  },
  {
    name: 'a callback that loops',
    body: 'setTimeout(() => { for (;;); })\nawait new Promise(() => {})',
    ends: timeoutAt(2),
  },
  {
    name: 'a callback that throws',
    body: "setTimeout(() => { throw new RangeError('x') })\nawait new Promise(() => {})",
    ends: throws('RangeError', 'x', { line: 2 }),
  },
  {
    name: 'a callback that throws nothing',
    body: 'setTimeout(() => { throw undefined })\nawait new Promise(() => {})',
    ends: throws('NonErrorThrown'),
  },
  {
    name: 'a callback that rejects',
    body: "setTimeout(async () => { throw new RangeError('x') })\nawait new Promise(() => {})",
    ends: throws('RangeError', 'x', { line: 2 }),
  },
  {
    name: 'a callback that is a proxy',
    body: 'return await new Promise((resolve) => setTimeout(new Proxy(() => {}, { apply: () => resolve(1) }), 1))',
    ends: returns(1),
  },
  {
    name: 'a callback that is a revoked proxy',
    body: 'const { proxy, revoke } = Proxy.revocable(() => {}, {})\nsetTimeout(proxy, 1)\nrevoke()\nawait new Promise(() => {})',
    ends: throws('TypeError'),
  },
  {
    name: 'a callback that is a class',
    body: 'setTimeout(class {}, 1)\nawait new Promise(() => {})',
    ends: throws('TypeError'),
  },
  {
    name: 'a callback that goes too deep',
    body: 'setTimeout(function down() { down() }, 1)\nawait new Promise(() => {})',
    ends: throws('RangeError', 'Maximum call stack size exceeded', { line: 2 }),
  },
  {
    name: 'a callback that takes all memory',
    body: 'setTimeout(() => { const all = []; for (;;) all.push([all.length]) }, 1)\nawait new Promise(() => {})',
    ends: exhausts,
    timeoutMs: 2500,
    isHeavy: true,
  },
  {
    name: 'a callback that clears itself',
    body: 'let n = 0\nconst id = setInterval(() => { n++; clearInterval(id) }, 1)\nawait new Promise((resolve) => setTimeout(resolve, 30))\nreturn n',
    ends: returns(1),
  },
  {
    name: 'a callback that clears the next',
    body: 'let second = false\nlet id\nsetTimeout(() => clearTimeout(id), 1)\nid = setTimeout(() => { second = true }, 1)\nawait new Promise((resolve) => setTimeout(resolve, 20))\nreturn second',
    ends: returns(false),
  },
  {
    name: 'an interval that is slower than itself',
    body: 'let n = 0\nreturn await new Promise((resolve) => { const id = setInterval(() => { const end = Date.now() + 20; while (Date.now() < end); if (++n === 5) { clearInterval(id); resolve(n) } }, 1) })',
    ends: returns(5),
  },
  {
    name: 'an interval that loops in microtasks',
    body: 'setInterval(async () => { for (;;) await null }, 1)\nawait new Promise(() => {})',
    ends: timeout,
  },
  { name: 'an interval of zero', body: 'setInterval(() => {}, 0)\nawait new Promise(() => {})', ends: timeout },
  {
    name: 'a thousand intervals',
    body: 'for (let n = 0; n < 1000; n++) { try { setInterval(() => {}, 0) } catch {} }\nawait new Promise(() => {})',
    ends: timeout,
  },
  {
    name: 'a thousand and one timers',
    body: 'for (let n = 0; n <= 1000; n++) setTimeout(() => {}, 1000)',
    ends: throws('RangeError', /1000 timers/),
  },
  {
    name: 'a thousand timers, over and over',
    body: 'let fired = 0\nfor (let round = 0; round < 5; round++) { await Promise.all(Array.from({ length: 900 }, () => new Promise((resolve) => setTimeout(() => { fired++; resolve() }, 1)))) }\nreturn fired',
    ends: returns(4500),
    timeoutMs: 5000,
  },
  {
    name: 'clearing what is not there',
    body: "for (const id of [undefined, null, 0, -1, NaN, 'x', {}, [], Symbol(), 1n, 2 ** 53, () => {}]) { clearTimeout(id); clearInterval(id) }\nreturn 1",
    ends: returns(1),
  },
  {
    name: 'clearing what loops',
    body: 'clearTimeout({ valueOf() { for (;;); }, [Symbol.toPrimitive]() { for (;;); } })\nreturn 1',
    ends: [returns(1), timeout],
  },
  {
    name: 'clearing timers of others',
    body: 'for (let id = -10; id < 1e5; id++) clearTimeout(id)\nreturn await new Promise((resolve) => setTimeout(() => resolve(1), 5))',
    ends: returns(1),
  },
  {
    name: 'clearing one by the id of the other kind',
    body: 'const id = setInterval(() => {}, 1)\nclearTimeout(id)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'an id that is changed',
    body: "const id = setTimeout(() => {}, 1e6)\nif (typeof id === 'object') id.callback = () => { for (;;); }\nclearTimeout(id)\nreturn 1",
    ends: returns(1),
  },
  {
    name: 'ten thousand arguments',
    body: 'return await new Promise((resolve) => setTimeout((...values) => resolve(values.length), 1, ...Array(10000).fill(1)))',
    ends: returns(10_000),
  },
  {
    name: 'arguments that hold much',
    body: 'for (let n = 0; n < 1000; n++) setTimeout(() => {}, 1e6, new Array(1e5).fill(n))\nreturn 1',
    ends: exhausts,
    timeoutMs: 3000,
    isHeavy: true,
  },
  {
    name: 'timers without this',
    body: 'const set = setTimeout\nreturn await new Promise((resolve) => Reflect.apply(set, null, [() => resolve(1), 1]))',
    ends: returns(1),
  },
  {
    name: 'a timer made by new',
    body: 'new setTimeout(() => {}, 1)\nreturn 1',
    ends: [throws('TypeError'), returns(1)],
  },
  {
    name: 'timers that are patched',
    body: 'globalThis.setTimeout = () => { throw new Error("patched") }\nglobalThis.clearTimeout = null\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'timers that set each other',
    body: 'const a = () => setTimeout(b, 0)\nconst b = () => setTimeout(a, 0)\na()\nb()\nawait new Promise(() => {})',
    ends: timeout,
  },
  {
    name: 'timers within timers within timers',
    body: 'const down = (n) => new Promise((resolve) => setTimeout(() => resolve(n === 0 ? 1 : down(n - 1)), 0))\nreturn await down(50)',
    ends: returns(1),
    timeoutMs: 2000,
  },
  { name: 'queueMicrotask of nothing', body: 'queueMicrotask()', ends: throws('TypeError', undefined, { line: 2 }) },
  {
    name: 'queueMicrotask that throws',
    body: "queueMicrotask(() => { throw new RangeError('x') })\nawait new Promise((resolve) => setTimeout(resolve, 5))",
    ends: throws('RangeError', 'x', { line: 2 }),
  },
  {
    name: 'queueMicrotask that throws after the end',
    body: "queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => { throw new Error('late') }))))\nreturn 1",
    ends: [returns(1), throws('Error', 'late')],
  },
  {
    name: 'a timer that resolves after the end',
    body: 'setTimeout(() => { globalThis.late = true }, 1)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'the clock set back',
    body: 'const real = Date.now\nDate.now = () => real() - 1e9\nreturn await new Promise((resolve) => setTimeout(() => resolve(1), 5))',
    ends: returns(1),
  },
  {
    name: 'the clock set forward',
    body: 'const real = Date.now\nDate.now = () => real() + 1e12\nreturn await new Promise((resolve) => setTimeout(() => resolve(1), 5))',
    ends: returns(1),
  },
  {
    name: 'timers at the top level',
    code: 'const got = await new Promise((resolve) => setTimeout(resolve, 5, 7))\nsetInterval(() => {}, 1)\nexport default () => got',
    ends: returns(7),
  },
  {
    name: 'a timer of the top level that throws in the run',
    code: "setTimeout(() => { throw new RangeError('from the top') }, 5)\nexport default () => new Promise(() => {})",
    ends: throws('RangeError', 'from the top', { line: 1 }),
  },
])
