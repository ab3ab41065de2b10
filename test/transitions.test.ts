import { describe, expect, test } from 'vitest'
import type { Assignment, Event, Failure, Outcome } from '../src/event.ts'
import { attemptNumber, isFinal } from '../src/event.ts'
import {
  assignEvent,
  cancelEvent,
  claimEvent,
  crashesAlone,
  crashesBeforeAlone,
  maxAttemptHistory,
  mustRunAlone,
  newEvent,
  recoverEvent,
  releaseEvent,
  retryDelay,
  settleEvent,
} from '../src/transitions.ts'

const limits = { timeoutMs: 5000, memoryMb: 128, maxAttempts: 1 }
const assignment: Assignment = { workflow: 'wfl_1', execution: null, version: 'abc', limits, runAt: 1000 }
const usage = { wallMs: 3, cpuMs: 2, heapBytes: 100, logLines: 1 }
const success: Outcome = { kind: 'Success', data: { total: 1 }, usage }
const failure: Failure = {
  code: 'USER_ERROR',
  name: 'Error',
  message: 'no',
  stack: null,
  codeFrame: null,
  line: 1,
  column: 1,
  retryable: true,
}

function pending(changes: Partial<Assignment> = {}): Event {
  return newEvent(
    {
      id: 'evt_1',
      type: 'order.placed',
      input: { a: 1 },
      assignment: { ...assignment, ...changes },
      limits,
      idempotencyKey: null,
      requestHash: null,
      rerunOf: null,
    },
    1000,
  )
}

function claim(event: Event, now = 1000, owner = 'me'): Event {
  const claimed = claimEvent(event, owner, now + 15_000, now)
  if (!claimed) throw new Error('This event should have been there to claim')
  return claimed
}

function die(event: Event): Event {
  const recovered = recoverEvent(claim(event), 100_000)
  if (!recovered) throw new Error('This lease should have run out')
  return recovered
}

describe('an event with nothing to run', () => {
  test('is done the moment it is kept', () => {
    const record = newEvent({ ...pending(), assignment: null }, 5)
    expect(record).toMatchObject({ status: 'Success', finishedAt: 5, runAt: null, version: null, rev: 1 })
    expect(isFinal(record)).toBe(true)
  })
})

describe('claiming', () => {
  test('gives a due event to a runner, with the next attempt', () => {
    const claimed = claim(pending())
    expect(claimed).toMatchObject({ status: 'Processing', owner: 'me', leaseUntil: 16_000, rev: 2, startedAt: 1000 })
    expect(claimed.attempts).toEqual([{ number: 1, startedAt: 1000, finishedAt: null, outcome: null, receipt: null }])
  })

  test('again leaves the time at which the first attempt began', () => {
    const released = releaseEvent(claim(pending()), 'me', 1000, 2000)
    const second = released && claim(released, 3000)
    expect(second).toMatchObject({ startedAt: 1000, attempts: [{ startedAt: 1000 }, { startedAt: 3000 }] })
  })

  test('is refused before its time, and in any state but pending', () => {
    expect(claimEvent(pending({ runAt: 2000 }), 'me', 0, 1999)).toBeUndefined()
    expect(claimEvent(claim(pending()), 'you', 0, 1000)).toBeUndefined()
    expect(claimEvent(newEvent({ ...pending(), assignment: null }, 5), 'me', 0, 1000)).toBeUndefined()
  })
})

describe('settling', () => {
  test('keeps the result and what the attempt cost', () => {
    const settled = settleEvent(claim(pending(), 1007), 'me', success, 1010, 0)
    expect(settled).toMatchObject({ status: 'Success', data: { total: 1 }, error: null, finishedAt: 1010, owner: null })
    expect(settled?.attempts).toMatchObject([{ number: 1, outcome: 'Success', receipt: { queueMs: 7, wallMs: 3 } }])
  })

  test('is refused to anyone but the owner of the claim', () => {
    expect(settleEvent(claim(pending()), 'a zombie', success, 1010, 0)).toBeUndefined()
    expect(settleEvent(pending(), 'me', success, 1010, 0)).toBeUndefined()
  })

  test('a failure ends an event that has no attempt left', () => {
    const settled = settleEvent(claim(pending()), 'me', { kind: 'Failure', failure, usage }, 1010, 0)
    expect(settled).toMatchObject({ status: 'Error', error: failure, attemptsUsed: 1 })
  })

  test('a failure with attempts left brings another one later, and keeps the error until then', () => {
    const retried = pending({ limits: { ...limits, maxAttempts: 3 } })
    const first = settleEvent(claim(retried), 'me', { kind: 'Failure', failure, usage }, 1010, 1)
    expect(first).toMatchObject({ status: 'Pending', runAt: 2010, error: failure, attemptsUsed: 1, rev: 3 })
    const second = first && settleEvent(claim(first, 3000), 'me', success, 3010, 1)
    expect(second).toMatchObject({ status: 'Success', error: null, attemptsUsed: 2 })
    expect(second?.attempts.map((attempt) => attempt.outcome)).toEqual(['USER_ERROR', 'Success'])
  })

  test('a failure that another attempt cannot mend is not tried again', () => {
    const retried = pending({ limits: { ...limits, maxAttempts: 3 } })
    const hopeless: Outcome = { kind: 'Failure', failure: { ...failure, retryable: false }, usage }
    expect(settleEvent(claim(retried), 'me', hopeless, 1010, 0)).toMatchObject({ status: 'Error', attemptsUsed: 1 })
  })

  test('an interrupted run uses up no attempt', () => {
    const again = settleEvent(claim(pending()), 'me', { kind: 'Interrupted' }, 1010, 0)
    expect(again).toMatchObject({ status: 'Pending', attemptsUsed: 0, owner: null, crashes: 0 })
    expect(again?.attempts).toMatchObject([{ outcome: 'Interrupted', finishedAt: 1010 }])
    expect(again && attemptNumber(claim(again))).toBe(2)
  })
})

