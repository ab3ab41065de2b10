import type { DefinitionNode, DocumentNode, FragmentDefinitionNode, SelectionNode, SelectionSetNode } from 'graphql'
import { GraphQLError, Kind } from 'graphql'

/** Tokens of a document. A text of any length is one token, so code sent inline does not count. */
export const maxTokens = 2000
/** The introspection query of GraphiQL and codegen goes 15 deep. */
const maxDepth = 16
const maxAliases = 50
/** Root fields of one operation, so that one request cannot start an army of runs. */
const maxRootFields = 20
/**
 * What a request may cost, where each field counts 1 times the length of the lists around it: 100 events with all their
 * fields, their attempts and some of their logs pass, all logs of 100 events do not.
 */
export const maxComplexity = 20_000

export function tooManyTokens(): GraphQLError {
  return tooLarge(`The document has more than ${maxTokens} tokens. Send values as variables.`)
}

export function tooComplex(complexity: number): GraphQLError {
  return tooLarge(
    `The operation costs ${complexity}, at most ${maxComplexity} is allowed. Ask for shorter lists or fewer fields.`,
  )
}

/** What is too large about a document, looked at before anything else is done with it. */
export function checkLimits(document: DocumentNode): readonly GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const measure = createMeasure(fragments)
  return document.definitions.flatMap((definition) => checkDefinition(definition, measure))
}

interface Size {
  readonly depth: number
  readonly aliases: number
  /** Fields on the first level. */
  readonly fields: number
}

function checkDefinition(definition: DefinitionNode, measure: (set: SelectionSetNode) => Size): GraphQLError[] {
  if (definition.kind !== Kind.OPERATION_DEFINITION) return []
  const { depth, aliases, fields } = measure(definition.selectionSet)
  const errors = [
    depth > maxDepth && `The operation is nested ${depth} deep, at most ${maxDepth} is allowed.`,
    aliases > maxAliases && `The operation has ${aliases} aliases, at most ${maxAliases} are allowed.`,
    fields > maxRootFields && `The operation has ${fields} root fields, at most ${maxRootFields} are allowed.`,
  ]
  return errors.flatMap((message) => (message ? [tooLarge(message)] : []))
}

/** Each fragment is measured once, however often it is spread: else twenty fragments could cost a million steps. */
function createMeasure(fragments: ReadonlyMap<string, FragmentDefinitionNode>): (set: SelectionSetNode) => Size {
  const none: Size = { depth: 0, aliases: 0, fields: 0 }
  const measured = new Map<string, Size>()

  function measureSet(set: SelectionSetNode): Size {
    let { depth, aliases, fields } = none
    for (const selection of set.selections) {
      const size = measureSelection(selection)
      depth = Math.max(depth, size.depth)
      aliases += size.aliases
      fields += size.fields
    }
    return { depth, aliases, fields }
  }

  function measureSelection(selection: SelectionNode): Size {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value)
    if (selection.kind === Kind.INLINE_FRAGMENT) return measureSet(selection.selectionSet)
    const below = selection.selectionSet ? measureSet(selection.selectionSet) : none
    return { depth: below.depth + 1, aliases: below.aliases + (selection.alias ? 1 : 0), fields: 1 }
  }

  function measureFragment(name: string): Size {
    const known = measured.get(name)
    if (known) return known
    // A fragment that contains itself counts as empty here; validation refuses it by name.
    measured.set(name, none)
    const fragment = fragments.get(name)
    const size = fragment ? measureSet(fragment.selectionSet) : none
    measured.set(name, size)
    return size
  }

  return measureSet
}

/** `http` sets the status of the answer, whatever the client accepts, and never reaches it. */
function tooLarge(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400, spec: false } } })
}
