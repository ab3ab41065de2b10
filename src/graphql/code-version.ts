import type { Version } from '../program.ts'
import { builder } from './builder.ts'

export const CodeLanguageEnum = builder.enumType('CodeLanguage', {
  values: { JAVASCRIPT: { value: 'JavaScript' }, TYPESCRIPT: { value: 'TypeScript' } } as const,
})

export const CodeVersionType = builder.objectRef<Version>('CodeVersion').implement({
  fields: (t) => ({
    hash: t.exposeString('hash'),
    language: t.expose('language', { type: CodeLanguageEnum }),
    code: t.exposeString('code'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
})

export const CodeVersionConnection = builder.connectionObject(
  { type: CodeVersionType, name: 'CodeVersionConnection' },
  { name: 'CodeVersionEdge' },
)
