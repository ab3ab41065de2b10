import { ConflictError, InvalidCodeError, InvalidInputError, NotFoundError } from '../errors.ts'
import type { Program } from '../program.ts'
import { builder } from './builder.ts'
import { CodeLanguageEnum } from './code-version.ts'
import { FunctionType, WorkflowType } from './program.ts'
import { LimitsInput } from './run-limits.ts'

const saveErrors = { types: [InvalidInputError, InvalidCodeError, ConflictError] }
const deleteErrors = { types: [InvalidInputError, NotFoundError] }

function createSaveInput(name: string) {
  return builder.inputType(name, {
    fields: (t) => ({
      name: t.string({ required: true }),
      code: t.string({ required: true }),
      language: t.field({ type: CodeLanguageEnum, defaultValue: 'TypeScript' }),
      description: t.string(),
      limits: t.field({ type: LimitsInput }),
    }),
  })
}

function createDeleteInput(name: string) {
  return builder.inputType(name, { fields: (t) => ({ id: t.id({ required: true }) }) })
}

function createWorkflowPayload(name: string) {
  return builder.objectRef<Program>(name).implement({
    fields: (t) => ({ workflow: t.field({ type: WorkflowType, resolve: (program) => program }) }),
  })
}

function createFunctionPayload(name: string) {
  return builder.objectRef<Program>(name).implement({
    fields: (t) => ({ function: t.field({ type: FunctionType, resolve: (program) => program }) }),
  })
}

const SaveWorkflowInput = createSaveInput('SaveWorkflowInput')
const SaveFunctionInput = createSaveInput('SaveFunctionInput')
const DeleteWorkflowInput = createDeleteInput('DeleteWorkflowInput')
const DeleteFunctionInput = createDeleteInput('DeleteFunctionInput')
const SaveWorkflowPayload = createWorkflowPayload('SaveWorkflowPayload')
const DeleteWorkflowPayload = createWorkflowPayload('DeleteWorkflowPayload')
const SaveFunctionPayload = createFunctionPayload('SaveFunctionPayload')
const DeleteFunctionPayload = createFunctionPayload('DeleteFunctionPayload')

builder.mutationFields((t) => ({
  saveWorkflow: t.field({
    type: SaveWorkflowPayload,
    errors: saveErrors,
    args: { input: t.arg({ type: SaveWorkflowInput, required: true }) },
    resolve: (_root, { input }, { api }) => api.commands.saveWorkflow(input),
  }),
  deleteWorkflow: t.field({
    type: DeleteWorkflowPayload,
    errors: deleteErrors,
    args: { input: t.arg({ type: DeleteWorkflowInput, required: true }) },
    resolve: (_root, { input }, { api }) => api.commands.deleteWorkflow(input),
  }),
  saveFunction: t.field({
    type: SaveFunctionPayload,
    errors: saveErrors,
    args: { input: t.arg({ type: SaveFunctionInput, required: true }) },
    resolve: (_root, { input }, { api }) => api.commands.saveFunction(input),
  }),
  deleteFunction: t.field({
    type: DeleteFunctionPayload,
    errors: deleteErrors,
    args: { input: t.arg({ type: DeleteFunctionInput, required: true }) },
    resolve: (_root, { input }, { api }) => api.commands.deleteFunction(input),
  }),
}))
