import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'graphql-ws'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { inParallel, request } from '../client.ts'
import { CreateEvent, SaveWorkflow } from '../operations.ts'
import { launchServer } from '../server-process.ts'
import type { Held } from './measure.ts'
import { measure } from './measure.ts'
import type { Progress } from './progress.ts'
import { createRandom } from './random.ts'

export interface LiveOptions {
  readonly seed: number
  readonly subscribers: number
  readonly events: number
  /** Sockets that are cut without a word. Who was on one subscribes again from the last revision that it saw. */
  readonly cuts: number
  /** The share of subscribers that stop reading for seconds at a time. */
  readonly slow: number
  readonly progress: Progress
}

export interface LiveReport {
  /** Events whose subscriber saw their final state. */
  readonly seen: number
  readonly cuts: number
  readonly resubscribed: number
  readonly pauses: number
  /**
   * From the later of the commit of a final state and the time its subscriber was connected and reading, until it was
   * there: milliseconds, in order.
   */
  readonly delays: readonly number[]
  /** What a subscriber was shown that it must not be, in words. */
  readonly violations: readonly string[]
  readonly before: Held
  readonly after: Held
}

interface Shown {
  readonly rev: number
  readonly isFinal: boolean
  readonly finishedAt: string | null
}

const query = `subscription ($id: ID!, $afterRev: Int) {
  eventStatus(id: $id, afterRev: $afterRev) { rev isFinal finishedAt }
}`

/**
 * Subscribers that each watch one event after the other, from before it runs to its end, on sockets that are cut and
 * that stall. Needs a minute for 20,000 events and more.
 */
export async function runLive({ seed, subscribers, events, cuts, slow, progress }: LiveOptions): Promise<LiveReport> {
  const dir = await mkdtemp(join(tmpdir(), 'workcell-live-'))
  const server = await launchServer({
    env: { DATA_DIR: dir, LOG_LEVEL: 'info', RUNNERS: '16', WORKFLOW_CONCURRENCY: '16' },
    script: 'test/chaos/measured-server.ts',
    nodeOptions: ['--expose-gc'],
  }).ready
  const random = createRandom(seed)
  const delays: number[] = []
  const violations: string[] = []
  let seen = 0
  let made = 0
  let cut = 0
  let resubscribed = 0
  let pauses = 0

  /** One who watches events on a socket of its own, and comes back when that is gone. */
  function createSubscriber(index: number) {
    let socket: WebSocket | undefined
    let readingSince = 0
    let client = connect()

    function connect(): Client {
      return createClient({
        url: server.url.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        // The socket outlives the events that are watched on it.
        lazyCloseTimeout: 60_000,
        on: {
          opened(it) {
            if (it instanceof WebSocket) socket = it
            readingSince = Date.now()
          },
        },
      })
    }

    async function watch(id: string): Promise<void> {
      let last = 0
      for (;;) {
        try {
          const variables = { id, afterRev: last }
          for await (const { data, errors } of client.iterate<{ eventStatus: Shown }>({ query, variables })) {
            if (!data) throw new Error(JSON.stringify(errors))
            const { rev, isFinal, finishedAt } = data.eventStatus
            if (rev <= last) violations.push(`Subscriber ${index} was shown revision ${rev} of ${id} after ${last}`)
            last = rev
            if (!isFinal) continue
            seen++
            delays.push(Math.max(0, Date.now() - Math.max(Date.parse(finishedAt ?? ''), readingSince)))
            return
          }
          violations.push(`Subscriber ${index} was shown no end of ${id}`)
          return
        } catch (error) {
          // What ends a socket is an event; what ends an operation is not to happen.
          if (error instanceof Error) violations.push(`Subscriber ${index}: ${error.message}`)
          resubscribed++
          await client.dispose()
          client = connect()
        }
      }
    }

    return {
      watch,
      cut() {
        if (socket?.readyState !== WebSocket.OPEN) return
        cut++
        socket.terminate()
      },
      async stall(ms: number) {
        const stalled = socket
        if (stalled?.readyState !== WebSocket.OPEN) return
        pauses++
        stalled.pause()
        readingSince = Infinity
        await pause(ms)
        readingSince = Date.now()
        stalled.resume()
      },
      close: async () => client.dispose(),
    }
  }

  /** Every subscriber watches its share of the events, made by it as it comes to them. */
  async function round(count: number, withFaults: boolean): Promise<void> {
    const all = Array.from({ length: subscribers }, (_, index) => createSubscriber(index))
    const free = [...all]
    const before = made
    let over = false
    const faults = withFaults ? [cutSockets(), ...all.slice(0, Math.round(slow * subscribers)).map(stallAgain)] : []
    async function cutSockets(): Promise<void> {
      for (let next = 1; next <= cuts && !over;) {
        if (made - before < (next / (cuts + 1)) * count) await pause(5)
        else {
          const had = cut
          all[Math.floor(random() * all.length)]?.cut()
          if (cut > had) next++
          else await pause(1)
        }
      }
    }

    async function stallAgain(subscriber: (typeof all)[number]): Promise<void> {
      while (!over) {
        await pause(500 + 1000 * random())
        await subscriber.stall(1000 + 2000 * random())
      }
    }

    await inParallel(subscribers, count, async (index) => {
      const subscriber = free.shift()
      if (!subscriber) throw new Error('There are more events at a time than subscribers')
      const { createEvent } = await request(server.url, CreateEvent, {
        input: { type: 'live', workflow: 'live', input: index },
      })
      if (!('event' in createEvent)) throw new Error(createEvent.message)
      made++
      await subscriber.watch(createEvent.event.id)
      free.push(subscriber)
    })
    over = true
    await Promise.all(faults)
    await Promise.all(all.map((subscriber) => subscriber.close()))
  }

  /** What is left once nobody watches. Sockets are taken down and buffers freed in their own time. */
  async function atRest(): Promise<Held> {
    let least = await measure(server)
    for (let tries = 0; tries < 20 || least.watchers > 0; tries++) {
      if (tries > 300) throw new Error(`There are ${least.watchers} watchers whom no client has`)
      await pause(100)
      const held = await measure(server)
      if (held.watchers < least.watchers || held.heapUsed < least.heapUsed) least = held
    }
    return least
  }

  const told = setInterval(() => progress.update(seen, `${cut} sockets cut, ${pauses} stalls`), 200)
  try {
    const code = 'export default ({ input }) => input'
    await request(server.url, SaveWorkflow, { input: { name: 'live', code } })
    // What a server keeps for good once it has served so many is not what a run leaves behind.
    await round(Math.max(subscribers, Math.round(events / 10)), false)
    const before = await atRest()
    seen = made = 0
    delays.length = 0
    await round(events, true)
    const after = await atRest()
    return { seen, cuts: cut, resubscribed, pauses, delays: delays.sort((a, b) => a - b), violations, before, after }
  } finally {
    clearInterval(told)
    progress.stop()
    await server.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}
