import { findSchemaChanges, lexicographicSortSchema, printSchema } from 'graphql'
import { expect, test } from 'vitest'
import { readContract } from '../src/graphql/descriptions.ts'
import { schema } from '../src/graphql/schema.ts'

test('the running schema is the contract, word for word', () => {
  const contract = readContract()
  const promised = printSchema(lexicographicSortSchema(contract))
  const running = printSchema(lexicographicSortSchema(schema))
  const changes = findSchemaChanges(contract, schema).map(({ type, description }) => `${type}: ${description}`)
  expect(running, `From schema/*.graphql to src/graphql:\n${changes.join('\n') || 'only descriptions differ'}`).toBe(
    promised,
  )
})
