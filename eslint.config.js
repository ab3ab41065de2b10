import { configs, parser } from '@graphql-eslint/eslint-plugin'
import * as plugin from '@graphql-eslint/eslint-plugin'

export default [
  {
    files: ['schema/**/*.graphql'],
    languageOptions: { parser: parser, parserOptions: { graphQLConfig: { schema: 'schema/**/*.graphql' } } },
    plugins: { '@graphql-eslint': plugin },
    rules: {
      ...configs['flat/schema-recommended'].rules,
      ...configs['flat/schema-relay'].rules,
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      '@graphql-eslint/require-deprecation-reason': 'error',
      // Short ones on a line, long ones in a block.
      '@graphql-eslint/description-style': 'off',
      // Payloads, receipts and errors are values of the object that holds them; they have no life of their own.
      '@graphql-eslint/strict-id-in-types': 'off',
      // `nodes(ids:)` and the `nodes` of a connection are lists of nodes without edges; a log line is not a node.
      '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
      // A list can be read in one direction only; GitHub and Linear do the same for logs and feeds.
      '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
    },
  },
]
