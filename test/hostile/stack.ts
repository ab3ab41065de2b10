// Code that goes too deep: calls, data, patterns, sources.
import { exhausts, badResult, overflows, programs, returns, throws, timeout } from './program.ts'

const tooDeep = throws(/RangeError|SyntaxError/)

export const stack = programs('stack', { timeoutMs: 1500 }, [
  { name: 'recursion', body: 'const down = () => down()\ndown()', ends: overflows },
  {
    name: 'recursion at a line',
    code: 'function down(n) {\n  return down(n + 1) + 1\n}\nexport default () => down(0)',
    ends: { ...overflows, line: 2 },
  },
  {
    name: 'two that call each other',
    body: 'const ping = () => pong()\nconst pong = () => ping()\nping()',
    ends: overflows,
  },
  { name: 'recursion in a getter', body: 'const it = { get a() { return this.a } }\nit.a', ends: overflows },
  { name: 'recursion in a setter', body: 'const it = { set a(value) { this.a = value } }\nit.a = 1', ends: overflows },
  {
    name: 'recursion in toString',
    body: 'const it = { toString() { return `${this}` } }\nvoid `${it}`',
    ends: overflows,
  },
  {
    name: 'recursion in toJSON',
    body: 'const it = { toJSON() { return JSON.stringify(this) } }\nJSON.stringify(it)',
    ends: overflows,
  },
  { name: 'recursion in a constructor', body: 'class Box { constructor() { new Box() } }\nnew Box()', ends: overflows },
  { name: 'recursion in a Proxy', body: 'const it = new Proxy({}, { get() { return it.x } })\nit.x', ends: overflows },
  {
    name: 'recursion in a Proxy that is its own prototype',
    body: 'const it = {}\nObject.setPrototypeOf(it, new Proxy(it, {}))\nreturn it.x',
    ends: overflows,
  },
  { name: 'recursion in a comparator', body: 'const sort = () => [2, 1].sort(sort)\nsort()', ends: overflows },
  { name: 'recursion in replace', body: "const go = () => 'a'.replace(/a/, go)\ngo()", ends: overflows },
  { name: 'recursion in a generator', body: 'function* down() { yield* down() }\n;[...down()]', ends: overflows },
  {
    name: 'recursion in an async function',
    body: 'const down = async () => await down()\nawait down()',
    ends: overflows,
  },
  {
    name: 'recursion through apply',
    body: 'function down() { return down.apply(this, arguments) }\ndown()',
    ends: overflows,
  },
  {
    name: 'recursion through Reflect.construct',
    body: 'function Down() { Reflect.construct(Down, []) }\nnew Down()',
    ends: overflows,
  },
  { name: 'recursion through eval', body: "const down = () => eval('down()')\ndown()", ends: overflows },
  {
    name: 'recursion with large frames',
    body: "const names = Array.from({ length: 300 }, (_, n) => 'a' + n)\nconst down = new Function('self', 'let ' + names.map((n) => n + '=Math.random()').join() + '; self(self); return ' + names.join('+'))\ndown(down)",
    ends: overflows,
  },
  {
    name: 'recursion that is caught, deep inside',
    body: 'let deepest = 0\nconst down = (n) => { deepest = n; try { down(n + 1) } catch { return } }\ndown(0)\nreturn deepest > 100',
    ends: returns(true),
  },
  {
    name: 'the stack used up and then a message built',
    body: 'const down = () => { try { down() } catch (error) { throw new RangeError(error.message + "!") } }\ndown()',
    ends: [throws('RangeError'), timeout],
  },
  {
    name: 'the stack used up and then console',
    body: "let said = 0\nconst down = () => { try { down() } catch { if (said++ === 0) console.log('deep') } }\ndown()\nreturn said > 0",
    ends: returns(true),
  },
  {
    name: 'the stack used up inside console',
    body: 'const down = () => { try { console.log(new Error("x"), [[1]]) } finally { down() } }\ndown()',
    ends: overflows,
  },
  {
    name: 'the stack used up inside setTimeout',
    body: 'const down = () => { setTimeout(() => {}, 1); down() }\ndown()',
    ends: throws('RangeError'),
  },
  {
    name: 'JSON that is deep, read',
    body: "JSON.parse('['.repeat(1e6) + ']'.repeat(1e6))\nreturn 1",
    ends: [returns(1), overflows, ...exhausts],
  },
  {
    name: 'JSON that is deep, written',
    body: 'let node = []\nfor (let n = 0; n < 1e6; n++) node = [node]\nJSON.stringify(node)\nreturn 1',
    // V8 may write it without going down a level of the stack for each.
    ends: [returns(1), overflows, ...exhausts],
  },
  {
    name: 'a result that is deep',
    body: 'let node = []\nfor (let n = 0; n < 1e5; n++) node = [node]\nreturn node',
    ends: [badResult(/levels/), overflows],
  },
  {
    name: 'a result that is deep in objects',
    body: 'let node = {}\nfor (let n = 0; n < 1e5; n++) node = { a: node }\nreturn node',
    ends: [badResult(/levels/), overflows],
  },
  {
    name: 'an argument of console that is deep',
    body: 'let node = []\nfor (let n = 0; n < 1e5; n++) node = [node]\nconsole.log(node)\nreturn 1',
    ends: returns(1),
    log: [/^\[ \[ \[ \[Array\] \] \] \]$/],
  },
  {
    name: 'an error whose cause is deep',
    body: "let error = new Error('first')\nfor (let n = 0; n < 1e5; n++) error = new Error('next', { cause: error })\nthrow error",
    ends: throws('Error', 'next'),
  },
  {
    name: 'flat of a list that is deep',
    body: 'let node = []\nfor (let n = 0; n < 1e5; n++) node = [node]\nnode.flat(Infinity)',
    ends: overflows,
  },
  {
    name: 'join of a list that is deep',
    body: 'let node = []\nfor (let n = 0; n < 1e5; n++) node = [node]\nvoid `${node}`',
    ends: overflows,
  },
  {
    name: 'a chain of prototypes',
    body: 'let it = {}\nfor (let n = 0; n < 1e5; n++) it = Object.create(it)\nreturn it.missing ?? null',
    ends: [returns(null), ...exhausts],
  },
  {
    name: 'a chain of proxies',
    body: 'let it = {}\nfor (let n = 0; n < 1e5; n++) it = new Proxy(it, {})\nreturn it.missing',
    ends: overflows,
  },
  {
    name: 'a chain of proxies as result',
    body: 'let it = {}\nfor (let n = 0; n < 1e5; n++) it = new Proxy(it, {})\nreturn it',
    ends: overflows,
  },
  {
    name: 'a chain of proxies as error',
    body: 'let it = new Error("x")\nfor (let n = 0; n < 1e5; n++) it = new Proxy(it, {})\nthrow it',
    ends: { status: 'ERROR', code: 'USER_ERROR' },
  },
  {
    name: 'a chain of proxies in console',
    body: 'let it = {}\nfor (let n = 0; n < 1e5; n++) it = new Proxy(it, {})\nconsole.log(it)\nreturn 1',
    ends: returns(1),
  },
  {
    name: 'a chain of bound functions',
    body: 'let it = () => 1\nfor (let n = 0; n < 1e5; n++) it = it.bind(null)\nreturn it()',
    ends: [overflows, returns(1)],
  },
  {
    name: 'a chain of promises',
    body: 'let it = Promise.resolve(1)\nfor (let n = 0; n < 1e5; n++) it = it.then((value) => value)\nreturn await it',
    ends: returns(1),
  },
  {
    name: 'promises within promises',
    body: 'let it = Promise.resolve(1)\nfor (let n = 0; n < 1e5; n++) { const inner = it; it = new Promise((resolve) => resolve(inner)) }\nreturn await it',
    ends: returns(1),
  },
  {
    name: 'async functions within async functions',
    body: 'const down = async (n) => (n === 0 ? 1 : await down(n - 1))\nreturn await down(3000)',
    ends: [returns(1), overflows],
  },
  {
    name: 'a text of very many pieces',
    body: "let text = ''\nfor (let n = 0; n < 2e5; n++) text = n % 2 ? text + 'a' : 'b' + text\nreturn text.length",
    ends: returns(2e5),
  },
  { name: 'eval of deep brackets', body: "eval('['.repeat(1e5) + ']'.repeat(1e5))", ends: tooDeep },
  { name: 'eval of deep calls', body: "eval('f('.repeat(1e5) + ')'.repeat(1e5))", ends: tooDeep },
  { name: 'eval of deep blocks', body: "eval('{'.repeat(1e5) + '}'.repeat(1e5))", ends: tooDeep },
  { name: 'eval of deep functions', body: "eval('(()=>'.repeat(5e4) + '1' + ')'.repeat(5e4))", ends: tooDeep },
  { name: 'eval of deep templates', body: "eval('`${'.repeat(5e4) + '1' + '}`'.repeat(5e4))", ends: tooDeep },
  {
    name: 'eval of deep conditions',
    body: "return eval('1?'.repeat(5e4) + '1' + ':1'.repeat(5e4))",
    ends: [tooDeep, returns(1)],
  },
  { name: 'eval of a long sum', body: "return eval('1' + '+1'.repeat(1e5))", ends: [tooDeep, returns(100_001)] },
  {
    name: 'eval of deep destructuring',
    body: "eval('var ' + '['.repeat(1e5) + 'a' + ']'.repeat(1e5) + '=[]')",
    ends: tooDeep,
  },
  { name: 'eval of deep ifs', body: "eval('if(1)'.repeat(1e5) + ';')\nreturn 1", ends: [tooDeep, returns(1)] },
  { name: 'eval of deep negations', body: "eval('!'.repeat(1e6) + '1')\nreturn 1", ends: [tooDeep, returns(1)] },
  {
    name: 'eval of a long member chain',
    body: "eval('({})' + '?.a'.repeat(1e5))\nreturn 1",
    ends: [tooDeep, returns(1)],
  },
  { name: 'a pattern with deep groups', body: "new RegExp('('.repeat(1e5) + ')'.repeat(1e5))", ends: tooDeep },
  {
    name: 'a pattern with deep groups that do not capture',
    body: "new RegExp('(?:'.repeat(1e5) + 'a' + ')*'.repeat(1e5))",
    ends: [tooDeep, returns(null)],
  },
  {
    name: 'a pattern with deep classes',
    body: "new RegExp('['.repeat(1e5) + 'a' + ']'.repeat(1e5), 'v')",
    ends: tooDeep,
  },
  {
    name: 'a pattern with many alternatives',
    body: "return new RegExp('a|'.repeat(1e5) + 'b').test('c')",
    ends: [tooDeep, returns(false)],
  },
  {
    name: 'a pattern that uses up its stack',
    body: "return /^(?:a|b)*$/.test('ab'.repeat(5e6))",
    ends: [returns(true), throws(/RangeError|SyntaxError|Error/), ...exhausts],
  },
  {
    name: 'instanceof along bound functions',
    body: 'let it = Object\nfor (let n = 0; n < 1e5; n++) it = it.bind()\nreturn ({}) instanceof it',
    ends: [overflows, returns(true)],
  },
  {
    name: 'isArray along proxies',
    body: 'let it = []\nfor (let n = 0; n < 1e5; n++) it = new Proxy(it, {})\nreturn Array.isArray(it)',
    ends: [overflows, returns(true)],
  },
  {
    name: 'structuredClone of what is deep',
    body: 'let node = []\nfor (let n = 0; n < 1e5; n++) node = [node]\nstructuredClone(node)\nreturn 1',
    ends: [throws(/RangeError|DataCloneError/), returns(1)],
  },
  {
    name: 'recursion of inherited getters',
    body: "Object.defineProperty(Object.prototype, 'a', { get() { return this.a } })\n;({}).a",
    ends: overflows,
  },
  {
    name: 'recursion in a species',
    body: 'class List extends Array { static get [Symbol.species]() { return new List(1).map((n) => n) } }\nnew List(1).map((n) => n)',
    ends: overflows,
  },
  {
    name: 'recursion in hasInstance',
    body: 'const it = { [Symbol.hasInstance]: (value) => value instanceof it }\n1 instanceof it',
    ends: overflows,
  },
  { name: 'recursion of tagged templates', body: 'const tag = () => tag`x`\ntag`x`', ends: overflows },
  {
    name: 'recursion at the top level',
    code: 'const down = () => down()\ndown()\nexport default () => 1',
    ends: overflows,
  },
  { name: 'recursion in then', body: 'const it = { then() { it.then() } }\nawait it', ends: overflows },
  {
    name: 'recursion in prepareStackTrace',
    body: 'Error.prepareStackTrace = (error) => new Error("x").stack\nreturn typeof new Error("y").stack',
    ends: [overflows, returns('string'), returns('undefined')],
  },
])
