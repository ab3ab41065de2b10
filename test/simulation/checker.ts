import type { Attempt, Event, Outcome } from '../../src/event.ts'
import { isFinal } from '../../src/event.ts'
import type { Job } from '../../src/ports.ts'
import { crashesAlone, crashesBeforeAlone } from '../../src/transitions.ts'
import type { Life } from './life.ts'
import type { Observer } from './model.ts'
import { createWaiting } from './waiting.ts'
import type { World } from './world.ts'

/** One execution of user code, as the world sees it. */
export interface Run {
  readonly eventId: string
  readonly attempt: number
  readonly server: Life
  readonly signal: AbortSignal
  readonly alone: boolean
  readonly claim: Claim
  /** What the code came to, once it has. */
  outcome?: Outcome
  logged: number
}

interface Claim {
  readonly server: Life
  readonly at: number
  readonly crashes: number
  lease: number
  run?: Run
  answered: boolean
  /** A client has canceled the event since, or pointed it at something else. */
  overtaken: boolean
}

/** What the checker reads of what is kept, and of the processes. */
interface Kept {
  linesOf(eventId: string, attempt: number): number
  open(): Iterable<Event>
  servers(): Iterable<Life>
  /** Whether most wake-ups arrive, so that what is due does not wait for many sweeps. */
  readonly wakes: boolean
}

/** What a client asked an event to be. */
interface Wanted {
  readonly input: unknown
  readonly runAt?: Date
  readonly limits: { readonly maxAttempts: number }
}

/** How far a process's idea of the store's time may be wrong, in milliseconds, and one for rounding. */
export const maxClockError = 400
const tolerance = maxClockError + 1

export type Checker = ReturnType<typeof createChecker>

/**
 * Watches everything that happens and says what must not have: invariants I1 to I5 and what follows from them. It shares
 * no code with what it judges but the numbers of deaths.
 */
