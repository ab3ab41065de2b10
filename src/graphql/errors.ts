import type { Issue, UserError } from '../errors.ts'
import { ConflictError, InvalidCodeError, InvalidInputError, NotFoundError, OverloadedError } from '../errors.ts'
import { builder } from './builder.ts'

const ErrorCodeEnum = builder.enumType('ErrorCode', {
  values: ['INVALID_INPUT', 'INVALID_CODE', 'NOT_FOUND', 'CONFLICT', 'OVERLOADED'] as const,
})

const UserErrorInterface = builder.interfaceRef<UserError>('UserError').implement({
  fields: (t) => ({
    message: t.exposeString('message'),
    code: t.expose('code', { type: ErrorCodeEnum }),
    path: t.exposeString('path'),
    expected: t.exposeString('expected'),
    received: t.exposeString('received'),
  }),
})

const InputIssueType = builder.objectRef<Issue>('InputIssue').implement({
  fields: (t) => ({
    path: t.exposeString('path'),
    message: t.string({ resolve: ({ path, expected, received }) => `${path}: expected ${expected}, got ${received}` }),
    expected: t.exposeString('expected'),
    received: t.exposeString('received'),
  }),
})

builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  interfaces: [UserErrorInterface],
  fields: (t) => ({ issues: t.expose('issues', { type: [InputIssueType] }) }),
})

builder.objectType(InvalidCodeError, {
  name: 'InvalidCodeError',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    line: t.exposeInt('line', { nullable: true }),
    column: t.exposeInt('column', { nullable: true }),
    codeFrame: t.exposeString('codeFrame', { nullable: true }),
  }),
})

builder.objectType(NotFoundError, { name: 'NotFoundError', interfaces: [UserErrorInterface] })
builder.objectType(ConflictError, { name: 'ConflictError', interfaces: [UserErrorInterface] })

builder.objectType(OverloadedError, {
  name: 'OverloadedError',
  interfaces: [UserErrorInterface],
  fields: (t) => ({ retryAfterMs: t.exposeInt('retryAfterMs') }),
})
