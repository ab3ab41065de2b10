/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** How deep JSON may be nested. Far beyond any honest payload, far below what overflows a stack. */
export const maxJsonDepth = 200

/** Whether a value is JSON, nested at most `maxJsonDepth` deep. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth >= maxJsonDepth) return false
  const children = Array.isArray(value) ? value : Object.values(value)
  return children.every((child) => isJson(child, depth + 1))
}

/**
 * JSON text with object keys in sorted order, so that two equal values give equal texts.
 * Used to tell a repeated request from a different one.
 */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value))
}

/** Sorted first and written then: a replacer, which is called for every value, takes several times as long. */
function sorted(value: Json): Json {
  if (!isObject(value)) return isList(value) ? value.map(sorted) : value
  return Object.fromEntries(
    Object.entries(value)
      .sort(byKey)
      .map(([key, child]) => [key, sorted(child)]),
  )
}

/** Size of a value as JSON text in UTF-8, in bytes. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function isObject(node: Json): node is { readonly [key: string]: Json } {
  return typeof node === 'object' && node !== null && !isList(node)
}

// Array.isArray does not tell the types of read-only lists apart.
function isList(node: Json): node is readonly Json[] {
  return Array.isArray(node)
}

function byKey([a]: [string, Json], [b]: [string, Json]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