export function createChecker(world: World, ports: Kept) {
  const violations: string[] = []
  const askers = new Map<Event, Life>()
  const claims = new Map<string, Claim>()
  const states = new Map<string, Event[]>()
  const deaths = new Map<string, number>()
  const active = new Set<Run>()
  /** No run can have gone on for too long before then. */
  let checkAt = 0
  const canceled = new Set<string>()
  /** Inputs that clients gave to events which were there already. */
  const assigned = new Map<string, unknown[]>()
  /** By idempotency key. */
  const wanted = new Map<string, Wanted>()

  function fail(rule: string, id: string, text: string): void {
    violations.push(`${rule}: ${id} ${text}`)
    world.trace(`VIOLATION ${rule}: ${id} ${text}`)
  }

  const claimOf = (event: Event) => claims.get(key(event.id, event.attempts.at(-1)?.number ?? 0))
  const waiting = createWaiting({ world, ...ports, holderOf: (event) => claimOf(event)?.server, fail })

  function checkHistory(before: Event, next: Event, added: number): void {
    const kept = before.attempts.length - (added ? 0 : 1)
    if (next.attempts.length !== before.attempts.length + added) fail('I5', next.id, 'lost or gained an attempt')
    for (let index = 0; index < kept; index++) {
      if (next.attempts[index] !== before.attempts[index]) fail('I5', next.id, 'changed an attempt that was over')
    }
  }

  function claimed(before: Event, next: Event, server: Life): void {
    checkHistory(before, next, 1)
    const last = next.attempts.at(-1)
    if (!next.owner || next.leaseUntil === null) return fail('I4', next.id, 'was claimed by nobody')
    if ((next.runAt ?? Infinity) > world.now() + tolerance) fail('time', next.id, 'was claimed before its time')
    if (!last || last.number !== (before.attempts.at(-1)?.number ?? 0) + 1)
      return fail('I5', next.id, 'has no new attempt')
    claims.set(key(next.id, last.number), {
      server,
      at: world.now(),
      crashes: next.crashes,
      lease: next.leaseUntil,
      answered: false,
      overtaken: false,
    })
    waiting.worked(server)
  }

  function ended(before: Event, next: Event, server: Life): void {
    checkHistory(before, next, 0)
    const last = next.attempts.at(-1)
    const claim = claimOf(before)
    if (!last || !claim || last.outcome === null) return fail('I5', next.id, 'ended an attempt without an outcome')
    if (next.owner !== null || next.leaseUntil !== null) fail('I4', next.id, 'is still owned')
    waiting.worked(claim.server)
    if (next.crashes > before.crashes || last.outcome === 'QUARANTINED') return recovered(before, next, claim)
    if (server !== claim.server) return fail('I3', next.id, `was ended by ${server.name}, not by its owner`)
    if (last.outcome === 'Interrupted') {
      const given = claim.run?.outcome
      if (given && given.kind !== 'Interrupted')
        fail('I5', next.id, 'was given back although its code had come to an end')
      if (claim.run && world.now() < (server.hurryAt ?? Infinity) && !isExcused(claim)) {
        fail('lease', next.id, `was stopped on ${server.name}, which was well`)
      }
      if (next.status !== 'Pending') fail('I4', next.id, 'was interrupted and is final')
      if (next.attemptsUsed !== before.attemptsUsed) fail('attempts', next.id, 'an interruption used up an attempt')
      if (next.crashes !== before.crashes) fail('poison', next.id, 'an interruption changed its count of deaths')
      return undefined
    }
    deaths.delete(next.id)
    if (next.status === 'Pending' && next.crashes !== 0)
      fail('poison', next.id, 'still counts deaths although its code came to an end')
    if (next.attemptsUsed !== before.attemptsUsed + 1) fail('attempts', next.id, 'an outcome used up no attempt')
    checkOutcome(next, last, claim.run)
  }

  function checkOutcome(next: Event, last: Attempt, run: Run | undefined): void {
    const kept = run ? ports.linesOf(next.id, run.attempt) : 0
    if (run && kept < run.logged) fail('logs', next.id, `ended with ${kept} of ${run.logged} lines`)
    const outcome = run?.outcome
    if (!outcome || outcome.kind === 'Interrupted') return fail('I5', next.id, 'has an outcome that no run gave')
    if (outcome.kind === 'Success') {
      const isRefused = next.status === 'Error' && next.error?.code === 'BAD_RESULT'
      if (!isRefused && (next.status !== 'Success' || next.data !== outcome.data || next.error !== null)) {
        fail('I5', next.id, 'has another outcome than its run')
      }
    } else if (last.outcome !== outcome.failure.code || next.error !== outcome.failure) {
      fail('I5', next.id, 'has another failure than its run')
    } else {
      const again = outcome.failure.retryable && next.attemptsUsed < next.limits.maxAttempts
      if ((next.status === 'Pending') !== again) fail('attempts', next.id, `was ${again ? 'not ' : ''}tried again`)
      // Half a second at first, up to twice that, doubled each time.
      const pause = (next.runAt ?? 0) - (last.finishedAt ?? 0)
      const least = 500 * 2 ** (next.attemptsUsed - 1)
      if (again && (pause < least || pause > 2 * least)) fail('time', next.id, `is tried again after ${pause} ms`)
    }
  }

  /** Whether something happened since it was claimed that may cost a server its claim. */
  function isExcused({ server, at, overtaken }: Claim): boolean {
    return !server.alive || server.frozenUntil >= at || server.storeTroubleAt >= at || overtaken
  }

  function recovered(before: Event, next: Event, claim: Claim): void {
    const { server } = claim
    const count = (deaths.get(next.id) ?? 0) + 1
    deaths.set(next.id, count)
    if (next.crashes !== count) fail('poison', next.id, `counts ${next.crashes} deaths in a row, not ${count}`)
    if ((before.leaseUntil ?? Infinity) > world.now() + tolerance)
      fail('lease', next.id, 'was taken before its lease ran out')
    if (!isExcused(claim)) fail('lease', next.id, `was taken from ${server.name}, which was well`)
    if (next.attemptsUsed !== before.attemptsUsed) fail('attempts', next.id, 'a death used up an attempt')
    if ((next.runAt ?? 0) > (before.runAt ?? 0)) fail('time', next.id, 'was put off by a death')
    const isGivenUp = next.status === 'Error'
    if (isGivenUp !== count >= crashesBeforeAlone + crashesAlone) {
      fail('poison', next.id, `was ${isGivenUp ? '' : 'not '}given up after ${count} deaths in a row`)
    }
  }

  function reassigned(before: Event, next: Event, server: Life): void {
    const inputs = assigned.get(next.id)
    if (!inputs) fail('I3', next.id, `went from ${before.status} to Pending and nobody asked for it`)
    else if (!inputs.some((input) => isSame(input, next.input))) fail('asked', next.id, 'has an input nobody gave')
    if (next.startedAt !== null || next.finishedAt !== null) fail('time', next.id, 'is to run, and has begun or ended')
    if (next.attempts !== before.attempts) fail('I5', next.id, 'was pointed at something new and lost its history')
    if (next.crashes !== 0 || next.attemptsUsed !== 0)
      fail('poison', next.id, `was not started afresh by ${server.name}`)
    deaths.delete(next.id)
  }

  function checkWanted(event: Event): void {
    const request = wanted.get(event.idempotencyKey ?? '')
    if (!request) return
    const { input, runAt, limits } = request
    if (!isSame(input, event.input)) fail('asked', event.id, 'has another input than was asked for')
    if ((event.runAt ?? 0) < (runAt?.getTime() ?? 0)) fail('asked', event.id, 'is due earlier than was asked for')
    if (event.limits.maxAttempts !== limits.maxAttempts) fail('asked', event.id, 'has other limits than were asked for')
  }

  const observer: Observer = {
    created(event) {
      if (event.rev !== 1 || event.attempts.length > 0) fail('I4', event.id, 'did not begin at its beginning')
      checkWanted(event)
      states.set(event.id, [event])
      waiting.changed(event)
      world.trace(`created ${event.id} ${event.status}`)
    },

    updated(before, next) {
      const server = askers.get(next)
      world.trace(
        `${next.id} ${before.status} -> ${next.status} rev ${next.rev} ${next.attempts.at(-1)?.outcome ?? ''}`,
      )
      states.get(next.id)?.push(next)
      waiting.changed(next)
      if (!server) return fail('I3', next.id, 'was changed by nobody')
      if (next.rev !== before.rev + 1) fail('I4', next.id, `went from rev ${before.rev} to ${next.rev}`)
      if (next.status === 'Canceled' && !isFinal(before)) {
        if (!canceled.has(next.id)) fail('I3', next.id, 'was canceled and nobody asked for it')
        if (before.status === 'Processing') checkHistory(before, next, 0)
        overtake(before)
      } else if (before.status === 'Pending' && next.status === 'Processing') claimed(before, next, server)
      else if (before.status === 'Processing') ended(before, next, server)
      else if (next.status === 'Pending') reassigned(before, next, server)
      else fail('I3', next.id, `went from ${before.status} to ${next.status}`)
      return undefined
    },

    renewed(event) {
      const claim = claimOf(event)
      if (claim) claim.lease = event.leaseUntil ?? 0
    },
  }

  function overtake(before: Event): void {
    const claim = claimOf(before)
    if (claim && before.status === 'Processing') claim.overtaken = true
  }

  function start(job: Job, server: Life, signal: AbortSignal): Run | undefined {
    const claim = claims.get(key(job.eventId, job.attempt))
    world.trace(`runs ${job.eventId} attempt ${job.attempt}${signal.aborted ? ', which is over' : ''}`)
    if (!claim || claim.server !== server) {
      fail('I3', job.eventId, `is run by ${server.name}, which does not own it`)
      return undefined
    }
    if (claim.run) fail('I5', job.eventId, `runs its attempt ${job.attempt} a second time`)
    const alone = claim.crashes >= crashesBeforeAlone
    const run = { eventId: job.eventId, attempt: job.attempt, server, signal, alone, claim, logged: 0 }
    claim.run = run
    if (signal.aborted) return run
    for (const other of active) {
      if (other.server === server && (alone || other.alone)) {
        fail('alone', job.eventId, `does not run alone on ${server.name}`)
      }
      if (other.eventId === job.eventId && isBelieved(other) && !other.claim.overtaken) {
        fail(
          'fence',
          job.eventId,
          `runs on ${other.server.name} and on ${server.name}, and both believe it to be theirs`,
        )
      }
    }
    for (const event of ports.open()) {
      const other = event.id !== job.eventId && event.status === 'Processing' ? claimOf(event) : undefined
      if (other?.server === server && other.answered && (alone || other.crashes >= crashesBeforeAlone))
        fail('alone', job.eventId, `runs while ${event.id} is not settled`)
    }
    active.add(run)
    check(run)
    checkAt = 0
    return run
  }

  const hurryAt = (server: Life) => (server.hurryAt ?? Infinity) + 5

  /** Looks at every run once one of them may have gone on for too long, and says when to look again. */
  function checkAll(): void {
    if (world.now() < checkAt) return
    checkAt = Infinity
    for (const run of active) {
      check(run)
      if (run.signal.aborted) continue
      const { server, claim } = run
      checkAt = Math.min(checkAt, Math.max(Math.min(claim.lease, hurryAt(server)), server.frozenUntil + 5))
    }
  }

  function isBelieved({ server, signal }: Run): boolean {
    return !signal.aborted && server.alive && world.now() > server.frozenUntil + 5
  }

  function check(run: Run): void {
    const { server } = run
    if (!isBelieved(run)) return
    if (world.now() > run.claim.lease) fail('fence', run.eventId, `runs on ${server.name} although its lease is over`)
    if (world.now() > hurryAt(server)) {
      fail('shutdown', run.eventId, `runs on ${server.name} although the grace of its shutdown is over`)
    }
  }

  return {
    violations,
    observer,
    states,
    fail,
    start,
    afterStep(): void {
      checkAll()
      if (ports.wakes) waiting.check()
    },
    /** That server has a time by which its runs must have ended. */
    closes(): void {
      checkAt = 0
    },
    end(run: Run, outcome: Outcome): void {
      active.delete(run)
      run.outcome = outcome
    },
    asked(next: Event, server: Life): void {
      askers.set(next, server)
      if (next.status === 'Processing' && server.closing)
        fail('shutdown', next.id, `is claimed by ${server.name}, which is closing`)
    },
    answered(next: Event, kept: boolean): void {
      const claim = claimOf(next)
      if (kept && claim && next.status === 'Processing') claim.answered = true
    },
    wantsCanceled: (id: string) => void canceled.add(id),
    wantsAssigned: (id: string, input: unknown) => void assigned.set(id, [...(assigned.get(id) ?? []), input]),
    wants: (idempotencyKey: string, request: Wanted) => void wanted.set(idempotencyKey, request),
    died(server: Life): void {
      for (const run of active) if (run.server === server) active.delete(run)
    },
    /** After an orderly end nothing may be left with the one who left, as far as its store was there. */
    left(server: Life, events: Iterable<Event>): void {
      if (server.storeTroubleAt >= (server.hurryAt ?? server.closedAt)) return
      for (const event of events) {
        const claim = event.status === 'Processing' ? claimOf(event) : undefined
        if (claim?.server === server && claim.answered) fail('shutdown', event.id, `is left behind by ${server.name}`)
      }
    },
    /** What a subscriber is told must have been so. */
    told(event: Event): void {
      const was = states.get(event.id)?.[event.rev - 1]
      const isTrue = was && was.status === event.status && was.data === event.data && was.attempts === event.attempts
      if (!isTrue) fail('watch', event.id, `was never as its watcher was told, at rev ${event.rev}`)
    },
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function key(id: string, attempt: number): string {
  return `${id} ${attempt}`
}
