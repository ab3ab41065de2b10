/** How many clients may hold connections open, and what each may do with one. */
export interface ConnectionLimits {
  /** Open WebSockets and event streams. */
  readonly max: number
  /** The same of one address. */
  readonly maxPerAddress: number
  /** Operations that go on at the same time on one WebSocket. */
  readonly maxSubscriptions: number
  /** How long a client may leave unread what it was sent, in milliseconds. */
  readonly slowMs: number
}

export const defaultConnectionLimits: ConnectionLimits = {
  max: 10_000,
  maxPerAddress: 2_000,
  maxSubscriptions: 1_000,
  slowMs: 30_000,
}
