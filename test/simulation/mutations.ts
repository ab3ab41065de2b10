import { registerHooks } from 'node:module'

/** A piece of a source, and what stands there instead. */
type Edit = readonly [file: string, find: string, put: string]

/** Faults that the simulation has to notice, by what is wrong. The store of the simulation stands for any store. */
export const mutations: Record<string, readonly Edit[]> = {
  'a write does not look at the revision': [['test/simulation/model.ts', 'before.rev !== next.rev - 1', 'false']],
  'a takeover does not look at the lease': [
    ['test/simulation/model.ts', '(event.leaseUntil ?? Infinity) <= now)', 'true)'],
    ['test/simulation/model.ts', '(before.leaseUntil ?? Infinity) > expiredBy', 'false'],
    ['src/sweep.ts', '(found.leaseUntil ?? 0) > now', 'false'],
    ['src/transitions.ts', ' || (event.leaseUntil ?? 0) > now', ''],
  ],
  'a takeover overruns a lease that was renewed meanwhile': [
    ['src/sweep.ts', 'updateEvent(next, now)', 'updateEvent(next)'],
  ],
  'no sweep': [['src/sweep.ts', 'start: () => void loop()', 'start: () => undefined']],
  'a sweep that failed is not repeated': [
    ['src/sweep.ts', 'if (!stopped) timer =', 'if (!stopped && lastSuccess) timer ='],
  ],
  'anyone may give back a claim': [
    [
      'src/transitions.ts',
      "export function releaseEvent(event: Event, owner: string, runAt: number, now: number): Event | undefined {\n  if (event.status !== 'Processing' || event.owner !== owner)",
      "export function releaseEvent(event: Event, owner: string, runAt: number, now: number): Event | undefined {\n  if (event.status !== 'Processing')",
    ],
  ],
  'a sweep takes what its own process runs': [['src/sweep.ts', 'stopped || isRunning(due.id)', 'stopped']],
  'claims go on in a shutdown': [
    ['src/runner.ts', '!found || closing', '!found'],
    ['src/runner.ts', 'closing ? undefined : claimEvent', 'claimEvent'],
  ],
  'a run begun after the grace of a shutdown goes on': [
    ['src/runner.ts', 'if (hurry.signal.aborted) stop.abort()', ''],
  ],
  'runs go on after the grace of a shutdown': [['src/runner.ts', 'leases.stopRuns()', '']],
  'a refused outcome is dropped in a hurried shutdown': [
    [
      'src/settle.ts',
      'if (error instanceof UnavailableError) {',
      'if (hurry.aborted) throw error\n      if (error instanceof UnavailableError) {',
    ],
  ],
  'an outcome is given up when the store is away': [['src/settle.ts', 'if (hurry.aborted) throw error', 'throw error']],
  'suspects run in company': [['src/transitions.ts', 'event.crashes >= crashesBeforeAlone\n', 'event.crashes < 0\n']],
  'a suspect does not wait for the outcomes of others': [
    ['src/runner.ts', 'if (alone) await Promise.all(settling)\n        const since', 'const since'],
  ],
  'deaths are not counted': [['src/transitions.ts', 'event.crashes + 1', 'event.crashes']],
  'deaths are counted that do not follow one another': [
    ['src/transitions.ts', ', crashes: 0, rev: event.rev + 1 }', ', rev: event.rev + 1 }'],
  ],
  'a shutdown counts as a death': [
    [
      'src/transitions.ts',
      'return backToPending(event, dueAgain(event, now), now)\n  const attemptsUsed',
      'return { ...backToPending(event, dueAgain(event, now), now), crashes: event.crashes + 1 }\n  const attemptsUsed',
    ],
  ],
  'a poison is never given up': [['src/transitions.ts', 'crashes < crashesBeforeAlone + crashesAlone', 'crashes > 0']],
  'an interruption uses up an attempt': [
    [
      'src/transitions.ts',
      'return { ...release(event, runAt), attempts, rev: event.rev + 1 }',
      'return { ...release(event, runAt), attempts, attemptsUsed: event.attemptsUsed + 1, rev: event.rev + 1 }',
    ],
  ],
  'no fence': [
    ['src/leases.ts', 'return setTimeout(() => stop.abort(), left)', 'return setTimeout(() => undefined, left)'],
  ],
  'the fence comes after the lease': [['src/leases.ts', 'fenceMs = 12_000', 'fenceMs = 16_000']],
  'the fence waits for an answer': [
    ['src/leases.ts', 'claim.since = began\n', 'claim.since = performance.now()\n'],
    ['src/leases.ts', 'fence(claim.stop, began)', 'fence(claim.stop, performance.now())'],
  ],
  'a claim answered late is believed': [
    ['src/runner.ts', 'leases.hold(event.id, since)', 'leases.hold(event.id, performance.now())'],
  ],
  'leases are not renewed': [['src/leases.ts', 'heartbeat = setInterval', 'heartbeat = undefined && setInterval']],
  'events run before their time': [
    ['src/transitions.ts', ' || event.runAt === null || event.runAt > now', ' || event.runAt === null'],
    ['src/queue/memory.ts', 'runAt > now()', 'runAt > Infinity'],
  ],
  'a final event can be canceled': [['src/transitions.ts', 'if (isFinal(event)) return undefined', '']],
  'a processing event can be pointed at something else': [
    ['src/transitions.ts', "if (event.status === 'Processing') return undefined\n", ''],
  ],
  'two events may have one key': [
    ['test/simulation/model.ts', "?? events.get(byKey.get(event.idempotencyKey ?? '') ?? '')", ''],
  ],
  'an event that was not kept is acknowledged': [
    ['src/commands.ts', 'return sameRequest(kept, requestHash)', 'return event'],
  ],
  'a key may be used for another request': [
    ['src/commands.ts', 'if (event.requestHash === requestHash) return event', 'return event'],
  ],
  'a watcher reads before it listens': [
    [
      'src/live.ts',
      'const watcher = hub.watch({ eventId: id })\n  let last',
      'let watcher: ReturnType<Hub["watch"]> = { return: async () => undefined } as never\n  let last',
    ],
    [
      'src/live.ts',
      'snapshot = true\n',
      'if (!snapshot) watcher = hub.watch({ eventId: id })\n        snapshot = true\n',
    ],
  ],
  'a watcher is told a revision twice': [['src/live.ts', 'change.event.rev > last)', 'change.event.rev >= last)']],
  'watchers are told before an outcome is kept': [
    [
      'src/settle.ts',
      'const kept = await store.updateEvent(next)',
      "hub.notify({ kind: 'Event', event: next })\n      const kept = await store.updateEvent(next)",
    ],
  ],
  'watchers are not told of the end': [['src/settle.ts', "hub.notify({ kind: 'Event', event: stored })", '']],
  'what other processes do is not looked for': [
    [
      'src/hub/polling.ts',
      'timer = setTimeout(() => void poll(), intervalMs)',
      'timer = setTimeout(() => undefined, intervalMs)',
    ],
  ],
  'a cancellation without an answer is told to nobody': [
    [
      'src/commands.ts',
      "          hub.notify({ kind: 'Event', event })\n          return event",
      '          return event',
    ],
  ],
  'a takeover without an answer is told to nobody': [
    ['src/sweep.ts', 'for (const id of unanswered) await tell(id)', ''],
  ],
  'an outcome does not wait for its log': [['src/settle.ts', 'if (!isRefused) await logs.flush()', '']],
  'lines of a log are kept in any order': [
    [
      'src/log-writer.ts',
      'save().catch(() => undefined)',
      "void store.appendLogs(lines).then(() => hub.notify({ kind: 'Logs', eventId }), () => undefined)",
    ],
  ],
  'a suspect leaves before its outcome is written': [
    ['src/runner.ts', 'if (alone) await Promise.all(settling)\n      } finally', '} finally'],
  ],
  'leases are not renewed in a shutdown': [['src/runner.ts', 'sweep.stop()\n', 'sweep.stop()\n      leases.stop()\n']],
  'sweeps are rare': [['src/sweep.ts', 'sweepMs = 850', 'sweepMs = 30_000']],
  'a death puts an event off': [
    [
      'src/transitions.ts',
      'return { ...backToPending(event, dueAgain(event, now), now), crashes }',
      'return { ...backToPending(event, now + 60_000, now), crashes }',
    ],
  ],
  'a failure is tried again at once': [
    ['src/transitions.ts', 'const runAt = now + retryDelay(attemptsUsed, random)', 'const runAt = now + 0 * random'],
  ],
  'a failure is tried again late': [
    ['src/transitions.ts', 'now + retryDelay(attemptsUsed, random)', 'now + 60_000 + random'],
  ],
  'a success keeps the error of an earlier attempt': [
    ['src/transitions.ts', 'data: outcome.data, error: null }', 'data: outcome.data }'],
  ],
  'an event is due before the time that was asked for': [
    ['src/assignments.ts', 'Math.max(request.runAt?.getTime() ?? 0, store.now())', 'store.now()'],
  ],
  'the attempts that were asked for are not heeded': [
    ['src/assignments.ts', 'Math.min(wanted.maxAttempts, maxima.maxAttempts)', 'maxima.maxAttempts'],
  ],
  'an event that is pointed at something else keeps its input': [
    ['src/transitions.ts', '...(input === undefined ? {} : { input }),', ''],
  ],
  'an event that is pointed at something else keeps its times': [
    [
      'src/transitions.ts',
      'startedAt: null,\n    finishedAt: null,\n    crashes: 0,\n    rev: event.rev + 1',
      'crashes: 0,\n    rev: event.rev + 1',
    ],
  ],
  'a result is another than the code gave': [['src/transitions.ts', 'data: outcome.data', 'data: null']],
}

/** Makes every later import load the sources with that fault in them. */
export function mutate(name: string): void {
  const edits = mutations[name]
  if (!edits) throw new Error(`There is no such fault: ${name}`)
  const wanted = new Set(edits.map(([file]) => fileUrl(file)))
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!wanted.has(url)) return loaded
      let source = String(loaded.source)
      for (const [file, find, put] of edits) {
        if (fileUrl(file) !== url) continue
        if (source.split(find).length !== 2) throw new Error(`${file} does not have this once: ${find}`)
        source = source.replace(find, () => put)
      }
      return { ...loaded, source }
    },
  })
}

function fileUrl(file: string): string {
  return new URL(`../../${file}`, import.meta.url).href
}
