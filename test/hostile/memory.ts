// Code that takes memory without end: on the heap, outside it, and in single calls that allocate it all at once.
import { exhausts, outOfMemory, programs, returns, succeeds, throws, timeout } from './program.ts'

const tooLong = throws('RangeError', /Invalid (string|array|typed array) length|Array buffer allocation failed/)
const refusedOr = [throws('RangeError'), outOfMemory, timeout]

export const memory = programs('memory', { timeoutMs: 2500, isHeavy: true }, [
  { name: 'a list that grows', body: 'const all = []\nfor (;;) all.push({ n: all.length })', ends: exhausts },
  { name: 'lists in a list', body: 'const all = []\nfor (;;) all.push(new Array(1e5).fill(1.5))', ends: exhausts },
  { name: 'a list made at once', body: 'return Array(1e9).fill(0).length', ends: refusedOr },
  {
    name: 'a list of two billion',
    body: 'return Array.from({ length: 2 ** 31 }, (_, n) => n).length',
    ends: refusedOr,
  },
  {
    name: 'a sparse list that is filled',
    body: 'const list = []\nlist.length = 2 ** 32 - 1\nreturn list.fill(1).length',
    ends: refusedOr,
  },
  {
    name: 'an index far away',
    body: 'const list = [1]\nlist[2 ** 32 - 2] = 1\nreturn list.map(() => ({})).length',
    ends: refusedOr,
  },
  {
    name: 'spreading what has no end',
    body: 'function* numbers() { for (let n = 0; ; n++) yield n }\nreturn [...numbers()].length',
    ends: exhausts,
  },
  {
    name: 'toArray of what has no end',
    body: 'function* numbers() { for (let n = 0; ; n++) yield n }\nreturn numbers().toArray().length',
    ends: exhausts,
  },
  {
    name: 'Array.fromAsync of what has no end',
    body: 'async function* numbers() { for (let n = 0; ; n++) yield n }\nreturn (await Array.fromAsync(numbers())).length',
    ends: exhausts,
  },
  { name: 'concat with itself', body: 'let list = [1, 2, 3]\nfor (;;) list = list.concat(list)', ends: refusedOr },
  {
    name: 'splice that inserts without end',
    body: 'const list = [1]\nfor (;;) list.splice(0, 0, ...list.slice(0, 10000))',
    ends: exhausts,
  },
  {
    name: 'unshift without end',
    body: 'const list = []\nfor (;;) list.unshift(...Array(1000).fill({}))',
    ends: exhausts,
  },
  { name: 'a text that doubles', body: "let text = 'x'\nfor (;;) text += text", ends: [tooLong, ...exhausts] },
  {
    name: 'texts that are flattened',
    body: "const all = []\nfor (let n = 0; ; n++) { let text = 'x'.repeat(1e6) + n; text.charCodeAt(5); all.push(text) }",
    ends: exhausts,
  },
  {
    name: 'texts of two bytes',
    body: "const all = []\nfor (let n = 0; ; n++) all.push(('ü€' + n).repeat(1e5) + n)",
    ends: exhausts,
  },
  { name: 'a text split into letters', body: "return 'x'.repeat(2 ** 28).split('').length", ends: exhausts },
  { name: 'a text spread into letters', body: "return [...'x'.repeat(2 ** 28)].length", ends: exhausts },
  {
    name: 'a text replaced by a thousand of itself',
    body: "return 'a'.repeat(1e7).replace(/a/g, '$&'.repeat(1000)).length",
    ends: refusedOr,
  },
  {
    name: 'a text replaced by what comes before it',
    body: "return 'a'.repeat(1e5).replace(/a/g, \"$`$'\").length",
    ends: refusedOr,
  },
  {
    name: 'replaceAll that multiplies',
    body: "let text = 'aa'\nfor (;;) text = text.replaceAll('a', 'aaaaaaaaaa')",
    ends: refusedOr,
  },
  {
    name: 'padEnd to the longest',
    body: "const all = []\nfor (;;) all.push('x'.padEnd(2 ** 29 - 30, 'ab').replace('b', 'c'))",
    ends: refusedOr,
  },
  {
    name: 'a repeat that is too long',
    body: "return 'x'.repeat(2 ** 30).length",
    ends: throws('RangeError', /Invalid (string length|count value)/, { line: 2 }),
  },
  { name: 'join of a list of nothing', body: "return Array(2 ** 27).join('abcd').length", ends: refusedOr },
  {
    name: 'join of what only claims to be long',
    body: "return Array.prototype.join.call({ length: 2 ** 28 }, 'ab').length",
    ends: refusedOr,
  },
  {
    name: 'String.fromCharCode of much',
    body: 'const all = []\nfor (;;) all.push(String.fromCharCode.apply(null, new Array(60000).fill(8364)) + all.length)',
    ends: exhausts,
  },
  {
    name: 'JSON of long texts',
    body: "const text = '\\u0001'.repeat(2e7)\nconst all = []\nfor (;;) all.push(JSON.stringify(text))",
    ends: refusedOr,
  },
  {
    name: 'JSON read into many objects',
    body: "const text = '[' + '{\"a\":[1,2,3]},'.repeat(1e6) + '0]'\nconst all = []\nfor (;;) all.push(JSON.parse(text))",
    ends: exhausts,
  },
  {
    name: 'JSON indented without end',
    body: 'let node = 1\nfor (let n = 0; n < 3000; n++) node = [node, node === 1 ? 1 : [n]]\nconst all = []\nfor (;;) all.push(JSON.stringify(node, null, 10))',
    ends: refusedOr,
  },
  {
    name: 'a Map that grows',
    body: 'const map = new Map()\nfor (let n = 0; ; n++) map.set(n, { n })',
    ends: refusedOr,
  },
  { name: 'a Set that grows', body: 'const set = new Set()\nfor (let n = 0; ; n++) set.add({ n })', ends: refusedOr },
  {
    name: 'many Maps',
    body: 'const all = []\nfor (;;) all.push(new Map([[all, new Set([all.length])]]))',
    ends: exhausts,
  },
  {
    name: 'a WeakMap whose keys live',
    body: 'const map = new WeakMap()\nconst keys = []\nfor (;;) { const key = {}; keys.push(key); map.set(key, new Array(100).fill(key)) }',
    ends: refusedOr,
  },
  { name: 'WeakRefs', body: 'const all = []\nfor (;;) all.push(new WeakRef({ n: all.length }))', ends: exhausts },
  {
    name: 'finalizers',
    body: 'const registry = new FinalizationRegistry(() => {})\nfor (let n = 0; ; n++) registry.register({ n }, new Array(1000).fill(n))',
    ends: exhausts,
  },
  {
    name: 'an object with keys without end',
    body: "const big = {}\nfor (let n = 0; ; n++) big['key' + n] = n",
    ends: exhausts,
  },
  {
    name: 'symbols without end',
    body: 'const big = {}\nfor (let n = 0; ; n++) big[Symbol("s" + n)] = n',
    ends: exhausts,
  },
  {
    name: 'registered symbols without end',
    body: "for (let n = 0; ; n++) Symbol.for('x'.repeat(1000) + n)",
    ends: exhausts,
  },
  { name: 'promises that wait', body: 'const all = []\nfor (;;) all.push(new Promise(() => {}))', ends: exhausts },
  {
    name: 'promises in a chain',
    body: 'let it = new Promise(() => {})\nfor (;;) it = it.then(() => {})',
    ends: exhausts,
  },
  {
    name: 'async functions that wait',
    body: 'const wait = async (list) => { await new Promise(() => {}); return list }\nconst all = []\nfor (;;) all.push(wait(new Array(100).fill(0)))',
    ends: exhausts,
  },
  {
    name: 'closures',
    body: 'const all = []\nfor (let n = 0; ; n++) { const text = [n, n, n]; all.push(() => text) }',
    ends: exhausts,
  },
  {
    name: 'functions that are compiled and kept',
    body: "const all = []\nfor (let n = 0; ; n++) all.push(new Function('return function a() { return [' + '1,'.repeat(500) + n + '] }'))",
    ends: exhausts,
  },
  {
    name: 'generators that wait',
    body: 'function* one() { const list = new Array(100).fill(0); yield list }\nconst all = []\nfor (;;) { const it = one(); it.next(); all.push(it) }',
    ends: exhausts,
  },
  {
    name: 'classes',
    body: 'const all = []\nfor (;;) all.push(class { a() {} b() {} static c = new Array(10) })',
    ends: exhausts,
  },
  { name: 'a linked list', body: 'let list = null\nfor (;;) list = { next: list }', ends: exhausts },
  {
    name: 'numbers in boxes',
    body: 'const all = []\nfor (let n = 0; ; n++) all.push(Object(n + 0.5))',
    ends: exhausts,
  },
  { name: 'BigInts', body: 'const all = []\nfor (let n = 0n; ; n++) all.push(2n ** 100000n + n)', ends: exhausts },
  { name: 'one huge buffer', body: 'return new ArrayBuffer(2 ** 33).byteLength', ends: refusedOr },
  { name: 'the largest typed array', body: 'return new Float64Array(2 ** 32).length', ends: refusedOr },
  { name: 'buffers of 10 MB', body: 'const all = []\nfor (;;) all.push(new ArrayBuffer(1e7))', ends: refusedOr },
  {
    name: 'buffers that are written',
    body: 'const all = []\nfor (;;) all.push(new Uint8Array(1e7).fill(1))',
    ends: refusedOr,
  },
  { name: 'small typed arrays', body: 'const all = []\nfor (;;) all.push(new Uint8Array(64))', ends: exhausts },
  {
    name: 'typed arrays from a list that claims to be long',
    body: 'return Uint8Array.from({ length: 2 ** 32 }).length',
    ends: refusedOr,
  },
  {
    name: 'typed arrays from each other',
    body: 'let list = new Uint8Array(1000)\nconst all = []\nfor (;;) { all.push(list); list = new Float64Array([...all.slice(-1)[0], ...new Array(10000).fill(1)]) }',
    ends: refusedOr,
  },
  {
    name: 'slices of a buffer',
    body: 'const one = new ArrayBuffer(1e6)\nconst all = []\nfor (;;) all.push(one.slice(0))',
    ends: refusedOr,
  },
  {
    name: 'a buffer that is transferred to a larger one',
    body: 'let one = new ArrayBuffer(1e6)\nconst all = []\nfor (;;) { all.push(new Uint8Array(one.slice(0)).fill(1)); one = one.transfer(one.byteLength + 1e6) }',
    ends: refusedOr,
  },
  {
    name: 'a resizable buffer',
    body: 'const it = new ArrayBuffer(8, { maxByteLength: 2 ** 32 })\nreturn [it.resizable === true, typeof it.resize]',
    ends: returns([false, 'undefined']),
  },
  {
    name: 'a resizable buffer by inheritance',
    body: 'class Mine extends ArrayBuffer { constructor() { super(8, { maxByteLength: 2 ** 30 }) } }\nconst it = new Mine()\nreturn [it.resizable === true, it instanceof Mine, typeof it.resize]',
    ends: returns([false, true, 'undefined']),
  },
  {
    name: 'a resizable buffer by Reflect.construct',
    body: 'return Reflect.construct(ArrayBuffer, [8, { maxByteLength: 2 ** 30 }], Object).resizable ?? null',
    ends: [returns(null), returns(false), throws('TypeError')],
  },
  {
    name: 'a resizable buffer by the prototype',
    body: 'const it = new ArrayBuffer.prototype.constructor(8, { maxByteLength: 2 ** 30 })\nreturn it.resizable === true',
    ends: returns(false),
  },
  {
    name: 'a resizable buffer by a typed array',
    body: 'const it = new (new Uint8Array(8).buffer.constructor)(8, { maxByteLength: 2 ** 30 })\nreturn it.resizable === true',
    ends: returns(false),
  },
  {
    name: 'a resizable buffer by species',
    body: 'class Mine extends ArrayBuffer { static get [Symbol.species]() { return function (length) { return new ArrayBuffer(length, { maxByteLength: 2 ** 30 }) } } }\nreturn new Mine(8).slice(0).resizable === true',
    ends: returns(false),
  },
  {
    name: 'a resizable buffer by transfer',
    body: 'return [new ArrayBuffer(8).transfer(16).resizable === true, new ArrayBuffer(8).transferToFixedLength(4).resizable === true]',
    ends: returns([false, false]),
  },
  {
    name: 'a resizable buffer with a getter as length',
    body: 'let asked = 0\nconst it = new ArrayBuffer({ valueOf() { asked++; return 8 } }, { get maxByteLength() { asked += 10; return 100 } })\nreturn [it.resizable === true, it.byteLength]',
    ends: returns([false, 8]),
  },
  {
    name: 'a resizable buffer in a bound function',
    body: 'const Bound = ArrayBuffer.bind(null, 8, { maxByteLength: 2 ** 30 })\nreturn new Bound().resizable === true',
    ends: returns(false),
  },
  {
    name: 'a growable shared buffer',
    body: 'return new SharedArrayBuffer(8, { maxByteLength: 2 ** 32 }).growable',
    ends: throws('ReferenceError', /not defined/, { line: 2 }),
  },
  {
    name: 'WebAssembly memory',
    body: 'return new WebAssembly.Memory({ initial: 65536 }).buffer.byteLength',
    ends: throws('ReferenceError', /not defined/, { line: 2 }),
  },
  {
    name: 'WebAssembly by globals of other names',
    body: 'return Object.getOwnPropertyNames(globalThis).filter((name) => /wasm|assembly|shared|atomics/i.test(name))',
    ends: returns([]),
  },
  {
    name: 'date formats',
    body: "const all = []\nfor (;;) all.push(new Intl.DateTimeFormat('de', { dateStyle: 'full', timeZone: 'Europe/Berlin' }))",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'number formats',
    body: "const all = []\nfor (;;) all.push(new Intl.NumberFormat('ar', { style: 'currency', currency: 'EUR' }))",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'collators',
    body: "const all = []\nfor (let n = 0; ; n++) all.push(new Intl.Collator(['de', 'sv', 'ja', 'zh'][n % 4], { sensitivity: 'base' }))",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'segmenters and their texts',
    body: "const all = []\nfor (;;) all.push(new Intl.Segmenter('th', { granularity: 'word' }).segment('x'.repeat(1e5))[Symbol.iterator]())",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'plural rules and lists',
    body: "const all = []\nfor (;;) all.push(new Intl.PluralRules('ar'), new Intl.ListFormat('de'), new Intl.RelativeTimeFormat('ja'), new Intl.DisplayNames('fr', { type: 'region' }))",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'errors with long stacks',
    body: 'Error.stackTraceLimit = Infinity\nconst all = []\nconst deep = (n) => (n === 0 ? all.push(new Error("x")) : deep(n - 1))\nfor (;;) deep(3000)',
    ends: exhausts,
  },
  {
    name: 'errors with causes',
    body: 'let error\nfor (;;) error = new Error("x".repeat(1000), { cause: error })',
    ends: exhausts,
  },
  {
    name: 'an AggregateError of very many',
    body: 'const all = []\nfor (;;) { all.push(new AggregateError(all.slice(), "many")) }',
    ends: exhausts,
  },
  {
    name: 'captures of a pattern',
    body: "const text = 'ab'.repeat(1e6)\nconst all = []\nfor (;;) all.push([...text.matchAll(/(a)(b)/g)])",
    ends: exhausts,
  },
  { name: 'matches of a pattern', body: "return 'a'.repeat(2 ** 27).match(/a/g).length", ends: exhausts },
  {
    name: 'a pattern that is very large',
    body: "return new RegExp('(?:' + 'a{1,1000}'.repeat(1000) + '){1000}').test('a'.repeat(1e5))",
    ends: [throws('SyntaxError'), throws('RangeError'), returns(false), ...exhausts],
  },
  {
    name: 'patterns that are kept',
    body: "const all = []\nfor (let n = 0; ; n++) { const it = new RegExp('(a|b|c){1,50}x' + n); it.test('abc'.repeat(10)); all.push(it) }",
    ends: exhausts,
    timeoutMs: 4000,
  },
  {
    name: 'proxies of proxies',
    body: 'let it = {}\nfor (;;) it = new Proxy(it, { get: (target, key) => target[key] })',
    ends: exhausts,
  },
  {
    name: 'bound functions of bound functions',
    body: 'let it = () => {}\nfor (;;) it = it.bind(null, it)',
    ends: [throws('RangeError'), ...exhausts],
  },
  {
    name: 'arguments',
    body: 'const keep = []\nfunction grab() { keep.push(arguments) }\nfor (;;) grab(...new Array(10000).fill(1))',
    ends: exhausts,
  },
  {
    name: 'arguments that are too many',
    body: 'return Math.max(...new Array(1e7).fill(1))',
    ends: [throws('RangeError', 'Maximum call stack size exceeded'), ...exhausts],
  },
  {
    name: 'eval of a long text',
    body: "return eval('[' + '1,'.repeat(5e6) + '].length')",
    ends: [returns(5e6), throws(/RangeError|Error|EvalError|SyntaxError/), ...exhausts],
  },
  {
    name: 'templates that are kept',
    body: "const tag = (parts) => parts\nconst all = []\nfor (let n = 0; ; n++) all.push(eval('tag`' + 'x'.repeat(1000) + n + '`'))",
    ends: exhausts,
  },
  { name: 'global variables without end', body: "for (let n = 0; ; n++) globalThis['g' + n] = [n]", ends: exhausts },
  {
    name: 'memory at the top level',
    code: "const all = []\nfor (;;) all.push('x'.repeat(1000) + all.length)\nexport default () => 1",
    ends: exhausts,
  },
  {
    name: 'memory in a getter of the result',
    body: 'return { get all() { const all = []; for (;;) all.push([all.length]) } }',
    ends: exhausts,
  },
  {
    name: 'memory in a comparator',
    body: 'const all = []\n;[3, 2, 1].sort(() => { for (;;) all.push([1]) })',
    ends: exhausts,
  },
  {
    name: 'memory in the message of an error',
    body: "throw new Error('x'.repeat(2 ** 28))",
    ends: [throws('Error', /^x+… \(\d+ more characters\)$/), outOfMemory],
  },
  {
    name: 'memory that is caught',
    body: 'for (;;) { try { const all = []; for (;;) all.push(new Array(1e6).fill(1)) } catch {} }',
    ends: exhausts,
  },
  {
    name: 'buffers that are refused and asked for again',
    body: 'for (;;) { try { const all = []; for (;;) all.push(new Uint8Array(3e7).fill(1)) } catch {} }',
    ends: exhausts,
  },
  {
    name: 'just below the limit, which is fine',
    body: 'const all = []\nfor (let n = 0; n < 60; n++) all.push(new Uint8Array(1e6).fill(n))\nreturn all.length',
    ends: returns(60),
  },
  {
    name: 'much garbage, which is fine',
    body: 'for (let n = 0; n < 2000; n++) new Array(1e4).fill(n)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'much garbage outside the heap, which is fine',
    body: 'for (let n = 0; n < 300; n++) new Uint8Array(1e6)\nreturn 1',
    ends: [returns(1), succeeds],
  },
  {
    name: 'structuredClone of a graph that doubles',
    body: 'let node = {}\nfor (let n = 0; n < 40; n++) node = { a: node, b: structuredClone(node) }\nreturn 1',
    ends: refusedOr,
  },
  {
    name: 'structuredClone without end',
    body: "const all = []\nfor (;;) all.push(structuredClone({ text: 'x'.repeat(1e5), list: new Array(1e4).fill({}) }))",
    ends: exhausts,
  },
  {
    name: 'structuredClone of itself',
    body: 'const it = {}\nit.self = it\nconst copy = structuredClone(it)\nreturn copy.self === copy && copy !== it',
    ends: returns(true),
  },
])
