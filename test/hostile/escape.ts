// Code that looks for a way out: to Node, to the host, to what our own modules keep inside the isolate.
import { badResult, programs, returns, succeeds, throws, timeout } from './program.ts'

/** Looks for what only a host has, from the realm that a function was made in. */
const look =
  "return [typeof process, typeof require, typeof globalThis.process, typeof module, typeof Buffer, typeof global].every((it) => it === 'undefined')"
const inside = `'${look.replaceAll("'", String.raw`\'`)}'`

/** Functions of everything that can be reached from a value, by prototypes, properties and accessors. */
const crawl = `
const seen = new Set()
const found = []
function walk(value, path) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || path.length > 400) return
  seen.add(value)
  if (typeof value === 'function') {
    try { if (value.constructor(${inside})() !== true) found.push(path) } catch (error) { if (!(error instanceof Object)) found.push(path + ' foreign error') }
  }
  try { if (!(value instanceof Object) && Object.getPrototypeOf(value) !== null) { let top = value; while (Object.getPrototypeOf(top)) top = Object.getPrototypeOf(top); if (top !== Object.prototype && top !== value && !seen.has(top)) found.push(path + ' foreign') } } catch {}
  for (const key of Reflect.ownKeys(value)) {
    let property
    try { property = Reflect.getOwnPropertyDescriptor(value, key) } catch { continue }
    if (property === undefined) continue
    for (const part of ['value', 'get', 'set']) walk(property[part], path + '.' + String(key))
    if (property.get) { try { walk(value[key], path + '.' + String(key)) } catch {} }
  }
  walk(Object.getPrototypeOf(value), path + '.__proto__')
}`

export const escape = programs('escape', { timeoutMs: 2000 }, [
  ...[
    'process',
    'require',
    'module',
    'exports',
    'Buffer',
    'global',
    'root',
    '__dirname',
    '__filename',
    'Deno',
    'Bun',
    'WebAssembly',
    'SharedArrayBuffer',
    'Atomics',
    'ivm',
    'isolate',
    'context',
    '_ivm',
    '$0',
    'window',
    'document',
    'importScripts',
    'XMLHttpRequest',
    'WebSocket',
    'Worker',
    'setImmediate',
    'gc',
    'd8',
    'print',
    'load',
    'read',
    'quit',
    'v8',
    'internalBinding',
    'primordials',
    'process_binding',
    'send',
    'install',
    'begin',
    'deliver',
    'log',
    'done',
  ].map((name) => ({ name: `the global ${name}`, body: `return typeof ${name}`, ends: returns('undefined') })),
  {
    name: 'the global self is no other',
    body: "return typeof self === 'undefined' || self === globalThis",
    ends: returns(true),
  },
  {
    name: 'constructor of constructor',
    body: `return this === undefined && (() => {}).constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'Function of the entry argument',
    code: `export default (context) => context.constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  { name: 'Function of event', body: `return event.constructor.constructor(${inside})()`, ends: returns(true) },
  {
    name: 'Function of input',
    body: `return input.a.constructor.constructor(${inside})()`,
    input: { a: [1] },
    ends: returns(true),
  },
  { name: 'Function of console', body: `return console.constructor.constructor(${inside})()`, ends: returns(true) },
  { name: 'Function of console.log', body: `return console.log.constructor(${inside})()`, ends: returns(true) },
  {
    name: 'Function of every console method',
    body: `return Object.values(console).every((method) => method.constructor(${inside})())`,
    ends: returns(true),
  },
  { name: 'Function of fetch', body: `return fetch.constructor(${inside})()`, ends: returns(true) },
  {
    name: 'Function of what fetch gives',
    body: `const it = fetch('x:').catch((error) => error)\nreturn it.constructor.constructor(${inside})() && (await it).constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  { name: 'Function of setTimeout', body: `return setTimeout.constructor(${inside})()`, ends: returns(true) },
  {
    name: 'Function of what setTimeout gives',
    body: `return setTimeout(() => {}, 1).constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'Function of a function made by bind',
    body: `return setTimeout.bind().constructor(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'GeneratorFunction',
    body: `return (function* () {}).constructor(${inside})().next().value`,
    ends: returns(true),
  },
  { name: 'AsyncFunction', body: `return await (async () => {}).constructor(${inside})()`, ends: returns(true) },
  {
    name: 'AsyncGeneratorFunction',
    body: `return (await (async function* () {}).constructor(${inside})().next()).value`,
    ends: returns(true),
  },
  { name: 'indirect eval', body: `return (0, eval)('(() => {' + ${inside} + '})()')`, ends: returns(true) },
  {
    name: 'Function from an error of the engine',
    body: `try { null.x } catch (error) { return error.constructor.constructor(${inside})() }`,
    ends: returns(true),
  },
  {
    name: 'Function from an error of console',
    body: `try { console.log.call(null, Symbol()) } catch (error) { return error.constructor.constructor(${inside})() }\nreturn true`,
    ends: returns(true),
  },
  {
    name: 'Function from an error of setTimeout',
    body: `try { setTimeout(1) } catch (error) { return error.constructor.constructor(${inside})() }`,
    ends: returns(true),
  },
  {
    name: 'Function from a stack overflow in a host call',
    body: `const down = () => { try { return down() } catch (error) { return error } }\nlet error\nconst deep = () => { try { deep() } catch { try { console.log(1); setTimeout(() => {}, 0) } catch (it) { error ??= it } } }\ndeep()\nreturn (error ?? down()).constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'Function from a rejected import()',
    body: `try { await import('fs') } catch (error) { return error.constructor.constructor(${inside})() }`,
    ends: returns(true),
  },
  {
    name: 'Function from a SyntaxError of eval',
    body: `try { eval('}') } catch (error) { return error.constructor.constructor(${inside})() }`,
    ends: returns(true),
  },
  {
    name: 'Function from the error of a huge source',
    body: `try { new Function('x'.repeat(2 ** 25)) } catch (error) { return error.constructor.constructor(${inside})() }\nreturn true`,
    ends: returns(true),
  },
  {
    name: 'everything that can be reached from the global',
    body: `${crawl}\nwalk(globalThis, 'globalThis')\nreturn found`,
    ends: returns([]),
  },
  {
    name: 'everything that can be reached from the argument',
    code: `export default (context) => {${crawl}\nwalk(context, 'context')\nreturn found }`,
    ends: returns([]),
    input: { a: { b: [1, { c: 2 }] } },
  },
  {
    name: 'everything that can be reached from an error',
    body: `${crawl}\nfor (const make of [() => null.x, () => console.time(Symbol()), () => setTimeout(null), () => JSON.parse('{'), () => new ArrayBuffer(-1), () => decodeURIComponent('%')]) { try { make() } catch (error) { walk(error, 'error') } }\nreturn found`,
    ends: returns([]),
  },
  {
    name: 'callers of the default export',
    code: 'export default function work() { return [typeof work.caller, typeof arguments.callee] }',
    ends: [throws('TypeError'), returns(['object', 'undefined'])],
  },
  {
    name: 'callers of a sloppy function',
    body: "return new Function('return [arguments.callee.caller === null || typeof arguments.callee.caller, typeof this.process]')()",
    ends: [returns([true, 'undefined']), throws('TypeError')],
  },
  {
    name: 'callers from toJSON',
    body: "return { toJSON: new Function('return String(arguments.callee.caller)') }",
    ends: [returns('null'), throws('TypeError')],
  },
  {
    name: 'callers from a getter',
    body: "const it = {}\nObject.defineProperty(it, 'a', { enumerable: true, get: new Function('return String(arguments.callee.caller)') })\nreturn it",
    ends: [returns({ a: 'null' }), throws('TypeError')],
  },
  {
    name: 'callers from a timer',
    body: "return await new Promise((resolve) => { globalThis.resolve = resolve; setTimeout(new Function('resolve(String(arguments.callee.caller))'), 1) })",
    ends: [returns('null'), throws('TypeError')],
  },
  {
    name: 'prepareStackTrace and its call sites',
    body: "Error.prepareStackTrace = (_, sites) => sites\nconst sites = new Error().stack\nreturn sites.map((site) => [typeof site.getThis?.(), typeof site.getFunction?.()]).flat().every((it) => it === 'undefined')",
    ends: [returns(true), throws('TypeError')],
  },
  {
    name: 'prepareStackTrace and file names',
    body: 'Error.prepareStackTrace = (_, sites) => sites.map((site) => String(site.getFileName?.()))\nreturn new Error().stack',
    ends: [succeeds, throws(/Error/)],
  },
  {
    name: 'prepareStackTrace while an error is reported',
    body: `let got\nError.prepareStackTrace = (error, sites) => { got = sites; for (const site of sites) { const it = site.getFunction?.() ?? site.getThis?.(); if (it) throw it }; return 'x' }\nthrow new Error('mine')`,
    ends: throws('Error', 'mine'),
  },
  {
    name: 'prepareStackTrace that loops while an error is reported',
    body: "Error.prepareStackTrace = () => { for (;;); }\nthrow new Error('mine')",
    ends: [throws('Error', 'mine'), timeout],
    timeoutMs: 500,
  },
  {
    name: 'captureStackTrace on what is ours',
    body: 'const it = {}\nError.captureStackTrace(it)\nreturn /\\/|isolate|node:/.test(it.stack)',
    ends: returns(false),
  },
  {
    name: 'the stack shows no path of the host',
    body: "return /(\\/|node:|file:)/.test(new Error('x').stack)",
    ends: returns(false),
  },
  {
    name: 'the stack of a rejected import shows no path of the host',
    body: "try { await import('node:fs') } catch (error) { return /(\\/src\\/|node:internal|file:)/.test(error.stack) }",
    ends: returns(false),
  },
  {
    name: 'the stack of an error from fetch shows no path of the host',
    body: "try { await fetch('http://127.0.0.1:1/') } catch (error) { return /(\\/src\\/|node:internal|node_modules|file:)/.test(error.stack + error.cause?.stack) }",
    ends: returns(false),
  },
  {
    name: 'import() of a module of Node',
    body: "await import('node:fs')",
    ends: throws(/Error/, /import/i, { line: 2 }),
  },
  { name: 'import() of a file', body: "await import('/etc/passwd')", ends: throws(/Error/, /import/i, { line: 2 }) },
  {
    name: 'import() of data',
    body: "await import('data:text/javascript,export default 1')",
    ends: throws(/Error/, /import/i, { line: 2 }),
  },
  {
    name: 'import() of our own modules',
    body: "const found = []\nfor (const name of ['./main.js', 'user', 'sandbox:boot', './primordials.js', 'sandbox:entry', './console.js', 'main', 'workflow.js']) { try { await import(name); found.push(name) } catch {} }\nreturn found",
    ends: returns([]),
  },
  {
    name: 'import() inside eval',
    body: "const found = []\nfor (const make of [() => eval('import(\"./main.js\")'), () => new Function('return import(\"./main.js\")')(), () => (0, eval)('import(\"fs\")')]) { try { await make(); found.push('!') } catch {} }\nreturn found",
    ends: returns([]),
  },
  {
    name: 'import() with attributes',
    body: "const found = []\ntry { await import('./x.json', { with: { type: 'json' } }); found.push('!') } catch {}\nreturn found",
    ends: returns([]),
  },
  {
    name: 'import() without end',
    body: "for (;;) { try { await import('x') } catch {} }",
    ends: timeout,
    timeoutMs: 500,
  },
  {
    name: 'import.meta',
    body: 'return [Object.keys(import.meta), import.meta.url ?? null, import.meta.resolve ?? null, import.meta.dirname ?? null]',
    ends: returns([[], null, null, null]),
  },
  {
    name: 'a global that was left over by our modules',
    body: "const known = new Set(['globalThis', 'Infinity', 'NaN', 'undefined'])\nreturn Object.getOwnPropertyNames(globalThis).filter((name) => /^_|ivm|isolate|boot|sandbox|host|callback/i.test(name) && !known.has(name))",
    ends: returns([]),
  },
  {
    name: 'symbols on the global',
    body: 'return Object.getOwnPropertySymbols(globalThis).filter((it) => it !== Symbol.toStringTag).map(String)',
    ends: returns([]),
  },
  {
    name: 'our modules through Function.prototype.call',
    body: "const seen = []\nconst { call, apply } = Function.prototype\nFunction.prototype.call = function (...values) { seen.push(typeof this); return Reflect.apply(call, this, values) }\nFunction.prototype.apply = function (...values) { seen.push(typeof this); return Reflect.apply(apply, this, values) }\nFunction.prototype.bind = function () { seen.push('bind'); return this }\nconsole.log('a', { b: [1] }, new Error('x'))\nsetTimeout(() => {}, 1)\nqueueMicrotask(() => {})\nawait null\nreturn seen.length",
    ends: returns(0),
  },
  {
    name: 'our modules through Array.prototype',
    body: "const seen = []\nfor (const name of ['push', 'pop', 'shift', 'join', 'map', 'forEach', 'slice', 'indexOf', 'includes', 'filter', 'concat', 'splice', 'sort', 'some', 'every', 'reduce', 'keys', 'entries', 'values', 'at']) { const real = Array.prototype[name]; Array.prototype[name] = function (...values) { seen[seen.length] = name; return Reflect.apply(real, this, values) } }\nconsole.log('a %s %o', 'x', { b: [1, [2]] }, new Map([[1, new Set([1])]]), new Error('x'))\nconsole.table?.([{ a: 1 }])\nsetTimeout(() => {}, 1)\nawait null\nconst before = seen.length\nreturn before",
    ends: returns(0),
  },
  {
    name: 'our modules through the iterator of lists',
    body: "const map = new Map([[1, 2]])\nlet used = 0\nconst real = Array.prototype[Symbol.iterator]\nArray.prototype[Symbol.iterator] = function () { used++; return Reflect.apply(real, this, []) }\nconsole.log('a', { b: [1] }, map)\nsetTimeout(() => {}, 1, 2, 3)\nreturn used",
    ends: returns(0),
  },
  {
    name: 'our modules through the iterators of Map and Set',
    body: "let used = 0\nfor (const Type of [Map, Set]) { const proto = Object.getPrototypeOf(new Type()[Symbol.iterator]()); const real = proto.next; proto.next = function () { used++; return Reflect.apply(real, this, []) }; for (const name of ['get', 'set', 'has', 'add', 'delete', 'forEach', 'entries', 'keys', 'values', Symbol.iterator]) { const it = Type.prototype[name]; if (it) Type.prototype[name] = function (...values) { used++; return Reflect.apply(it, this, values) } } }\nconst id = setTimeout(() => {}, 1)\nclearTimeout(id)\nconsole.log({ a: 1 }, [1])\nconsole.count?.('x')\nawait null\nreturn used",
    ends: returns(0),
  },
  {
    name: 'our modules through setters of Object.prototype',
    body: "let got = 0\nfor (const name of ['path', 'key', 'inArray', 'due', 'id', 'callback', 'name', 'message', 'stack', 'kind', 'timers', 'problem', 'json', 'depth', 'seen', 'size', 'first', '0', '1', '2', 'then', 'timeout', 'signal', 'retryable', 'cause', 'level', 'text', 'limit']) Object.defineProperty(Object.prototype, name, { configurable: true, get() { return undefined }, set(value) { got++; Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true }) } })\nsetTimeout(() => {}, 1)\nconsole.log('%s', 'x', { a: [1] }, new Error('x'))\nawait null\nfor (const name of Object.keys(Object.getOwnPropertyDescriptors(Object.prototype))) if (!['constructor'].includes(name)) {}\nreturn got",
    ends: returns(0),
  },
  {
    name: 'our modules through setters of Array.prototype',
    body: "let got = null\nfor (let n = 0; n < 20; n++) Object.defineProperty(Array.prototype, n, { configurable: true, set(value) { got ??= typeof value; Object.defineProperty(this, n, { value, writable: true, configurable: true, enumerable: true }) }, get() { return undefined } })\nconst error = new Error('x')\nconsole.log('%s %j', 'x', { a: [1, 2] }, error)\nconsole.table?.([{ a: 1 }])\nsetTimeout(() => {}, 1, 1, 2)\nawait null\nreturn got",
    ends: returns(null),
  },
  {
    name: 'our modules through then of Object.prototype',
    body: "let used = 0\nObject.defineProperty(Object.prototype, 'then', { configurable: true, get() { used++; return undefined } })\nawait null\nsetTimeout(() => {}, 1)\nconst now = used\ndelete Object.prototype.then\nreturn now",
    ends: returns(0),
  },
  {
    name: 'our modules through RegExp.prototype',
    body: "let used = 0\nfor (const name of ['exec', 'test', Symbol.replace, Symbol.match, Symbol.split, Symbol.matchAll, Symbol.search]) { const real = RegExp.prototype[name]; RegExp.prototype[name] = function (...values) { used++; return Reflect.apply(real, this, values) } }\nfor (const name of ['flags', 'global', 'unicode', 'sticky', 'source']) { const real = Object.getOwnPropertyDescriptor(RegExp.prototype, name).get; Object.defineProperty(RegExp.prototype, name, { configurable: true, get() { used++; return Reflect.apply(real, this, []) } }) }\nconsole.log('%s %d', 'x', 1, { 'a b': 1, c: 'it' }, new Error('x'))\nawait null\nreturn used",
    ends: returns(0),
  },
  {
    name: 'our modules through String.prototype',
    body: "let used = 0\nfor (const name of ['slice', 'split', 'replace', 'replaceAll', 'indexOf', 'startsWith', 'endsWith', 'includes', 'padEnd', 'padStart', 'repeat', 'trim', 'charCodeAt', 'codePointAt', 'match', 'toString', 'at', 'concat', 'substring', Symbol.iterator]) { const real = String.prototype[name]; String.prototype[name] = function (...values) { used++; return Reflect.apply(real, this, values) } }\nconsole.log('%s %d', 'x', 1, { 'a b': 1, c: \"it's\" }, new Error('x'), 'y'.padEnd === 1)\nconsole.table?.([{ a: 1 }])\nawait null\nreturn used",
    ends: returns(0),
  },
  {
    name: 'our modules through Object and Reflect',
    body: "let used = 0\nfor (const holder of [Object, Reflect, JSON, Math, Number, Date, Symbol, Promise, Error]) for (const name of Object.getOwnPropertyNames(holder)) { const real = holder[name]; if (typeof real !== 'function' || /^[A-Z]|prototype/.test(name)) continue; if (holder === Object && name === 'getOwnPropertyNames') continue; try { Object.defineProperty(holder, name, { configurable: true, writable: true, value: function (...values) { used++; return this === undefined ? real(...values) : new.target ? new real(...values) : values.length === 0 ? real.call(this) : values.length === 1 ? real.call(this, values[0]) : values.length === 2 ? real.call(this, values[0], values[1]) : real.call(this, values[0], values[1], values[2]) } }) } catch {} }\nused = 0\nconsole.log('%s %d', 'x', 1, { a: [new Map(), new Date(0)] }, new Error('x'))\nsetTimeout(() => {}, 1)\nconst now = used\nreturn now",
    ends: returns(0),
  },
  {
    name: 'a forged end: the name of another error',
    body: "throw Object.assign(new Error('Script execution timed out.'), { name: 'Timeout', code: 'TIMEOUT' })",
    ends: throws('Timeout', 'Script execution timed out.'),
  },
  {
    name: 'a forged end: out of memory',
    body: "const error = new RangeError('Isolate was disposed during execution due to memory limit')\nerror.code = 'OUT_OF_MEMORY'\nthrow error",
    ends: throws('RangeError', 'Isolate was disposed during execution due to memory limit'),
  },
  {
    name: 'a forged end: allocation failed',
    body: "throw new RangeError('Array buffer allocation failed')",
    ends: throws('RangeError', 'Array buffer allocation failed', { line: 2 }),
  },
  {
    name: 'a forged end: a stack that claims to be elsewhere',
    body: "const error = new Error('x')\nerror.stack = 'Error: x\\n    at run (file:///srv/secret.ts:1:1)\\n    at workflow.js:99:1'\nthrow error",
    ends: throws('Error', 'x'),
  },
  {
    name: 'a forged end: isolate is disposed',
    body: "throw new Error('Isolate is disposed')",
    ends: throws('Error', 'Isolate is disposed', { line: 2 }),
  },
  {
    name: 'a forged end: an object like a verdict',
    body: "return { kind: 'success', json: '\"forged\"', type: 'done', verdict: { kind: 'timeout' } }",
    ends: returns({ kind: 'success', json: '"forged"', type: 'done', verdict: { kind: 'timeout' } }),
  },
  {
    name: 'a forged end: a line like a message',
    body: "console.log(JSON.stringify({ type: 'done', id: 1, verdict: { kind: 'success', json: '1' } }) + '\\n')\nthrow new Error('real')",
    ends: throws('Error', 'real'),
  },
  {
    name: 'a forged end: a hostile toJSON of Object.prototype',
    body: "Object.prototype.toJSON = () => 'forged'\nreturn { real: 1 }",
    ends: [returns('forged'), returns({ real: 1 })],
  },
  {
    name: 'a forged end: JSON.stringify of its own',
    body: "JSON.stringify = () => '\"forged\"'\nreturn 'real'",
    ends: returns('real'),
  },
  {
    name: 'a forged end: JSON.parse of its own',
    body: "JSON.parse = () => 'forged'\nreturn { real: 1 }",
    ends: returns({ real: 1 }),
  },
  {
    name: 'a forged end: done twice',
    body: 'setTimeout(() => { throw new Error("second") }, 0)\nqueueMicrotask(() => { throw new Error("third") })\nreturn 1',
    ends: [returns(1), throws('Error', 'third')],
  },
  {
    name: 'Proxy of the argument',
    code: 'export default (context) => { const it = new Proxy(context, {}); return Object.keys(it).every((key) => it[key] === context[key]) }',
    ends: returns(true),
  },
  {
    name: 'the argument has no more than it says',
    code: 'export default (context) => Reflect.ownKeys(context).map(String).sort()',
    ends: returns(['attempt', 'console', 'event', 'fetch', 'input']),
  },
  {
    name: 'the prototype of the argument is ours',
    code: 'export default ({ event, input, console }) => [event, input, console].every((it) => it instanceof Object)',
    input: {},
    ends: returns(true),
  },
  {
    name: 'event keeps nothing of the host',
    body: 'return Reflect.ownKeys(event).map(String).every((key) => ["string", "number", "object"].includes(typeof event[key]))',
    ends: returns(true),
  },
  {
    name: 'input with __proto__',
    body: 'return [Object.keys(input), Object.getPrototypeOf(input) === Object.prototype, input.polluted ?? null]',
    input: JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
    ends: returns([['__proto__', 'constructor'], true, null]),
  },
  {
    name: 'a realm by a trick of species',
    body: `const fn = [].concat.constructor\nclass Mine extends fn {}\nreturn new Mine(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'a realm by Reflect.construct',
    body: `return Reflect.construct(Function, [${inside}], class {})()`,
    ends: [returns(true), throws('TypeError')],
  },
  {
    name: 'a realm by the prototype of a Proxy',
    body: `return new Proxy(Function, {})(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'a realm by JSON.rawJSON',
    body: `return JSON.rawJSON ? Object.getPrototypeOf(JSON.rawJSON('1')) === null : true`,
    ends: returns(true),
  },
  {
    name: 'a realm by ShadowRealm',
    body: "return typeof ShadowRealm === 'undefined' || typeof new ShadowRealm().evaluate('typeof process') === 'string'",
    ends: returns(true),
  },
  {
    name: 'a realm by FinalizationRegistry',
    body: `return new FinalizationRegistry(() => {}).constructor.constructor(${inside})()`,
    ends: returns(true),
  },
  {
    name: 'a thenable that is given our resolve',
    body: `return { then(resolve, reject) { resolve(resolve.constructor(${inside})() && reject.constructor(${inside})()) } }`,
    ends: returns(true),
  },
  {
    name: 'a thenable that asks resolve for its caller',
    body: "return { then(resolve) { let found\ntry { found = String(resolve.caller) } catch (error) { found = 'refused' }\nresolve(found) } }",
    ends: [returns('refused'), returns('null'), returns('undefined')],
  },
  {
    name: 'a species of Promise that is called by us',
    body: `let got\nclass Mine extends Promise { static get [Symbol.species]() { got = true; return Promise } }\nPromise.prototype.constructor = Mine\nconst it = await Promise.resolve(1)\nreturn it`,
    ends: returns(1),
  },
  {
    name: 'await that uses a constructor of its own',
    body: `Object.defineProperty(Promise.prototype, 'constructor', { get() { return { [Symbol.species]: function (make) { make(() => {}, () => {}); return {} } } } })\nreturn 1`,
    ends: returns(1),
  },
  {
    name: 'V8 natives by syntax',
    code: 'export default () => %GetHeapUsage()',
    ends: { status: 'REFUSED', type: 'InvalidCodeError', line: 1 },
  },
  { name: 'V8 natives in eval', body: "eval('%DebugPrint(1)')", ends: throws('SyntaxError') },
  { name: 'HTML comments, as in scripts', body: "return eval('1 <!-- 2')", ends: returns(1) },
  { name: 'a hashbang', code: '#!/usr/bin/env node\nexport default () => 1', ends: returns(1) },
  {
    name: 'with and sloppy mode in new Function',
    body: "return new Function('with ({ a: 1 }) { return [a, typeof this.process, this === globalThis] }')()",
    input: 1,
    ends: [returns([1, 'undefined', true]), throws('TypeError')],
  },
  {
    name: 'the values of the environment',
    body: `${crawl}\nconst texts = []\nwalk(globalThis, 'g')\nfor (const it of seen) for (const key of Reflect.ownKeys(it)) { try { if (typeof it[key] === 'string') texts.push(it[key]) } catch {} }\nreturn texts.filter((it) => /hunter2|DATA_DIR|PATH=|\\/home\\/|\\/usr\\//.test(it))`,
    ends: returns([]),
  },
  {
    name: 'a result that is the argument itself',
    code: 'export default (context) => context',
    ends: [badResult(), succeeds],
  },
  { name: 'a result that is console', body: 'return console', ends: [badResult(/function/), returns({})] },
  { name: 'a result that is globalThis', body: 'return globalThis', ends: [badResult(), succeeds] },
  { name: 'a debugger statement', body: 'debugger\nreturn 1', ends: returns(1) },
  {
    name: 'the locale and the time zone of the host',
    body: 'return typeof Intl.DateTimeFormat().resolvedOptions().timeZone',
    ends: returns('string'),
  },
])
