import { lookup as askSystem, Resolver } from 'node:dns/promises'
import { FetchError } from './fetch-errors.ts'
import { createQuota } from './fetch-quota.ts'

/** All addresses of a host name. Rejects with a `FetchError` if there are none, and once the signal is aborted. */
export type Lookup = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>

export interface LookupOptions {
  /** Addresses of the name servers. Default: those of the system. */
  readonly servers?: readonly string[]
  /** How long a name server may take, in milliseconds, before it is asked once more. */
  readonly timeoutMs?: number
}

/** Names that only the system knows may take a thread each. The file system has to do with the other two. */
const threads = 2

/**
 * Asks name servers over the network, which takes no thread and can be given up. The system's own function, which reads
 * the hosts file too, can take long and holds one of the four threads of the file system meanwhile: it is asked only
 * for names that the name servers do not have, and for two at a time.
 */
export function createLookup({ servers, timeoutMs = 2_000 }: LookupOptions = {}): Lookup {
  const places = createQuota({ total: threads, perOwner: threads })

  async function askThread(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
    const leave = await places.take('', signal)
    const answer = askSystem(hostname, { all: true })
    // The thread is busy until the answer is there, whoever still waits for it.
    void answer.catch(() => {}).finally(leave)
    return (await beforeAbort(answer, signal)).map(({ address }) => address)
  }

  return async (hostname, signal) => {
    // Made anew each time, so that it has the name servers of now and can be canceled alone.
    const resolver = new Resolver({ timeout: timeoutMs, tries: 2 })
    if (servers) resolver.setServers(servers)
    const { addresses, isLate } = await askServers(resolver, hostname, signal)
    if (addresses.length > 0) return addresses
    if (isLate) throw new FetchError(`The name ${JSON.stringify(hostname)} could not be looked up in time`)
    try {
      return await askThread(hostname, signal)
    } catch {
      signal.throwIfAborted()
      throw new FetchError(`The host ${JSON.stringify(hostname)} is not known`)
    }
  }
}

async function askServers(resolver: Resolver, hostname: string, signal: AbortSignal) {
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    signal.throwIfAborted()
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    const isLate = answers.some((answer) => answer.status === 'rejected' && answer.reason?.code === 'ETIMEOUT')
    return { addresses, isLate }
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason)
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
