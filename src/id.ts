import { uuidv7 } from 'uuidv7'

export type IdPrefix = 'evt' | 'wfl' | 'fun'

/** A new id: prefix, underscore, UUIDv7. Ids made by one process rise in order, so an id doubles as a cursor. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7()}`
}

/** Less than every id made at or after a time, and greater than every one made before it. */
export function idBound(prefix: IdPrefix, time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `${prefix}_${hex.slice(0, 8)}-${hex.slice(8)}`
}

/** Whether a text has the form of an id of that kind. Says nothing of whether it exists. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && uuid.test(text.slice(prefix.length + 1))
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
