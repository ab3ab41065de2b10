import type { CodegenConfig } from '@graphql-codegen/cli'

const config: CodegenConfig = {
  schema: 'schema/**/*.graphql',
  documents: ['test/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'src/graphql/tabs/*.graphql'],
  importExtension: '.ts',
  generates: {
    'src/gen/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
  ignoreNoDocuments: true,
}

export default config
