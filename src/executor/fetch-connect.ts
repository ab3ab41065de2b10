import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { callbackify } from 'node:util'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import { FetchError } from './fetch-errors.ts'
import type { Lookup } from './fetch-lookup.ts'

/** A name with thousands of addresses must not make this server knock at all of them. */
const triedAddresses = 8

/**
 * Opens connections to addresses that the policy lets through, and no others. A name is looked up once, here; the
 * socket takes the very addresses that were checked, so it does not matter what the name stands for a moment later.
 */
export function createConnector(isAllowed: AddressPolicy, lookup: Lookup, signal: AbortSignal) {
  const find = callbackify(async (hostname: string) => {
    const found = await lookup(hostname, signal)
    if (found.length === 0) throw new FetchError(`The host ${JSON.stringify(hostname)} is not known`)
    if (!found.every((address) => isAllowed(address))) throw refusal(hostname, 'stands for an address that')
    return found.slice(0, triedAddresses).map((address) => ({ address, family: isIP(address) }))
  })
  const lookUp: LookupFunction = (hostname, { all }, callback) =>
    find(hostname, (error, found) => {
      const [first] = found ?? []
      if (!first) callback(error, '')
      else if (all) callback(null, found)
      else callback(null, first.address, first.family)
    })
  const connect = buildConnector({
    lookup: lookUp,
    allowH2: false,
    // Nothing of one run may serve another.
    maxCachedSessions: 0,
    rejectUnauthorized: true,
    signal,
    autoSelectFamily: true,
    // The whole fetch has its own time.
    timeout: 0,
  })

  return (options: buildConnector.Options, callback: buildConnector.Callback): void => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
    // Addresses are not looked up: nobody else would ask the policy about them.
    if (isIP(host) && !isAllowed(host)) return callback(refusal(host, ''), null)
    connect({ ...options, hostname: host }, (...result) => {
      const [, socket] = result
      if (!socket || (socket.remoteAddress && isAllowed(socket.remoteAddress))) return callback(...result)
      socket.destroy()
      callback(refusal(host, 'led to an address that'), null)
    })
  }
}

function refusal(host: string, how: string): FetchError {
  const what = [JSON.stringify(host), how, 'is not public'].filter(Boolean).join(' ')
  return new FetchError(`${what}; only public addresses and those of FETCH_ALLOW_PRIVATE can be fetched from`)
}