describe('the pause before another attempt', () => {
  test('doubles from half a second to an hour, and spreads over half of itself', () => {
    expect([1, 2, 3, 100].map((used) => retryDelay(used, 1))).toEqual([1000, 2000, 4000, 3_600_000])
    expect(retryDelay(1, 0)).toBe(500)
  })
})

describe('canceling', () => {
  test('ends what is not final, and nothing else', () => {
    expect(cancelEvent(pending(), 7)).toMatchObject({ status: 'Canceled', finishedAt: 7, rev: 2 })
    expect(cancelEvent(claim(pending()), 7)?.attempts).toMatchObject([{ outcome: 'Canceled' }])
    const settled = settleEvent(claim(pending()), 'me', success, 1010, 0)
    expect(settled && cancelEvent(settled, 7)).toBeUndefined()
  })
})

describe('recovering', () => {
  test('takes an event only from a runner whose lease ran out', () => {
    const claimed = claim(pending())
    expect(recoverEvent(claimed, 15_999)).toBeUndefined()
    expect(recoverEvent(claimed, 16_000)).toMatchObject({ status: 'Pending', crashes: 1, attemptsUsed: 0, rev: 3 })
  })

  test('an event whose runners keep dying is run alone, then given up', () => {
    let event = pending()
    for (let deaths = 0; deaths < crashesBeforeAlone; deaths++) {
      expect(mustRunAlone(event)).toBe(false)
      event = die(event)
    }
    for (let deaths = 0; deaths < crashesAlone; deaths++) {
      expect(event.status).toBe('Pending')
      expect(mustRunAlone(event)).toBe(true)
      event = die(event)
    }
    expect(event).toMatchObject({ status: 'Error', error: { code: 'QUARANTINED', retryable: false } })
  })
})

describe('releasing', () => {
  test('gives a claim back for later, to its owner only', () => {
    const claimed = claim(pending())
    expect(releaseEvent(claimed, 'me', 5000, 1500)).toMatchObject({ status: 'Pending', runAt: 5000, attemptsUsed: 0 })
    expect(releaseEvent(claimed, 'you', 5000, 1500)).toBeUndefined()
  })
})

describe('pointing an event at something to run', () => {
  test('starts it anew, with what it knew of attempts', () => {
    const failed = settleEvent(claim(pending()), 'me', { kind: 'Failure', failure, usage }, 1010, 0)
    if (!failed) throw new Error('This event should have been settled')
    const again = assignEvent(failed, { ...assignment, version: 'def', runAt: 2000 }, undefined)
    expect(again).toMatchObject({ status: 'Pending', version: 'def', error: null, attemptsUsed: 0, input: { a: 1 } })
    expect(again).toMatchObject({ startedAt: null, finishedAt: null, runAt: 2000, rev: failed.rev + 1 })
    expect(again?.attempts).toHaveLength(1)
    expect(assignEvent(failed, assignment, { b: 2 })).toMatchObject({ input: { b: 2 } })
  })

  test('is refused while it is processing', () => {
    expect(assignEvent(claim(pending()), assignment, undefined)).toBeUndefined()
  })
})

test('the history of attempts is bounded, and their numbers go on', () => {
  let event = pending()
  for (let round = 0; round < maxAttemptHistory + 5; round++) {
    event = settleEvent(claim(event, 2000), 'me', { kind: 'Interrupted' }, 2000, 0) ?? event
  }
  expect(event.attempts).toHaveLength(maxAttemptHistory)
  expect(attemptNumber(event)).toBe(maxAttemptHistory + 5)
})
