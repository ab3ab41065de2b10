import { z } from 'zod'
import { InvalidInputError } from '../errors.ts'
import { isId } from '../id.ts'
import type { Program, ProgramKind } from '../program.ts'
import { idPrefix } from '../program.ts'
import { builder } from './builder.ts'
import { CodeVersionConnection, CodeVersionType } from './code-version.ts'
import { idPageArgs, pageArgs, pageCost, readPage } from './connection.ts'
import type { Context } from './context.ts'
import { LimitOverridesType } from './run-limits.ts'

// A workflow and a function differ in what they are for, not in how they are kept: one piece of code makes both.

const isHash = (text: string) => /^[0-9a-f]{64}$/.test(text)

function createProgramType(name: 'Workflow' | 'Function') {
  return builder.objectRef<Program>(name).implement({
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      description: t.exposeString('description', { nullable: true }),
      version: t.field({
        type: CodeVersionType,
        resolve: async (program, _args, { api }) => {
          const version = await api.loadVersion(program.version)
          if (version) return version
          throw new Error(`Version ${program.version} of ${program.id} is not in the store`)
        },
      }),
      versions: t.field({
        type: CodeVersionConnection,
        args: pageArgs(isHash),
        complexity: (args) => pageCost(args),
        resolve: ({ id }, args, { api }) =>
          readPage(
            args,
            (page) => api.store.listVersions(id, page),
            ({ hash }) => hash,
          ),
      }),
      limits: t.expose('limits', { type: LimitOverridesType }),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
      deletedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
    }),
  })
}

export const WorkflowType = createProgramType('Workflow')
export const FunctionType = createProgramType('Function')

const WorkflowConnection = builder.connectionObject(
  { type: WorkflowType, name: 'WorkflowConnection' },
  { name: 'WorkflowEdge' },
)
const FunctionConnection = builder.connectionObject(
  { type: FunctionType, name: 'FunctionConnection' },
  { name: 'FunctionEdge' },
)

builder.queryFields((t) => ({
  workflow: t.field({
    type: WorkflowType,
    nullable: true,
    args: idOrName('workflow'),
    resolve: (_root, args, context) => find('workflow', args, context),
  }),
  workflows: t.field({
    type: WorkflowConnection,
    args: idPageArgs('wfl'),
    complexity: (args) => pageCost(args),
    resolve: (_root, args, { api }) =>
      readPage(
        args,
        (page) => api.store.listPrograms('workflow', page),
        ({ id }) => id,
      ),
  }),
  function: t.field({
    type: FunctionType,
    nullable: true,
    args: idOrName('function'),
    resolve: (_root, args, context) => find('function', args, context),
  }),
  functions: t.field({
    type: FunctionConnection,
    args: idPageArgs('fun'),
    complexity: (args) => pageCost(args),
    resolve: (_root, args, { api }) =>
      readPage(
        args,
        (page) => api.store.listPrograms('function', page),
        ({ id }) => id,
      ),
  }),
}))

function idOrName(kind: ProgramKind) {
  const prefix = idPrefix[kind]
  const id = z.string().refine((text) => isId(prefix, text), { error: `an id that begins with ${prefix}_` })
  return builder.args((t) => ({ id: t.id({ validate: id.nullish() }), name: t.string() }))
}

interface IdOrName {
  readonly id?: string | null | undefined
  readonly name?: string | null | undefined
}

async function find(kind: ProgramKind, { id, name }: IdOrName, { api }: Context): Promise<Program | undefined> {
  if (id != null && name == null) return api.loadProgram(id)
  if (id == null && name != null) return api.store.findProgram(kind, name)
  const received = id == null ? 'neither' : 'both'
  throw new InvalidInputError({ path: 'id', expected: 'exactly one of id and name', received })
}
