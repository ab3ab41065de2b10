import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ConnectionLimits } from '../connection-limits.ts'
import type { Refusal } from './guard.ts'

/** What more is refused for, since others have taken all there is. */
export type Full = 'total' | 'address' | 'subscriptions_total' | 'subscriptions_address'

/** What a connection or an operation is refused or ended for. `subscriptions` are those of one WebSocket. */
export type Cap = Full | 'subscriptions' | 'slow'

/** The code with which a WebSocket is closed for it. Those below 4500 are the client's to mend. */
export const closeCodes: Readonly<Record<Cap, number>> = {
  total: 4503,
  subscriptions_total: 4503,
  address: 4430,
  subscriptions_address: 4430,
  slow: 4431,
  subscriptions: 4432,
}

/** What those are told who can be told by an answer or an error. */
const refusals: Readonly<Record<Full, Pick<Refusal, 'status' | 'code'>>> = {
  total: { status: 503, code: 'UNAVAILABLE' },
  subscriptions_total: { status: 503, code: 'UNAVAILABLE' },
  address: { status: 429, code: 'TOO_MANY_CONNECTIONS' },
  subscriptions_address: { status: 429, code: 'TOO_MANY_SUBSCRIPTIONS' },
}

/** How many WebSockets and event streams are open, what goes on there, and how many were turned away. */
export interface ConnectionCounts {
  readonly open: number
  /** Event streams, and operations that go on on a WebSocket. */
  readonly subscriptions: number
  readonly addresses: number
  readonly refused: Readonly<Record<Cap, number>>
}

export interface Connections {
  /** The cap that a connection from there would exceed, if any. */
  exceeded(address: string | undefined): Full | undefined
  /** Counts a connection in. Call what comes back when it has ended, once or more often. */
  open(address: string | undefined): () => void
  /** The cap that an operation or event stream from there would exceed, if any. */
  subscriptionExceeded(address: string | undefined): Full | undefined
  /** Counts an operation or event stream in, in the same way. */
  subscribe(address: string | undefined): () => void
  /** Counts one that was refused or ended. */
  refused(cap: Cap): void
  /** Why, for the one who is refused: at most 123 bytes, which is what a WebSocket has room for. */
  reason(cap: Cap): string
  refusal(cap: Full): Refusal
  counts(): ConnectionCounts
}

export function createConnections(limits: ConnectionLimits): Connections {
  const connections = createTally(limits.max, limits.maxPerAddress)
  const subscriptions = createTally(limits.maxSubscriptions, limits.maxSubscriptionsPerAddress)
  const refused: Record<Cap, number> = {
    total: 0,
    address: 0,
    subscriptions_total: 0,
    subscriptions_address: 0,
    subscriptions: 0,
    slow: 0,
  }

  const reasons: Record<Cap, string> = {
    total: `The server has ${limits.max} connections, which is all it takes. Try again later.`,
    address: `Your address has ${limits.maxPerAddress} connections, which is all it may have. Close some.`,
    subscriptions_total: `The server has ${limits.maxSubscriptions} subscriptions, which is all it takes. Try again later.`,
    subscriptions_address: `Your address has ${limits.maxSubscriptionsPerAddress} subscriptions, which is all it may have. End some.`,
    subscriptions: `At most ${limits.maxSubscriptionsPerConnection} operations may run on one WebSocket.`,
    slow: `Nothing of what was sent was read for ${limits.slowMs} ms, or too much was left unread.`,
  }

  return {
    exceeded: connections.exceeded,
    open: connections.enter,
    subscriptionExceeded(address) {
      const cap = subscriptions.exceeded(address)
      return cap && `subscriptions_${cap}`
    },
    subscribe: subscriptions.enter,
    refused: (cap) => void refused[cap]++,
    reason: (cap) => reasons[cap],
    refusal: (cap) => ({ ...refusals[cap], message: reasons[cap] }),
    counts: () => ({
      open: connections.all(),
      subscriptions: subscriptions.all(),
      addresses: Math.max(connections.addresses(), subscriptions.addresses()),
      refused: { ...refused },
    }),
  }
}

/** Counts what there is in all and from each address. */
function createTally(max: number, maxPerAddress: number) {
  const byAddress = new Map<string, number>()
  let all = 0

  return {
    all: () => all,
    addresses: () => byAddress.size,
    exceeded(address: string | undefined): 'total' | 'address' | undefined {
      if (all >= max) return 'total'
      return (byAddress.get(network(address)) ?? 0) >= maxPerAddress ? 'address' : undefined
    },
    enter(address: string | undefined): () => void {
      const key = network(address)
      byAddress.set(key, (byAddress.get(key) ?? 0) + 1)
      all++
      let hasLeft = false
      return () => {
        if (hasLeft) return
        hasLeft = true
        all--
        const left = (byAddress.get(key) ?? 1) - 1
        if (left > 0) byAddress.set(key, left)
        else byAddress.delete(key)
      }
    },
  }
}

/** Who has one address of IPv6 has the 2^64 others of its network, so these count as one. */
function network(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIPv4(plain) ? plain : ipaddr.parse(plain).toByteArray().slice(0, 8).join('.')
}
