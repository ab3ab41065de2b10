import SchemaBuilder from '@pothos/core'
import ComplexityPlugin, { ComplexityErrorKind } from '@pothos/plugin-complexity'
import ErrorsPlugin from '@pothos/plugin-errors'
import RelayPlugin from '@pothos/plugin-relay'
import ValidationPlugin from '@pothos/plugin-validation'
import type { Issue } from '../errors.ts'
import { InvalidInputError } from '../errors.ts'
import { show } from '../inputs.ts'
import type { Json } from '../json.ts'
import type { Context } from './context.ts'
import './descriptions.ts'
import { maxComplexity, tooComplex } from './limits.ts'
import { dateTimeScalar, jsonScalar } from './scalars.ts'

interface Types {
  Context: Context
  DefaultFieldNullability: false
  DefaultInputFieldRequiredness: false
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: number }
    JSON: { Input: unknown; Output: Json }
  }
}

/** Every type and field of the API is made with this. What it makes must equal `schema/*.graphql`. */
export const builder = new SchemaBuilder<Types>({
  defaultFieldNullability: false,
  plugins: ['descriptions', ErrorsPlugin, RelayPlugin, ValidationPlugin, ComplexityPlugin],
  errors: {
    directResult: true,
    defaultTypes: [],
    defaultUnionOptions: { name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result` },
  },
  relay: {
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodesOnConnection: true,
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
    nodeTypeOptions: { resolveType: (value) => typeNameOf(value) },
  },
  validation: { validationError: ({ issues }, args) => inputError(issues, args) },
  complexity: {
    limit: { complexity: maxComplexity },
    // Lists say themselves how long they may get.
    defaultListMultiplier: 1,
    complexityError: (kind, { complexity }) =>
      kind === ComplexityErrorKind.Complexity ? tooComplex(complexity) : new Error(`Unknown limit ${kind}`),
  },
})

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
builder.scalarType('DateTime', dateTimeScalar)
builder.scalarType('JSON', jsonScalar)

const typeNames: Readonly<Record<string, string>> = { evt: 'Event', wfl: 'Workflow', fun: 'Function' }

function typeNameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  return typeNames[String(value.id).slice(0, 3)]
}

interface ValidationIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The message of each rule on an argument says what was expected, as the end of the sentence "expected ...". */
function inputError(issues: readonly ValidationIssue[], args: Readonly<Record<string, unknown>>): InvalidInputError {
  const [first, ...others] = issues.map(({ message, path = [] }): Issue => {
    const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
    return { path: keys.join('.'), expected: message, received: show(valueAt(args, keys)) }
  })
  return new InvalidInputError(first ?? { path: '', expected: 'valid arguments', received: 'others' }, ...others)
}

function valueAt(root: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([name]) => name === key)?.[1]
        : undefined,
    root,
  )
}
