// TypeScript that cannot be erased, is broken, or is expensive to read.
import type { Entry } from './program.ts'
import { programs, refused, returns, throws } from './program.ts'

const notErasable = refused(/TypeScript/)
const syntax = refused()
const deep = refused(/^The code is nested too deeply/)
const honest = 'export default (): number => 1'
const either: Entry['ends'] = [returns(1), syntax]

export const typescript = programs('typescript', { timeoutMs: 800, language: 'TYPESCRIPT' }, [
  { name: 'an enum', code: `enum Color { Red, Green }\n${honest}`, ends: { ...notErasable, line: 1 } },
  { name: 'a const enum', code: `const enum Color { Red }\n${honest}`, ends: { ...notErasable, line: 1 } },
  { name: 'a declared enum', code: `declare enum Color { Red }\n${honest}`, ends: either },
  { name: 'an exported enum', code: `export enum Color { Red = 'red' }\n${honest}`, ends: notErasable },
  { name: 'a namespace', code: `namespace Space { export const a = 1 }\n${honest}`, ends: { ...notErasable, line: 1 } },
  { name: 'a module', code: `module Space { export const a = 1 }\n${honest}`, ends: syntax },
  { name: 'a namespace of types only', code: `namespace Space { export type A = 1 }\n${honest}`, ends: either },
  { name: 'a declared namespace', code: `declare namespace Space { const a: number }\n${honest}`, ends: returns(1) },
  { name: 'a declared global', code: `declare global { interface Window { a: 1 } }\n${honest}`, ends: either },
  {
    name: 'parameter properties',
    code: `class Box { constructor(private a: number) {} }\n${honest}`,
    ends: { ...notErasable, line: 1 },
  },
  { name: 'import equals', code: `import fs = require('fs')\n${honest}`, ends: syntax },
  { name: 'export equals', code: 'export = () => 1', ends: syntax },
  { name: 'an import of types', code: `import type { Event } from './types.ts'\n${honest}`, ends: returns(1) },
  {
    name: 'an import that is used as a type only',
    code: `import { Event } from './types.ts'\nexport default (e: Event): number => 1`,
    ends: refused(/import/i),
  },
  {
    name: 'an import of a type and a value',
    code: `import { type Event, value } from './types.ts'\n${honest}`,
    ends: refused(/import/i),
  },
  {
    name: 'an import of Node',
    code: `import { readFileSync } from 'node:fs'\nexport default (): string => readFileSync('/etc/passwd', 'utf8')`,
    ends: { ...refused(/import/i), line: 1 },
  },
  {
    name: 'decorators',
    code: `const log = (value: unknown, context: unknown) => {}\n@log class Box {}\n${honest}`,
    ends: either,
  },
  {
    name: 'decorators of methods',
    code: `const log = (value: unknown, context: unknown) => value\nclass Box { @log method() {} }\n${honest}`,
    ends: either,
  },
  {
    name: 'a decorator that loops',
    code: `@(() => { for (;;); }) class Box {}\n${honest}`,
    ends: [syntax, { status: 'ERROR', code: 'TIMEOUT' }],
  },
  { name: 'a cast in angles', code: 'export default () => <number>1', ends: either },
  { name: 'markup', code: 'export default () => <div>1</div>', ends: syntax },
  {
    name: 'satisfies, as and !',
    code: 'export default () => (({ a: 1 } satisfies object) as { a: number }).a! as number',
    ends: returns(1),
  },
  {
    name: 'an arrow that returns an object of a type',
    code: 'export default (): { a: number } => ({ a: 1 })',
    ends: returns({ a: 1 }),
  },
  {
    name: 'an error whose line is that of the source',
    code: "interface A {\n  a: string\n}\ntype B<T> = T extends A\n  ? 1\n  : 2\nexport default (): B<A> => {\n  throw new RangeError('here')\n}",
    ends: throws('RangeError', 'here', { line: 8 }),
  },
  {
    name: 'types of every kind',
    code: "type A = { [K in keyof B as `x${K & string}`]-?: B[K] extends infer U ? U : never }\ninterface B { a?: 1; readonly b: 2; (): void; new (): B; get c(): 1 }\nabstract class C<in out T> { abstract d: T; declare e: number; toString(): string { return '' } }\nfunction f(this: void, a?: number, ...rest: unknown[]): asserts a is number {}\nfunction f2<const T extends readonly unknown[]>(x: T): x is T { return true }\nlet unique: unique symbol\ntype D = abstract new () => void\ndeclare const g: typeof import('./x.ts')\nexport default (): number => 1",
    ends: returns(1),
  },
  {
    name: 'overloads',
    code: 'function f(a: string): string\nfunction f(a: number): number\nfunction f(a: any): any { return a }\nexport default (): number => f(1)',
    ends: returns(1),
  },
  { name: 'a type that does not end', code: `type A = { a: string\n${honest}`, ends: syntax },
  { name: 'a type without a value', code: `let a: = 1\n${honest}`, ends: { ...syntax, line: 1 } },
  { name: 'a generic that does not end', code: `const a: Map<string, = new Map()\n${honest}`, ends: syntax },
  {
    name: 'an interface with a body that is code',
    code: `interface A { for (;;); }\n${honest}`,
    ends: [syntax, returns(1)],
  },
  {
    name: 'a type that refers to itself',
    code: `type A = A[]\ntype B = { [K in keyof B]: B }\n${honest}`,
    ends: returns(1),
  },
  {
    name: 'a type that would be computed for ever',
    code: `type Loop<T extends unknown[]> = Loop<[...T, ...T]>\ntype X = Loop<[1]>\n${honest}`,
    ends: returns(1),
  },
  {
    name: 'a type that is wrong',
    code: "export default (): number => 'text' as unknown as number",
    ends: returns('text'),
  },
  {
    name: 'what would be an error of types',
    code: "const a: number = 'text'\nexport default () => a",
    ends: returns('text'),
  },
  {
    name: 'triple slashes',
    code: `/// <reference path="/etc/passwd" />\n/// <reference types="node" />\n${honest}`,
    ends: returns(1),
  },
  {
    name: 'comments that command',
    code: `// @ts-nocheck\n/* @jsx h */\n// @ts-expect-error\n${honest}`,
    ends: returns(1),
  },
  { name: 'brackets within brackets', code: `export default () => ${'['.repeat(3000)}${']'.repeat(3000)}`, ends: deep },
  { name: 'brackets within brackets without end', code: '['.repeat(300_000), ends: deep },
  { name: 'types within types', code: `type A = ${'['.repeat(3000)}1${']'.repeat(3000)}\n${honest}`, ends: deep },
  {
    name: 'generics within generics',
    code: `type A = ${'Array<'.repeat(20_000)}1${'>'.repeat(20_000)}\n${honest}`,
    ends: [deep, syntax],
  },
  {
    name: 'generics within generics, a few',
    code: `type A = ${'Array<'.repeat(50)}1${'>'.repeat(50)}\n${honest}`,
    ends: returns(1),
  },
  {
    name: 'objects in types within objects in types',
    code: `type A = ${'{ a: '.repeat(3000)}1${' }'.repeat(3000)}\n${honest}`,
    ends: deep,
  },
  {
    name: 'conditions in types',
    code: `type A<T> = ${'T extends 1 ? 2 : '.repeat(20_000)}3\n${honest}`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'functions in types',
    code: `type A = ${'() => '.repeat(20_000)}1\n${honest}`,
    ends: [deep, syntax, returns(1)],
  },
  { name: 'keyof of keyof', code: `type A = ${'keyof '.repeat(50_000)}1\n${honest}`, ends: [deep, syntax, returns(1)] },
  {
    name: 'lists of lists in types',
    code: `type A = 1${'[]'.repeat(50_000)}\n${honest}`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'a union of very many',
    code: `type A = ${'1 | '.repeat(100_000)}2\n${honest}`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'casts of casts',
    code: `export default () => 1${' as any'.repeat(30_000)}`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'not null, very sure',
    code: `export default () => 1${'!'.repeat(50_000)}`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'casts in angles within casts',
    code: `export default () => ${'<any>'.repeat(30_000)}1`,
    ends: [deep, syntax, returns(1)],
  },
  {
    name: 'arrows that could be parentheses',
    code: `export default () => ${'(a = '.repeat(30)}1${') => 1'.repeat(30)}`,
    ends: [syntax, { status: 'ERROR', code: 'BAD_RESULT' }, returns(1)],
  },
  {
    name: 'arrows with types that could be conditions',
    code: `export default () => ${'1 ? (a) : '.repeat(60)}1`,
    ends: [syntax, returns(1), throws('ReferenceError')],
  },
  {
    name: 'arrows with types within conditions within arrows',
    code: `export default () => ${'a ? (b = '.repeat(28)}1${') : c => 1 : 2'.repeat(28)}`,
    ends: [syntax, throws('ReferenceError')],
  },
  {
    name: 'generics that could be comparisons',
    code: `export default (a: any) => 1\nconst f = ${'a < (b = '.repeat(26)}1${') > c'.repeat(26)}`,
    ends: [syntax, throws('ReferenceError')],
  },
  {
    name: 'generic arrows within generic arrows',
    code: `export default ${'<T,>(a = '.repeat(26)}1${') => 1'.repeat(26)}`,
    ends: [syntax, returns(1), { status: 'ERROR', code: 'BAD_RESULT' }],
  },
  {
    name: 'async arrows that could be calls',
    code: `export default () => ${'async (a = '.repeat(26)}1${') => 1'.repeat(26)}`,
    ends: [syntax, { status: 'ERROR', code: 'BAD_RESULT' }, returns({}), returns(1)],
  },
  {
    name: 'calls with generics that are none',
    code: `export default (a: any) => 1\nconst f = () => ${'a<'.repeat(1000)}1`,
    ends: [syntax, returns(1), deep],
  },
  {
    name: 'ten thousand interfaces',
    code: `${Array.from({ length: 10_000 }, (_, n) => `interface I${n} { a: I${n} }`).join('\n')}\n${honest}`,
    ends: returns(1),
  },
  {
    name: 'a megabyte of types',
    code: `type A = {\n${Array.from({ length: 40_000 }, (_, n) => `  key${n}: string`).join('\n')}\n}\n${honest}`,
    ends: returns(1),
  },
  { name: 'an interface with a long name', code: `interface ${'I'.repeat(500_000)} {}\n${honest}`, ends: returns(1) },
  {
    name: 'a source that is too long',
    code: `${honest} //${'x'.repeat(1_100_000)}`,
    ends: { status: 'REFUSED', message: /longer than|bytes/ },
  },
  {
    name: 'letters of many bytes before the types',
    code: "const text: string = '€𝒳é漢'; const a: number = 1; export default (): number => { throw new RangeError(text as string) }",
    ends: throws('RangeError', '€𝒳é漢', { line: 1 }),
  },
  {
    name: 'half a surrogate pair',
    code: `const a: string = '\ud800'\n${honest}`,
    ends: { status: 'REFUSED', message: /half a surrogate pair/ },
  },
  { name: 'zeros', code: `const a: string = '\u0000'\n${honest}`, ends: [returns(1), syntax] },
  { name: 'a byte order mark', code: `\uFEFF${honest}`, ends: returns(1) },
  {
    name: 'other line ends',
    code: "type A = 1\r\nexport default (): A => {\r\n  throw new RangeError('x')\r\n}",
    ends: throws('RangeError', 'x', { line: 3 }),
  },
  {
    name: 'JavaScript that is not TypeScript',
    code: 'export default (a) => a < 1 > (2)',
    ends: [syntax, returns(false), throws(/Error/)],
  },
  {
    name: 'a type where a value must be',
    code: 'interface A {}\nexport default () => A',
    ends: throws('ReferenceError', 'A is not defined', { line: 2 }),
  },
  {
    name: 'a default export that is a type',
    code: 'export default interface A { a: 1 }',
    ends: refused(/default export/),
  },
  {
    name: 'an abstract class',
    code: 'abstract class A { abstract a(): void }\nexport default (): string => typeof new (A as any)()',
    ends: returns('object'),
  },
  { name: 'accessors', code: 'class A { accessor a = 1 }\nexport default (): number => new A().a', ends: either },
  {
    name: 'using',
    code: 'export default (): number => { using a = { [Symbol.dispose]() {} }; return 1 }',
    ends: either,
  },
])
