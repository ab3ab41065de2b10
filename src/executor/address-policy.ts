import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Whether a connection to an IP address may be opened. What is no address may not. */
export type AddressPolicy = (address: string) => boolean

/**
 * Lets public addresses through, and what stands in `allowPrivate`: addresses and ranges like `10.1.0.0/16`. An
 * address of IPv4 in the guise of IPv6 is judged as what it is.
 */
export function createAddressPolicy(allowPrivate: readonly string[]): AddressPolicy {
  const ranges = allowPrivate.map(readRange)
  return (text) => {
    const family = isIP(text)
    // A zone names an interface of this machine.
    if (family === 0 || text.includes('%')) return false
    // The library takes ::8.8.8.8 for ::ffff:8.8.8.8, as long as it is written like this.
    const address = ipaddr.process(family === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1))
    const isOpened = ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
    return isOpened || isPublic(address)
  }
}

/**
 * Of IPv6 only what is given out for the public network, 2000::/3: the library takes for public what it does not know,
 * like ::127.0.0.1. Its names for the rest cover tunnels and translations to IPv4 as well.
 */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  return !('parts' in address) || ((address.parts[0] ?? 0) & 0xe000) === 0x2000
}

function readRange(text: string): readonly [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
