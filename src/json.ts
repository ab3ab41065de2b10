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
  return JSON.stringify(value, (_key, node: Json) =>
    isObject(node) ? Object.fromEntries(Object.entries(node).sort(byKey)) : node,
  )
}

/** Size of a value as JSON text in UTF-8, in bytes. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}

function isObject(node: Json): node is { readonly [key: string]: Json } {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}

function byKey([a]: [string, Json], [b]: [string, Json]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
