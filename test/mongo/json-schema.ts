// The part of MongoDB's $jsonSchema that our validators use. Any other keyword is an error, not a pass.
import type { Document } from 'bson'

const types: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  bool: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  date: (value) => value instanceof Date,
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date),
}

const keywords = new Set(['title', 'description', 'bsonType', 'enum', 'minimum', 'required', 'properties', 'items'])

/** Throws for a keyword or a type that `validateDocument` does not know, wherever it is. */
export function checkSchema(schema: unknown): void {
  for (const [keyword, expected] of Object.entries(object(schema))) {
    if (!keywords.has(keyword)) throw new Error(`Unknown $jsonSchema keyword: ${keyword}`)
    if (keyword === 'bsonType') [expected].flat().forEach(known)
    if (keyword === 'properties') Object.values(object(expected)).forEach(checkSchema)
    if (keyword === 'items') checkSchema(expected)
  }
}

/** Why a value does not follow a schema, or undefined when it does. */
export function validateDocument(schema: Document, value: unknown, path = ''): string | undefined {
  for (const [keyword, expected] of Object.entries(schema)) {
    const reason = check(keyword, expected, value, path)
    if (reason) return reason
  }
  return undefined
}

function check(keyword: string, expected: unknown, value: unknown, path: string): string | undefined {
  switch (keyword) {
    case 'title':
    case 'description':
      return undefined
    case 'bsonType':
      return [expected].flat().some((type) => known(type)(value))
        ? undefined
        : `${path}: not of type ${String(expected)}`
    case 'enum':
      return list(expected).includes(value) ? undefined : `${path}: not one of ${String(expected)}`
    case 'minimum':
      return typeof value !== 'number' || value >= Number(expected) ? undefined : `${path}: below ${String(expected)}`
    case 'required': {
      const missing = list(expected).find((name) => !Object.hasOwn(object(value), String(name)))
      return missing === undefined ? undefined : `${path}: lacks ${String(missing)}`
    }
    case 'properties':
      for (const [name, schema] of Object.entries(object(expected))) {
        if (!Object.hasOwn(object(value), name)) continue
        const reason = validateDocument(object(schema), object(value)[name], `${path}/${name}`)
        if (reason) return reason
      }
      return undefined
    case 'items':
      return list(value)
        .map((item, index) => validateDocument(object(expected), item, `${path}/${index}`))
        .find((reason) => reason !== undefined)
    default:
      throw new Error(`Unknown $jsonSchema keyword: ${keyword}`)
  }
}

function known(type: unknown): (value: unknown) => boolean {
  const test = types[String(type)]
  if (!test) throw new Error(`Unknown type name alias: ${String(type)}`)
  return test
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function object(value: unknown): Document {
  return typeof value === 'object' && value !== null ? value : {}
}
