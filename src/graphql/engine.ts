import { complexityFromQuery } from '@pothos/plugin-complexity'
import type { DocumentNode, GraphQLSchema, Source } from 'graphql'
import {
  getOperationAST,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createYoga } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import type { Api } from './context.ts'
import { checkLimits, maxComplexity, maxTokens, tooComplex, tooManyTokens } from './limits.ts'
import type { Mask } from './mask.ts'
import { schema } from './schema.ts'

/** Length of all documents in the cache, and of one that gets in. What is parsed takes some hundred times as much. */
const cachedLength = 500_000
const longestCached = 50_000

interface EngineOptions {
  readonly api: Api
  readonly mask: Mask
  readonly introspection: boolean
  /** What else is to happen around every operation, in that order. */
  readonly plugins?: readonly Plugin[]
}

/** Parses, validates and executes, for every transport alike. Over HTTP it also reads requests and writes answers. */
export function createEngine({ api, mask, introspection, plugins = [] }: EngineOptions) {
  return createYoga({
    schema,
    context: { api },
    plugins: [createLimits(introspection, mask), badParameters, ...plugins],
    maskedErrors: { maskError: (error) => mask(error) },
    // What is worth a line in the log is written by `mask`.
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    // Costs more than all the rest of the request. `front.ts` looks at Content-Length instead.
    maxRequestBodySize: false,
    // Yoga answers to any URL that ends like this. No URL ends with a blank.
    healthCheckEndpoint: ' ',
    parserAndValidationCache: { documentCache: createCache(), errorCache: createCache<Error>() },
  })
}

export type Engine = ReturnType<typeof createEngine>

function createCache<T extends object = DocumentNode>() {
  const cache = new LRUCache<string, T>({
    maxSize: cachedLength,
    maxEntrySize: longestCached,
    sizeCalculation: (_value, key) => key.length + 1,
  })
  return { get: (key: string) => cache.get(key), set: (key: string, value: T) => void cache.set(key, value) }
}

/** These hooks run for every transport; hooks on requests would leave WebSocket open. */
function createLimits(introspection: boolean, mask: Mask): Plugin {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]

  function validateWithin(target: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
    const errors = checkLimits(document)
    return errors.length > 0 ? errors : validate(target, document, rules, { hideSuggestions: true, maxErrors: 20 })
  }

  return {
    onParse: ({ setParseFn }) => setParseFn(parseWithin),
    onValidate: ({ setValidationFn }) => setValidationFn(validateWithin),
    // Queries and mutations are weighed when their first field is resolved; a subscription would have begun by then.
    onSubscribe({ args, setResultAndStopExecution }) {
      try {
        const operation = getOperationAST(args.document, args.operationName)
        if (!operation) return
        const fragments = fragmentsOf(args.document)
        const document = { kind: Kind.DOCUMENT, definitions: [operation, ...fragments] } as const
        const options = { schema, ctx: args.contextValue ?? {}, variables: { ...args.variableValues } }
        const { complexity } = complexityFromQuery(document, options)
        if (complexity > maxComplexity) throw tooComplex(complexity)
      } catch (error) {
        setResultAndStopExecution({ errors: [mask(error)] })
      }
    },
  }
}

function fragmentsOf({ definitions }: DocumentNode) {
  return definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
}

function parseWithin(source: string | Source): DocumentNode {
  try {
    return parse(source, { maxTokens })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { message, positions } = error
    // The parser tells this error from others by its text only.
    if (message.includes(`more than ${maxTokens} tokens`)) throw tooManyTokens()
    throw new GraphQLError(message, { source: error.source, positions, extensions: { code: 'GRAPHQL_PARSE_FAILED' } })
  }
}

/** Yoga takes a malformed `variables` or `extensions` of a GET request for a fault of its own. */
const badParameters: Plugin = {
  onRequestParse({ request, requestParser, setRequestParser }) {
    if (request.method !== 'GET' || !requestParser) return
    setRequestParser(async (it) => {
      try {
        return await requestParser(it)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        throw new GraphQLError('The parameters variables and extensions must be JSON.', {
          extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
        })
      }
    })
  },
}
