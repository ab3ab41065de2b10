/** How many clients may hold connections open, and what they may do with those. */
export interface ConnectionLimits {
  /** Open WebSockets and event streams. */
  readonly max: number
  /** The same of one address. */
  readonly maxPerAddress: number
  /** Operations that go on at the same time on WebSockets, and event streams. */
  readonly maxSubscriptions: number
  /** The same of one address. */
  readonly maxSubscriptionsPerAddress: number
  /** The same on one WebSocket. */
  readonly maxSubscriptionsPerConnection: number
  /** How long a client may leave unread what it was sent, in milliseconds. */
  readonly slowMs: number
}

/** A subscription takes about 13 kB, so that all together take some 650 MB, and those of one address 130 MB. */
export const defaultConnectionLimits: ConnectionLimits = {
  max: 10_000,
  maxPerAddress: 2_000,
  maxSubscriptions: 50_000,
  maxSubscriptionsPerAddress: 10_000,
  maxSubscriptionsPerConnection: 1_000,
  slowMs: 30_000,
}
