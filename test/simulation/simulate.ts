import type { Event } from '../../src/event.ts'
import { isFinal } from '../../src/event.ts'
import type { Program, Version } from '../../src/program.ts'
import { createChecker, maxClockError } from './checker.ts'
import { createClients } from './clients.ts'
import type { Behaviour } from './executor.ts'
import type { Life } from './life.ts'
import { createModel } from './model.ts'
import type { StoreFaults } from './port.ts'
import type { Random } from './random.ts'
import { createRandom } from './random.ts'
import type { Server } from './server.ts'
import { startServer } from './server.ts'
import { createWorld, epoch } from './world.ts'

export interface Result {
  readonly seed: number
  /** What must not have happened, the first first. Empty: nothing. */
  readonly violations: readonly string[]
  readonly events: number
  readonly steps: number
  /** Virtual time, in milliseconds. */
  readonly tookMs: number
  readonly deaths: number
}

/** How long after the last fault everything must have come to its end, in virtual milliseconds. */
const settleMs = 600_000
/** When troubles end at the latest, in virtual milliseconds. */
const longestMs = 400_000
/** No seed should come near it: a sign that something goes round in circles. */
const maxSteps = 100_000

/**
 * One seed: the servers, their store and their clients, through `operations` of them, then in peace to the end. An
 * operation is a request, a watch or a fault that is not bound to a call; what a client asks again is the same one.
 */
export function simulate(seed: number, operations: number, trace?: (text: string) => void): Result {
  const random = createRandom(seed)
  const world = createWorld(random, trace)
  const profile = createProfile(random)
  const checker = createChecker(world, {
    linesOf: (id, attempt) => model.linesOf(id, attempt),
    open: () => model.getEvents([...model.open]),
    servers: () => slots.filter((server) => server !== undefined),
    wakes: profile.wakeUps.lost <= 0.05,
  })
  const model = createModel(checker.observer)
  world.trace(JSON.stringify(profile))
  const { faults, wakeUps } = profile
  const runs = { longestMs: Infinity }
  let peace = false
  let left = operations
  let poisons = 0
  let deaths = 0
  const deathOf = new WeakMap<Server, () => void>()
  const slots: (Server | undefined)[] = Array.from({ length: profile.servers }, () => undefined)

  const clients = createClients({
    world,
    model,
    checker,
    longRuns: profile.longRuns,
    reach: () => random.pick(slots.filter((server) => server?.alive)),
    alsoDone: () => void left--,
  })
  model.versions.set(version.hash, version)
  for (const program of programs) model.programs.set(program.id, program)

  function start(slot: number, life: number): void {
    const server = startServer({
      name: `${'ABC'[slot]}${life}`,
      world,
      model,
      checker,
      faults,
      wakeUps,
      runs,
      concurrency: profile.concurrency,
      perLane: profile.perLane,
      maxPending: profile.maxPending,
      shared: profile.shared,
      clockError: profile.shared ? random.int(-maxClockError, maxClockError) : 0,
      wallSkew: profile.skewed ? random.int(-7_200_000, 7_200_000) : 0,
      kill: end,
      exited(gone) {
        checker.left(gone, model.events.values())
        end(gone)
      },
    })
    slots[slot] = server
    deathOf.set(server, () => end(server))
    clients.started()

    function end(gone: Life): void {
      if (!gone.alive) return
      world.trace(`${gone.name} is gone`)
      gone.alive = false
      deaths++
      for (const write of gone.underWay) {
        if (random.chance(0.5)) write.lands = false
        // A file has one process at a time, so what the last one wrote was there before the next began.
        else if (!profile.shared) write.land()
      }
      checker.died(gone)
      clients.disconnected(gone)
      world.after(random.int(20, peace ? 1000 : 8000), undefined, () => start(slot, life + 1))
    }
  }

  function operate(): void {
    if (left <= 0 && profile.outlastsPoison && world.now() < epoch + longestMs && hasPoison()) {
      return void world.after(1000, undefined, operate)
    }
    if (left-- <= 0) return calm()
    const name = pickWeighted(random, profile.weights)
    const server = random.pick(slots.filter((it) => it?.alive))
    world.trace(`operation ${operations - left} ${name}`)
    if (name === 'create') clients.create()
    else if (name === 'cancel') clients.cancel()
    else if (name === 'rerun') clients.rerun()
    else if (name === 'assign') clients.assign()
    else if (name === 'watch') clients.watch()
    else if (name === 'poison' && poisons++ < profile.poisons)
      clients.create({ does: 'kills the server', ms: random.int(0, 800) })
    else if (name === 'away') faults.awayUntil = world.now() + random.int(100, 40_000)
    else if (server && name === 'kill') deathOf.get(server)?.()
    else if (server && name === 'freeze')
      server.frozenUntil = Math.max(server.frozenUntil, world.now() + random.int(100, 40_000))
    else if (server && name === 'terminate') {
      const graceMs = random.pick([0, 0, 500, 5000, 25_000]) ?? 0
      world.after(0, server, () => server.terminate(graceMs))
    } else if (server && name === 'break') server.executorBrokenUntil = world.now() + random.int(100, 3000)
    else if (server && name === 'clock') {
      if (profile.skewed) server.wallSkew = random.int(-7_200_000, 7_200_000)
      if (profile.shared) server.clockError = random.int(-maxClockError, maxClockError)
    }
    world.after(random.delay(2 * profile.gapMs, 5000), undefined, operate)
    return undefined
  }

  function hasPoison(): boolean {
    return model.getEvents([...model.open]).some((event) => behaviourOf(event).does === 'kills the server')
  }

  /** From here on nothing goes wrong but the code of poisons. */
  function calm(): void {
    world.trace('peace')
    peace = true
    Object.assign(faults, { refused: 0, answerLost: 0, hangs: 0, lateRenewals: 0, usualMs: 10, awayUntil: 0 })
    Object.assign(wakeUps, { lost: 0, twice: 0 })
    runs.longestMs = 500
  }

  for (let slot = 0; slot < profile.servers; slot++) start(slot, 1)
  world.after(100, undefined, operate)
  let steps = 0
  let until = Infinity
  world.run(
    epoch + 86_400_000,
    () => {
      if (peace && until === Infinity) until = world.now() + settleMs
      const isDone = peace && model.open.size === 0 && clients.waiting.size === 0
      return isDone || checker.violations.length > 0 || world.now() > until || steps > maxSteps
    },
    () => {
      steps++
      checker.afterStep()
    },
  )
  if (checker.violations.length === 0) {
    for (const event of model.events.values()) {
      if (!isFinal(event)) checker.fail('I2', event.id, `is stuck as ${event.status}`)
      const { does } = behaviourOf(event)
      const isOver = event.status === 'Canceled' || event.error?.code === 'QUARANTINED'
      if (does === 'kills the server' && !isOver) checker.fail('poison', event.id, `ended as ${event.status}`)
    }
    for (const name of clients.waiting) checker.fail('I2', name, 'is waiting still')
  }
  return {
    seed,
    violations: checker.violations.map(world.readable),
    events: model.events.size,
    steps,
    tookMs: world.now() - epoch,
    deaths,
  }
}

