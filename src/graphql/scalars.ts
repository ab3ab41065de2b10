import type { ConstValueNode, ValueNode } from 'graphql'
import { GraphQLError, Kind } from 'graphql'
import { show } from '../inputs.ts'

// RFC 3339 with a zone: without one, what it means depends on where the server stands.
const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/i

/** `2026-01-31T12:00:00.000Z` outside, milliseconds since the epoch inside. */
export const dateTimeScalar = {
  serialize: (value: unknown): string => new Date(Number(value)).toISOString(),
  parseValue: parseDateTime,
  parseLiteral: (node: ValueNode): Date => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
}

function parseDateTime(value: unknown): Date {
  if (typeof value === 'string' && dateTime.test(value)) {
    const date = new Date(value)
    // JavaScript moves 31 February to March; whoever wrote it meant another day.
    const day = Number(value.slice(8, 10))
    const lastDay = new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)), 0)).getUTCDate()
    if (!Number.isNaN(date.getTime()) && day <= lastDay) return date
  }
  throw new GraphQLError(`expected a time in UTC like "2026-01-31T12:00:00.000Z", got ${show(value)}`)
}

/** JSON goes through as it is. */
export const jsonScalar = {
  serialize: (value: unknown): unknown => value,
  parseValue: (value: unknown): unknown => value,
  parseLiteral: readLiteral,
}

function readLiteral(node: ValueNode | ConstValueNode, variables?: Readonly<Record<string, unknown>> | null): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value)
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value
    case Kind.LIST:
      return node.values.map((value) => readLiteral(value, variables) ?? null)
    case Kind.OBJECT:
      return readObject(node.fields.map(({ name, value }) => [name.value, readLiteral(value, variables)]))
    case Kind.VARIABLE:
      return variables?.[node.name.value]
    case Kind.ENUM:
      throw new GraphQLError(`expected JSON, got ${node.value}: put quotes around texts`, { nodes: [node] })
  }
}

/** Like `JSON.parse`, a key `__proto__` is a key like any other. */
function readObject(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}
