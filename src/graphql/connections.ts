import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ConnectionLimits } from '../connection-limits.ts'

/** What a connection is refused or ended for. */
export type Cap = 'total' | 'address' | 'subscriptions' | 'slow'

/** The code with which a WebSocket is closed for it. Those below 4500 are the client's to mend. */
export const closeCodes: Readonly<Record<Cap, number>> = {
  total: 4503,
  address: 4430,
  slow: 4431,
  subscriptions: 4432,
}

/** How many WebSockets and event streams are open, and how many were turned away. */
export interface ConnectionCounts {
  readonly open: number
  readonly addresses: number
  readonly refused: Readonly<Record<Cap, number>>
}

export interface Connections {
  /** The cap that a connection from there would exceed, if any. */
  exceeded(address: string | undefined): 'total' | 'address' | undefined
  /** Counts a connection in. Call what comes back when it has ended, once or more often. */
  open(address: string | undefined): () => void
  /** Counts one that was refused or ended. */
  refused(cap: Cap): void
  /** Why, for the one who is refused: at most 123 bytes, which is what a WebSocket has room for. */
  reason(cap: Cap): string
  counts(): ConnectionCounts
}

export function createConnections(limits: ConnectionLimits): Connections {
  const byAddress = new Map<string, number>()
  const refused: Record<Cap, number> = { total: 0, address: 0, subscriptions: 0, slow: 0 }
  let open = 0

  const reasons: Record<Cap, string> = {
    total: `The server has ${limits.max} connections, which is all it takes. Try again later.`,
    address: `Your address has ${limits.maxPerAddress} connections, which is all it may have. Close some.`,
    subscriptions: `At most ${limits.maxSubscriptions} operations may run on one WebSocket.`,
    slow: `Nothing of what was sent was read for ${limits.slowMs} ms, or too much was left unread.`,
  }

  return {
    exceeded(address) {
      if (open >= limits.max) return 'total'
      return (byAddress.get(network(address)) ?? 0) >= limits.maxPerAddress ? 'address' : undefined
    },
    open(address) {
      const key = network(address)
      byAddress.set(key, (byAddress.get(key) ?? 0) + 1)
      open++
      let hasLeft = false
      return () => {
        if (hasLeft) return
        hasLeft = true
        open--
        const left = (byAddress.get(key) ?? 1) - 1
        if (left > 0) byAddress.set(key, left)
        else byAddress.delete(key)
      }
    },
    refused: (cap) => void refused[cap]++,
    reason: (cap) => reasons[cap],
    counts: () => ({ open, addresses: byAddress.size, refused: { ...refused } }),
  }
}

/** Who has one address of IPv6 has the 2^64 others of its network, so these count as one. */
function network(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return isIPv4(plain) ? plain : ipaddr.parse(plain).toByteArray().slice(0, 8).join('.')
}