const behaviourOf = (event: Event) => event.input as unknown as Behaviour

type Operation = keyof Profile['weights']

interface Profile {
  readonly servers: number
  readonly shared: boolean
  readonly skewed: boolean
  readonly concurrency: number
  readonly gapMs: number
  /** Share of the runs that last longer than several heartbeats. */
  readonly longRuns: number
  readonly perLane: number
  readonly maxPending: number
  readonly poisons: number
  /** Troubles go on until every poison has come to its end. */
  readonly outlastsPoison: boolean
  readonly faults: StoreFaults
  readonly wakeUps: { lost: number; twice: number }
  readonly weights: Record<
    | 'create'
    | 'cancel'
    | 'rerun'
    | 'assign'
    | 'watch'
    | 'poison'
    | 'away'
    | 'kill'
    | 'freeze'
    | 'terminate'
    | 'break'
    | 'clock',
    number
  >
}

/** Each seed has troubles of its own: with all of them at once, each hides the others. */
function createProfile(random: Random): Profile {
  const servers = random.pick([1, 1, 2, 3]) ?? 1
  const concurrency = random.pick([1, 2, 4, 8]) ?? 1
  const kind = random.next()
  const isSlow = kind < 0.12
  const isLate = kind > 0.12 && kind < 0.24
  const isLong = kind > 0.88
  const rate = (...rates: number[]) => random.pick(rates) ?? 0
  return {
    servers,
    shared: servers > 1,
    skewed: random.chance(0.5),
    concurrency,
    perLane: random.chance(0.5) ? concurrency : Math.ceil(concurrency / 2),
    maxPending: isLong ? 10_000 : rate(10_000, 10_000, 20),
    longRuns: isSlow || isLate ? 0.6 : 0.03,
    gapMs: isLong ? 1000 : isSlow || isLate ? 300 : rate(20, 100, 300),
    poisons: isLong ? 1 : 2,
    outlastsPoison: isLong,
    faults: {
      refused: rate(0, 0, 0.01, 0.05),
      answerLost: isLong ? rate(0.1, 0.3) : rate(0, 0, 0.02, 0.1),
      hangs: isSlow ? 0.3 : rate(0, 0, 0.02, 0.1),
      hangMs: 20_000,
      lateRenewals: isSlow ? 0.5 : isLate ? 0.85 : 0,
      late: new Set(),
      usualMs: isSlow ? 2000 : rate(2, 10, 50),
      awayUntil: 0,
    },
    wakeUps: { lost: rate(0, 0, 0.05, 0.5), twice: rate(0, 0, 0.1) },
    weights: {
      create: 20,
      cancel: rate(0, 5, 10),
      rerun: rate(0, 4),
      assign: rate(0, 4),
      watch: rate(0, 8),
      poison: isLong ? 2 : rate(0, 0, 2),
      away: rate(0, 0, 1),
      kill: isLong ? rate(0, 0, 1) : rate(0, 1, 4),
      freeze: rate(0, 0, 1, 3),
      terminate: isLong ? rate(0, 0, 2) : rate(0, 0, 5),
      break: rate(0, 0, 1),
      clock: rate(0, 2),
    },
  }
}

function pickWeighted(random: Random, weights: Profile['weights']): Operation {
  const names = Object.keys(weights) as Operation[]
  let at = random.next() * names.reduce((sum, name) => sum + weights[name], 0)
  return names.find((name) => (at -= weights[name]) < 0) ?? 'create'
}

const version: Version = { hash: 'code', language: 'JavaScript', code: '', script: '', createdAt: epoch }

const programs = ['work', 'other'].map((name, index): Program => ({
  id: `wfl_${index}`,
  kind: 'workflow',
  name,
  description: null,
  version: version.hash,
  limits: {},
  createdAt: epoch,
  updatedAt: epoch,
  rev: 1,
  deletedAt: null,
}))
