import type { Assignment, Attempt, AttemptOutcome, Event, Failure, NewEvent, Outcome, Usage } from './event.ts'
import { finalFailure, isFinal } from './event.ts'
import type { Json } from './json.ts'

/** How often a runner may die with an event in company before the event is run alone. */
export const crashesBeforeAlone = 2
/** How often a runner may die while an event is running alone before the event is given up. */
export const crashesAlone = 3
/** How many finished attempts an event remembers; the oldest are forgotten first. */
export const maxAttemptHistory = 100

/** Whether a runner that died may have died of this event, so that it must not share a process with others. */
export function mustRunAlone(event: Event): boolean {
  return event.crashes >= crashesBeforeAlone
}

/** An event with nothing to run is a record: done the moment it is kept. */
export function newEvent(made: NewEvent, now: number): Event {
  const { assignment, ...rest } = made
  return {
    ...rest,
    status: assignment ? 'Pending' : 'Success',
    workflow: assignment?.workflow ?? null,
    execution: assignment?.execution ?? null,
    version: assignment?.version ?? null,
    limits: assignment?.limits ?? made.limits,
    runAt: assignment?.runAt ?? null,
    data: null,
    error: null,
    attempts: [],
    attemptsUsed: 0,
    createdAt: now,
    startedAt: null,
    finishedAt: assignment ? null : now,
    rev: 1,
    owner: null,
    leaseUntil: null,
    crashes: 0,
  }
}

/** Points an event at something to run, from any state but `Processing`. What came of an earlier run is cleared. */
export function assignEvent(event: Event, assignment: Assignment, input: Json | undefined): Event | undefined {
  if (event.status === 'Processing') return undefined
  return {
    ...event,
    ...assignment,
    ...(input === undefined ? {} : { input }),
    status: 'Pending',
    data: null,
    error: null,
    attemptsUsed: 0,
    startedAt: null,
    finishedAt: null,
    crashes: 0,
    rev: event.rev + 1,
  }
}

/** Takes a due event for a runner. */
export function claimEvent(event: Event, owner: string, leaseUntil: number, now: number): Event | undefined {
  if (event.status !== 'Pending' || event.runAt === null || event.runAt > now) return undefined
  const number = (event.attempts.at(-1)?.number ?? 0) + 1
  const attempt: Attempt = { number, startedAt: now, finishedAt: null, outcome: null, receipt: null }
  return {
    ...event,
    status: 'Processing',
    attempts: [...event.attempts, attempt].slice(-maxAttemptHistory),
    startedAt: event.startedAt ?? now,
    owner,
    leaseUntil,
    rev: event.rev + 1,
  }
}

/** Records what a run gave back: the end of the event, or another attempt later. Only the claim's holder may ask. */
export function settleEvent(
  event: Event,
  owner: string,
  outcome: Outcome,
  now: number,
  random: number,
): Event | undefined {
  if (event.status !== 'Processing' || event.owner !== owner) return undefined
  if (outcome.kind === 'Interrupted') return backToPending(event, dueAgain(event, now), now)
  const attemptsUsed = event.attemptsUsed + 1
  if (outcome.kind === 'Success') {
    const attempts = endAttempt(event, now, 'Success', outcome.usage)
    return { ...finish(event, 'Success', now), attempts, attemptsUsed, data: outcome.data, error: null }
  }
  const { failure, usage } = outcome
  const attempts = endAttempt(event, now, failure.code, usage)
  if (failure.retryable && attemptsUsed < event.limits.maxAttempts) {
    const runAt = now + retryDelay(attemptsUsed, random)
    // Whoever died before, it was not of this code, which came to its end.
    return { ...release(event, runAt), attempts, attemptsUsed, error: failure, crashes: 0, rev: event.rev + 1 }
  }
  return { ...finish(event, 'Error', now), attempts, attemptsUsed, error: failure }
}

/** Gives a claim back untouched, because this runner cannot run it now. Uses up no attempt. */
export function releaseEvent(event: Event, owner: string, runAt: number, now: number): Event | undefined {
  if (event.status !== 'Processing' || event.owner !== owner) return undefined
  return backToPending(event, runAt, now)
}

/** Takes an event from a runner whose lease ran out: to be run again, or given up when it keeps killing runners. */
export function recoverEvent(event: Event, now: number): Event | undefined {
  if (event.status !== 'Processing' || (event.leaseUntil ?? 0) > now) return undefined
  const crashes = event.crashes + 1
  if (crashes < crashesBeforeAlone + crashesAlone) {
    return { ...backToPending(event, dueAgain(event, now), now), crashes }
  }
  const attempts = endAttempt(event, now, 'QUARANTINED', null)
  return { ...finish(event, 'Error', now), attempts, crashes, error: quarantined(crashes) }
}

export function cancelEvent(event: Event, now: number): Event | undefined {
  if (isFinal(event)) return undefined
  const attempts = event.status === 'Processing' ? endAttempt(event, now, 'Canceled', null) : event.attempts
  return { ...finish(event, 'Canceled', now), attempts }
}

/**
 * Milliseconds until the next attempt: one second, doubled with every attempt used up, at most an hour; between half
 * and all of that, so that events which failed together do not come back together.
 */
export function retryDelay(attemptsUsed: number, random: number): number {
  return Math.round(Math.min(3_600_000, 1000 * 2 ** (attemptsUsed - 1)) * (0.5 + random / 2))
}

/** What a transition makes of an event that its caller holds. */
export function owned(next: Event | undefined): Event {
  if (next) return next
  throw new Error('A transition refused an event to its owner')
}

/** When an event is due that is to run again at once: it keeps its place, unless the clock was set back meanwhile. */
export function dueAgain({ runAt }: Event, now: number): number {
  return Math.min(runAt ?? now, now)
}

function backToPending(event: Event, runAt: number, now: number): Event {
  const attempts = endAttempt(event, now, 'Interrupted', null)
  return { ...release(event, runAt), attempts, rev: event.rev + 1 }
}

function release(event: Event, runAt: number): Event {
  return { ...event, status: 'Pending', runAt, owner: null, leaseUntil: null }
}

function finish(event: Event, status: 'Success' | 'Error' | 'Canceled', now: number): Event {
  return { ...event, status, finishedAt: now, owner: null, leaseUntil: null, rev: event.rev + 1 }
}

function endAttempt(event: Event, now: number, outcome: AttemptOutcome, usage: Usage | null): readonly Attempt[] {
  const last = event.attempts.at(-1)
  if (!last) return event.attempts
  const queueMs = Math.max(0, last.startedAt - (event.runAt ?? last.startedAt))
  const receipt = usage && { queueMs, ...usage }
  return [...event.attempts.slice(0, -1), { ...last, finishedAt: now, outcome, receipt }]
}

function quarantined(crashes: number): Failure {
  const message = `${crashes} times in a row the server died or lost hold of this event while it was to run it, the last ${crashesAlone} times with nothing else running. Rerun it once its code is mended.`
  return finalFailure('QUARANTINED', 'Quarantined', message)
}
