import { ConflictError, OverloadedError } from '../../src/errors.ts'
import type { Event } from '../../src/event.ts'
import { isFinal } from '../../src/event.ts'
import type { StreamItem } from '../../src/live.ts'
import type { Checker } from './checker.ts'
import type { Behaviour } from './executor.ts'
import type { Model } from './model.ts'
import type { Server } from './server.ts'
import type { Actor, World } from './world.ts'

interface Needs {
  readonly world: World
  readonly model: Model
  readonly checker: Checker
  /** Share of the runs that last longer than several heartbeats. */
  readonly longRuns: number
  /** One that a client can reach now, if there is any. */
  readonly reach: () => Server | undefined
  /** Told of everything a client does besides what it was told to. */
  readonly alsoDone: () => void
}

/** How long a client waits for an answer before it asks again, in milliseconds. */
const patienceMs = 30_000

export type Clients = ReturnType<typeof createClients>

/** Everyone who uses the servers: asks again until there is an answer, watches until the end, and remembers it all. */
export function createClients({ world, model, checker, longRuns, reach, alsoDone }: Needs) {
  const { random } = world
  const outside: Actor = { name: 'clients', alive: true, frozenUntil: 0, wallSkew: 0 }
  /** Ids by idempotency key, once acknowledged. */
  const acknowledged = new Map<string, string>()
  const known: string[] = []
  const waiting = new Set<string>()
  let made = 0

  const later = (ms: number, act: () => void) => world.after(ms, outside, act)
  /** Those who found no server, until one starts. */
  let turnedAway: (() => void)[] = []

  /** Asks some server, and asks again until it is answered by more than a fault. */
  function ask(
    what: string,
    request: (server: Server) => Promise<Event>,
    done: (answer: Event | Error) => void,
    tries = Infinity,
  ): void {
    let over = false
    let asked = 0
    const name = `${what} ${made++}`
    waiting.add(name)
    /** Longer each time, as clients should, so that many who wait do not keep the servers busy. */
    const backoff = () => Math.min(2 ** asked, 16)
    const once = () => {
      // The answer to an earlier try may have come after all.
      if (over) return
      const server = reach()
      if (!server) return void turnedAway.push(once)
      asked++
      const timeout = later(patienceMs, again)
      let answered = false
      const answer = (got: Event | Error) => {
        if (answered || !server.alive) return
        answered = true
        later(random.delay(5, 200), () => {
          timeout.cancel()
          if (over) return
          if (got instanceof OverloadedError) return void later(backoff() * random.int(1000, 3000), once)
          if (got instanceof Error && !isMeant(got)) return again()
          over = true
          waiting.delete(name)
          done(got)
        })
      }
      world.after(random.delay(5, 200), server, () => void request(server).then(answer, answer))
    }
    const again = () => {
      if (over) return
      if (asked < tries) return void later(backoff() * random.int(10, 1000), once)
      over = true
      waiting.delete(name)
      return undefined
    }
    once()
  }

  function behaviour(changes: Partial<Behaviour>): Behaviour {
    const does = random.chance(0.7) ? 'succeeds' : (random.pick(usual) ?? 'succeeds')
    return {
      does,
      ms: random.chance(longRuns) ? random.int(5000, 40_000) : random.int(1, 10) ** 3 + random.int(0, 300),
      lines: random.int(0, 2),
      ...changes,
    }
  }

  function create(changes: Partial<Behaviour> = {}): void {
    const key = `key ${made++}`
    const watched = changes.does !== undefined || random.chance(0.4)
    if (watched) alsoDone()
    const request = {
      type: 'simulated',
      workflow: random.chance(0.7) ? 'work' : 'other',
      input: { ...behaviour(changes) },
      idempotencyKey: key,
      ...(random.chance(0.15) && { runAt: new Date(Math.floor(world.now() + random.int(0, 40_000))) }),
      limits: { maxAttempts: random.int(1, 4) },
      ...(random.chance(0.1) && { waitMs: random.int(1, 20_000) }),
    }
    checker.wants(key, request)
    const got = (answer: Event | Error) => {
      if (answer instanceof Error) return checker.fail('keys', key, `was answered with ${answer.message}`)
      const earlier = acknowledged.get(key)
      if (earlier !== undefined && earlier !== answer.id) checker.fail('keys', key, 'made two events')
      if (!model.events.has(answer.id)) checker.fail('I1', answer.id, 'was acknowledged and is not there')
      if (earlier === undefined) known.push(answer.id)
      acknowledged.set(key, answer.id)
      if (earlier === undefined && watched) watch(answer.id)
      return undefined
    }
    ask('create', (server) => server.commands.createEvent(request), got)
    // Impatient, at once or much later.
    if (random.chance(0.2)) {
      alsoDone()
      later(random.delay(100, 20_000), () => ask('repeat', (server) => server.commands.createEvent(request), got))
    }
    if (random.chance(0.1)) {
      alsoDone()
      later(random.int(0, 20_000), () => misuse(key, request))
    }
  }

  /** The same key for something else must be refused, whoever is asked. */
  function misuse(key: string, request: object): void {
    if (!acknowledged.has(key)) return
    ask(
      'misuse',
      (server) => server.commands.createEvent({ ...request, input: 'something else' }),
      (answer) => {
        if (!(answer instanceof ConflictError)) checker.fail('keys', key, 'was accepted for another request')
      },
    )
  }

  /** Mostly one of the latest, which are more likely to be under way. */
  const someEvent = () => random.pick(random.chance(0.6) ? known.slice(-8) : known)

  function cancel(): void {
    const id = someEvent()
    if (id === undefined) return
    checker.wantsCanceled(id)
    ask(
      'cancel',
      (server) => server.commands.cancelEvent({ id }),
      (answer) => {
        if (answer instanceof Error || answer.status !== 'Canceled') return
        if (checker.states.get(id)?.[answer.rev - 1]?.status !== 'Canceled') {
          checker.fail('I1', id, 'was said to be canceled and is not')
        }
      },
    )
  }

  function rerun(): void {
    const id = random.pick(known)
    if (id === undefined) return
    ask(
      'rerun',
      (server) => server.commands.rerunEvent({ id }),
      (answer) => {
        if (answer instanceof Error) return
        if (!model.events.has(answer.id)) checker.fail('I1', answer.id, 'was acknowledged and is not there')
        if (answer.rerunOf !== id || answer.crashes > 0) checker.fail('poison', answer.id, 'was not started afresh')
        known.push(answer.id)
      },
      // Without a key each try may make another event, and one that kills servers kills those that were to answer.
      2,
    )
  }

  function assign(): void {
    const id = someEvent()
    if (id === undefined) return
    const input = { ...behaviour({}) }
    checker.wantsAssigned(id, input)
    ask(
      'assign',
      (server) => server.commands.executeWorkflow({ workflow: 'work', eventId: id, input }),
      () => undefined,
    )
  }

  /** Until the end of the event, through every fault, whichever server it takes. */
  function watch(id: string): void {
    const name = `watch ${made++} of ${id}`
    waiting.add(name)
    let last = 0
    let cursor: string | undefined
    let line = { attempt: 0, seq: 0 }
    let final = false
    const withLog = random.chance(0.3)
    const slow = random.chance(0.1)

    const see = (event: Event) => {
      if (event.rev <= last) checker.fail('watch', id, `was told at rev ${event.rev} after ${last}`)
      last = event.rev
      final = isFinal(event)
      checker.told(event)
    }
    const seeItem = (item: StreamItem) => {
      cursor = item.cursor
      if (item.kind === 'Status') return see(item.event)
      const { attempt, seq } = item.line
      const isNext = attempt === line.attempt ? seq === line.seq + 1 : attempt > line.attempt && seq === 1
      if (!isNext) checker.fail('watch', id, `gave line ${attempt}/${seq} after ${line.attempt}/${line.seq}`)
      line = { attempt, seq }
      return undefined
    }

    const connect = () => {
      const server = reach()
      if (!server) return void turnedAway.push(connect)
      let broken = false
      const reconnect = () => {
        if (broken) return
        broken = true
        watchers.delete(name)
        later(random.int(50, 5000), connect)
      }
      watchers.set(name, { server, reconnect })
      world.after(random.delay(5, 200), server, () => void read(server).then(ended, reconnect))
    }
    const read = async (server: Server) => {
      const stream = withLog ? server.live.eventStream(id, cursor) : server.live.eventStatus(id, last)
      for (;;) {
        const { done, value } = await stream.next()
        if (done) return
        if ('kind' in value) seeItem(value)
        else see(value)
        if (slow) await new Promise<void>((resolve) => world.after(random.int(0, 3000), server, resolve))
      }
    }
    const ended = () => {
      watchers.delete(name)
      waiting.delete(name)
      if (!final) checker.fail('watch', id, `ended at rev ${last}, which is not the end`)
    }
    connect()
  }

  const watchers = new Map<string, { readonly server: Server; readonly reconnect: () => void }>()

  return {
    create,
    cancel,
    rerun,
    assign,
    watch: () => {
      const id = random.pick(known)
      if (id !== undefined) watch(id)
    },
    /** A server is there to be asked. */
    started(): void {
      for (const act of turnedAway) later(random.int(0, 1000), act)
      turnedAway = []
    },
    /** Connections end with the process. */
    disconnected(server: Actor): void {
      for (const watcher of watchers.values()) if (watcher.server === server) watcher.reconnect()
    },
    /** What was asked and not answered yet. */
    waiting,
    acknowledged,
  }
}

const usual: readonly Behaviour['does'][] = [
  'fails',
  'fails at first',
  'is hopeless',
  'kills its child',
  'is too large',
  'is too large',
]

/** What the server says on purpose, as against a fault. */
function isMeant(error: Error): boolean {
  return 'code' in error && error.name !== 'WatchEndedError'
}
