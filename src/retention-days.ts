import type { EventStatus } from './event.ts'

/** Days for which events are kept after they became final. A status that is missing is kept for ever. */
export type RetentionDays = { readonly [status in FinalStatus]?: number }

export type FinalStatus = Extract<EventStatus, 'Success' | 'Error' | 'Canceled'>

export const finalStatuses: readonly FinalStatus[] = ['Success', 'Error', 'Canceled']

/** Reads `30` (all of them), `Success=7,Error=30` (each its own), or nothing (for ever). Undefined: it is none of these. */
export function readRetention(text: string): RetentionDays | undefined {
  const days: { [status in FinalStatus]?: number } = {}
  for (const part of text.split(',').map((item) => item.trim())) {
    if (part === '') continue
    const [, name, amount] = /^(?:(\w+)\s*=\s*)?(\d{1,5}(?:\.\d{1,6})?)$/.exec(part) ?? []
    if (amount === undefined || Number(amount) <= 0) return undefined
    const named = finalStatuses.filter((status) => name === undefined || status.toUpperCase() === name.toUpperCase())
    if (named.length === 0) return undefined
    for (const status of named) {
      if (days[status] !== undefined) return undefined
      days[status] = Number(amount)
    }
  }
  return days
}
