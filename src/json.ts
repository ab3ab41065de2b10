/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

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
