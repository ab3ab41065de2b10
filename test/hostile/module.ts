// Sources that are no program, or do their harm before anybody calls them.
import { exhausts, overflows, programs, refused, returns, throws, timeout, timeoutAt } from './program.ts'

const noDefault = refused(/expected a default export/)
const noImport = refused(/Cannot import|import/)
const syntax = refused()
const deep = refused(/^The code is nested too deeply/)

export const module = programs('module', { timeoutMs: 500 }, [
  { name: 'nothing', code: '', ends: [noDefault, { status: 'REFUSED' }] },
  { name: 'spaces', code: '   \n\n\t', ends: [noDefault, { status: 'REFUSED' }] },
  { name: 'a comment', code: '// nothing', ends: noDefault },
  { name: 'no default export', code: 'export const run = () => 1', ends: noDefault },
  {
    name: 'a default export that is a number',
    code: 'export default 1',
    ends: throws('TypeError', 'default export: expected a function, got number'),
  },
  {
    name: 'a default export that is a proxy',
    code: 'export default new Proxy(() => 1, { apply: () => "trapped" })',
    ends: returns('trapped'),
  },
  { name: 'a default export that is a class', code: 'export default class Box {}', ends: throws('TypeError') },
  {
    name: 'a default export that is a generator',
    code: 'export default function* () { for (;;) yield 1 }',
    ends: [returns({}), throws('TypeError')],
  },
  {
    name: 'a default export that is an async generator',
    code: 'export default async function* () { for (;;) yield 1 }',
    ends: [returns({}), throws('TypeError')],
  },
  {
    name: 'a default export that is not yet there',
    code: 'export { work as default }\nlet work\nawait null\nwork = () => 1',
    ends: returns(1),
  },
  {
    name: 'a default export in its dead zone',
    code: 'export default work\nconst work = () => 1',
    ends: throws('ReferenceError', /before initialization/, { line: 1 }),
  },
  {
    name: 'a default export by another name',
    code: 'const work = () => 1\nexport { work as default }',
    ends: returns(1),
  },
  { name: 'two default exports', code: 'export default () => 1\nexport default () => 2', ends: syntax },
  { name: 'an import of a package', code: "import _ from 'lodash'\nexport default () => _", ends: noImport },
  {
    name: 'an import of Node',
    code: "import fs from 'node:fs'\nexport default () => fs.readdirSync('/')",
    ends: noImport,
  },
  { name: 'an import of a file', code: "import '/etc/passwd'\nexport default () => 1", ends: noImport },
  {
    name: 'an import of an address',
    code: "import x from 'https://example.com/x.js'\nexport default () => x",
    ends: noImport,
  },
  {
    name: 'an import of data',
    code: "import x from 'data:text/javascript,export default 1'\nexport default () => x",
    ends: noImport,
  },
  { name: 'an import of itself', code: "import work from './workflow.js'\nexport default () => work", ends: noImport },
  { name: 'an import of user', code: "import work from 'user'\nexport default () => work", ends: noImport },
  {
    name: 'an import of our own modules',
    code: "import * as main from './main.js'\nexport default () => Object.keys(main)",
    ends: noImport,
  },
  { name: 'an import of the entry', code: "import 'sandbox:entry'\nexport default () => 1", ends: noImport },
  {
    name: 'an import with attributes',
    code: "import x from './x.json' with { type: 'json' }\nexport default () => x",
    ends: noImport,
  },
  {
    name: 'an import that is deferred',
    code: "import defer * as x from './x.js'\nexport default () => x",
    ends: syntax,
  },
  { name: 'an import of a source', code: "import source x from './x.wasm'\nexport default () => x", ends: syntax },
  { name: 'an import of nothing', code: "import {} from 'x'\nexport default () => 1", ends: noImport },
  { name: 'an export from elsewhere', code: "export { default } from 'x'", ends: noImport },
  { name: 'an export of everything from elsewhere', code: "export * from 'x'\nexport default () => 1", ends: noImport },
  {
    name: 'an import with a strange name',
    code: "import x from '\\u0000\\n\\u2028'\nexport default () => x",
    ends: noImport,
  },
  {
    name: 'an import with a long name',
    code: `import x from '${'x'.repeat(100_000)}'\nexport default () => x`,
    ends: noImport,
  },
  {
    name: 'ten thousand imports',
    code: `${Array.from({ length: 10_000 }, (_, n) => `import a${n} from 'x${n}'`).join('\n')}\nexport default () => 1`,
    ends: syntax,
  },
  {
    name: 'ten thousand exports',
    code: `${Array.from({ length: 10_000 }, (_, n) => `export const a${n} = ${n}`).join('\n')}\nexport default () => a9999`,
    ends: returns(9999),
  },
  {
    name: 'a top level that waits for ever',
    code: 'await new Promise(() => {})\nexport default () => 1',
    ends: timeout,
  },
  { name: 'a top level that loops', code: 'for (;;);\nexport default () => 1', ends: timeoutAt(1) },
  {
    name: 'a top level that loops after a timer',
    code: 'await new Promise((resolve) => setTimeout(resolve, 10))\nfor (;;);\nexport default () => 1',
    ends: timeout,
  },
  { name: 'a top level of microtasks', code: 'for (;;) await null\nexport default () => 1', ends: timeout },
  {
    name: 'a top level that throws',
    code: "throw new RangeError('at the top')\nexport default () => 1",
    ends: throws('RangeError', 'at the top', { line: 1 }),
  },
  {
    name: 'a top level that throws nothing',
    code: 'throw undefined\nexport default () => 1',
    ends: throws('NonErrorThrown'),
  },
  {
    name: 'a top level that throws a looping error',
    code: "throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } })\nexport default () => 1",
    ends: [timeout, throws('Error')],
  },
  {
    name: 'a top level that throws a looping stack',
    code: "throw Object.defineProperties(new Error('x'), { stack: { get() { for (;;); } }, name: { get() { for (;;); } } })\nexport default () => 1",
    ends: [timeout, throws('Error', 'x')],
  },
  {
    name: 'a top level that rejects late',
    code: "await new Promise((_, reject) => setTimeout(reject, 10, new RangeError('late')))\nexport default () => 1",
    ends: throws('RangeError', 'late'),
  },
  {
    name: 'a top level that throws a proxy',
    code: 'throw new Proxy({}, new Proxy({}, { get() { for (;;); } }))\nexport default () => 1',
    ends: [timeout, { status: 'ERROR', code: 'USER_ERROR' }],
  },
  {
    name: 'a top level that goes too deep',
    code: 'const down = () => down()\ndown()\nexport default () => 1',
    ends: overflows,
  },
  {
    name: 'a top level that patches everything',
    code: "Object.prototype.default = () => 'patched'\nArray.prototype[Symbol.iterator] = null\nPromise.prototype.then = null\nexport default () => 'mine'",
    ends: returns('mine'),
  },
  {
    name: 'this at the top level',
    code: 'const self = this\nexport default () => typeof self',
    ends: returns('undefined'),
  },
  {
    name: 'arguments at the top level',
    code: 'export default (() => { try { return () => typeof arguments } catch { return () => 1 } })()',
    ends: [returns('undefined'), returns('object'), syntax],
  },
  { name: 'await at the top level of nothing', code: 'const a = await 1\nexport default () => a', ends: returns(1) },
  { name: 'return at the top level', code: 'return 1\nexport default () => 1', ends: syntax },
  { name: 'a missing bracket', code: 'export default () => {', ends: syntax },
  { name: 'a bracket too many', code: 'export default () => 1 }', ends: { ...syntax, line: 1 } },
  { name: 'a text that does not end', code: "export default () => 'x", ends: { ...syntax, line: 1 } },
  { name: 'a template that does not end', code: 'export default () => `x${', ends: syntax },
  { name: 'a comment that does not end', code: 'export default () => 1 /* x', ends: syntax },
  { name: 'a pattern that does not end', code: 'export default () => /x', ends: syntax },
  { name: 'a pattern that is wrong', code: 'export default () => /(/', ends: syntax },
  { name: 'a pattern with flags that are wrong', code: 'export default () => /a/gg', ends: syntax },
  { name: 'a constant without a value', code: 'const a\nexport default () => a', ends: syntax },
  { name: 'a name twice', code: 'let a = 1\nlet a = 2\nexport default () => a', ends: { ...syntax, line: 2 } },
  { name: 'a name that is reserved', code: 'let class = 1\nexport default () => 1', ends: { ...syntax, line: 1 } },
  { name: 'await in a function that is not async', code: 'export default () => { await 1 }', ends: syntax },
  { name: 'yield outside', code: 'yield 1\nexport default () => 1', ends: syntax },
  { name: 'break outside', code: 'break\nexport default () => 1', ends: syntax },
  { name: 'super outside', code: 'super.x\nexport default () => 1', ends: syntax },
  { name: 'new.target outside', code: 'new.target\nexport default () => 1', ends: syntax },
  { name: 'with', code: 'with ({}) {}\nexport default () => 1', ends: syntax },
  { name: 'delete of a name', code: 'let a\ndelete a\nexport default () => 1', ends: syntax },
  { name: 'octal numbers', code: 'export default () => 010', ends: syntax },
  { name: 'a private name that nobody declared', code: 'export default (a) => a.#b', ends: syntax },
  { name: 'an export of what is not there', code: 'export { missing as default }', ends: syntax },
  {
    name: 'an assignment to a call',
    code: 'f() = 1\nexport default () => 1',
    ends: [syntax, throws(/ReferenceError|SyntaxError/)],
  },
  { name: 'a byte order mark', code: '\uFEFFexport default () => 1', ends: returns(1) },
  {
    name: 'other line ends',
    code: "export default () => {\r\n  throw new Error('x')\r\n}",
    ends: throws('Error', 'x', { line: 2 }),
  },
  { name: 'old line ends', code: "export default () => {\r  throw new Error('x')\r}", ends: throws('Error', 'x') },
  {
    name: 'line separators',
    code: "export default () => {\u2028  throw new Error('x')\u2029}",
    ends: throws('Error', 'x'),
  },
  { name: 'zeros', code: 'export default () => 1\u0000', ends: syntax },
  {
    name: 'half a surrogate pair',
    code: "export default () => '\ud800'.length",
    ends: { status: 'REFUSED', message: /half a surrogate pair/ },
  },
  {
    name: 'a sourceURL',
    code: "export default () => { throw new Error('x') }\n//# sourceURL=file:///etc/passwd",
    ends: throws('Error', 'x'),
  },
  {
    name: 'a sourceMappingURL',
    code: "export default () => { throw new Error('x') }\n//# sourceMappingURL=http://127.0.0.1:9/x.map",
    ends: throws('Error', 'x', { line: 1 }),
  },
  {
    name: 'a sourceMappingURL of data',
    code: 'export default () => 1\n//# sourceMappingURL=data:application/json;base64,e30=',
    ends: returns(1),
  },
  {
    name: 'one long line',
    code: `export default () => [${'1,'.repeat(400_000)}].length`,
    ends: returns(400_000),
    timeoutMs: 3000,
  },
  { name: 'one long text', code: `export default () => '${'x'.repeat(900_000)}'.length`, ends: returns(900_000) },
  {
    name: 'one long name',
    code: `const ${'x'.repeat(400_000)} = 1\nexport default () => ${'x'.repeat(400_000)}`,
    ends: returns(1),
  },
  { name: 'one long comment', code: `/*${' * '.repeat(300_000)}*/ export default () => 1`, ends: returns(1) },
  {
    name: 'fifty thousand functions',
    code: `${Array.from({ length: 30_000 }, (_, n) => `const f${n} = () => ${n}`).join('\n')}\nexport default () => f29999()`,
    ends: returns(29_999),
    timeoutMs: 3000,
  },
  {
    name: 'two hundred thousand lines',
    code: `${'\n'.repeat(200_000)}export default () => { throw new Error('x') }`,
    ends: throws('Error', 'x', { line: 200_001 }),
  },
  {
    name: 'a source that is too long',
    code: `export default () => 1 //${'x'.repeat(1_100_000)}`,
    ends: { status: 'REFUSED', message: /longer than|bytes/ },
  },
  {
    name: 'a source that is far too long',
    code: `export default () => 1 //${'x'.repeat(5_000_000)}`,
    ends: { status: 'REFUSED', message: /too large|longer than|bytes/ },
  },
  { name: 'brackets within brackets', code: `export default () => ${'['.repeat(5000)}${']'.repeat(5000)}`, ends: deep },
  { name: 'brackets within brackets without end', code: '['.repeat(500_000), ends: deep },
  { name: 'braces within braces', code: `export default () => { ${'{'.repeat(5000)}${'}'.repeat(5000)} }`, ends: deep },
  {
    name: 'parentheses within parentheses',
    code: `export default () => ${'('.repeat(5000)}1${')'.repeat(5000)}`,
    ends: deep,
  },
  {
    name: 'functions within functions',
    code: `export default ${'() => ('.repeat(3000)}1${')'.repeat(3000)}`,
    ends: deep,
  },
  {
    name: 'arrows that return arrows',
    code: `export default ${'a => '.repeat(20_000)}1`,
    ends: [deep, syntax, returns(1), badOrNot()],
  },
  {
    name: 'classes within classes',
    code: `export default () => 1\n${'class A { static a = '.repeat(3000)}1${' }'.repeat(3000)}`,
    ends: [deep, syntax],
  },
  {
    name: 'templates within templates',
    code: `export default () => ${'`${'.repeat(3000)}1${'}`'.repeat(3000)}`,
    ends: [deep, syntax],
  },
  {
    name: 'conditions within conditions',
    code: `export default () => ${'1?'.repeat(20_000)}1${':1'.repeat(20_000)}`,
    ends: [deep, syntax, returns(1), throws('RangeError')],
  },
  {
    name: 'a long sum',
    code: `export default () => 1${'+1'.repeat(100_000)}`,
    ends: [deep, syntax, returns(100_001), throws('RangeError')],
  },
  {
    name: 'a long chain of calls',
    code: `export default () => ({ f() { return this } })${'.f()'.repeat(50_000)} && 1`,
    ends: [deep, syntax, returns(1), throws('RangeError')],
  },
  {
    name: 'a long chain of else',
    code: `export default (a) => { ${'if (a === 1) return 1; else '.repeat(20_000)} return 2 }`,
    ends: [deep, syntax, returns(2), throws('RangeError')],
  },
  {
    name: 'negations of negations',
    code: `export default () => ${'!'.repeat(100_000)}1`,
    ends: [deep, syntax, returns(true), throws('RangeError')],
  },
  {
    name: 'powers of powers',
    code: `export default () => 1${'**1'.repeat(50_000)}`,
    ends: [deep, syntax, returns(1), throws('RangeError')],
  },
  {
    name: 'labels within labels',
    code: `export default () => { ${Array.from({ length: 20_000 }, (_, n) => `l${n}:`).join('')} for (;;) break; return 1 }`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'a pattern that is very large',
    code: `export default () => /${'(a|b)?'.repeat(50_000)}/.test('c')`,
    ends: [syntax, returns(true), throws(/Error/)],
    timeoutMs: 2000,
  },
  { name: 'a cast that is HTML', code: '<script>alert(1)</script>', ends: syntax },
  { name: 'what is not JavaScript at all', code: 'print "hello"\nimport os; os.system("rm -rf /")', ends: syntax },
  { name: 'JSON', code: '{"a":1}', ends: [syntax, noDefault] },
  { name: 'CommonJS', code: 'module.exports = () => 1', ends: noDefault },
  {
    name: 'a name with hidden letters',
    code: 'const admin\u200D = 1\nexport default () => admin\u200D',
    ends: [returns(1), syntax],
  },
  {
    name: 'memory at the top level, late',
    code: 'await null\nconst all = []\nfor (;;) all.push([all.length])\nexport default () => 1',
    ends: exhausts,
    timeoutMs: 2500,
    isHeavy: true,
  },
])

/** Too many arrows can be run but return a function. */
function badOrNot() {
  return { status: 'ERROR', code: 'BAD_RESULT' } as const
}
