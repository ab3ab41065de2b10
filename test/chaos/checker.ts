// Compares what the processes of a chaos run said they did with what is in the data file. Knows nothing of the
// server: it reads the file itself, and judges by the promises alone.
import { isDeepStrictEqual } from 'node:util'
import type { Entry } from './record.ts'
import { readStore } from './stored.ts'

export interface Verdict {
  /** What was promised and did not hold, in words. Empty: all of it held. */
  readonly violations: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

/** From SIGTERM to the end of the process, in milliseconds. */
const longestExit = 26_000
/** Deaths that an event may be struck by before it is given up: two in company, then three alone. */
const deaths = { inAll: 5, alone: 3 }

interface History {
  begins: number
  /** Ends of its code that were successes, whether they were recorded or not. */
  ends: number
  /** Final states that a server says it has kept. */
  finals: number
  /** The last of them. */
  final?: string
  /** Deaths of servers that held it, and those among them that held it alone. */
  struck: number
  struckAlone: number
  /** How often a server that was leaving gave it back. */
  givenBack: number
}

/** `entries`: the whole record. `file`: the data file, of which no server is alive any more. */
export function check(entries: readonly Entry[], file: string): Verdict {
  const violations: string[] = []
  const wrong = (what: string) => void violations.push(what)
  const run = replay(entries, wrong)
  const stored = readStore(file, wrong)

  const byId = new Map(stored.map((event) => [event.id, event]))
  const keys = stored.map(({ key }) => key)
  if (new Set(keys).size !== keys.length)
    wrong(`${keys.length - new Set(keys).size} events have a key that another has`)
  for (const [key, ids] of run.acknowledged) {
    const [id = '', ...others] = ids
    if (others.length > 0) wrong(`${key} was acknowledged as ${[...ids].join(' and ')}`)
    const event = byId.get(id)
    if (!event) wrong(`${key} is lost: it was acknowledged as ${id}`)
    else if (event.key !== key) wrong(`${id} was acknowledged for ${key} and has the key ${event.key}`)
  }
  for (const key of run.asked.keys()) if (!run.acknowledged.has(key)) wrong(`${key} was never acknowledged`)

  const spared: string[] = []
  for (const event of stored) {
    const history = run.histories.get(event.id) ?? emptyHistory()
    const isPoison = run.poisons.has(event.key)
    if (!run.asked.has(event.key)) wrong(`${event.key} was asked for by nobody`)
    else if (!isDeepStrictEqual(event.input, run.asked.get(event.key)))
      wrong(`${event.key} has another input than was given`)
    if (event.status !== 'Processing') {
      if (event.isHeld) wrong(`${event.key} has an owner or a lease`)
      if (event.openAttempts > 0) wrong(`${event.key} has ${event.openAttempts} attempts without an outcome`)
    }
    if (history.final !== undefined && history.final !== event.status) {
      wrong(`${event.key} was ended as ${history.final} and stands as ${event.status}`)
    }
    const isQuarantined = event.status === 'Error' && event.code === 'QUARANTINED'
    if (event.status === 'Pending' || event.status === 'Processing') wrong(`${event.key} is stuck as ${event.status}`)
    else if (isPoison && !isQuarantined)
      wrong(`${event.key} is poison and ended as ${event.status} ${event.code ?? ''}`)
    else if (!isPoison && isQuarantined && byTheRule(history)) spared.push(event.key)
    else if (!isPoison && event.status !== 'Success') wrong(`${event.key} ended as ${event.status} ${event.code ?? ''}`)

    if (event.status === 'Success') {
      if (JSON.stringify(event.data) !== JSON.stringify({ key: event.key }))
        wrong(`${event.key} has the result of another`)
      if (event.successes !== 1) wrong(`${event.key} has ${event.successes} successful attempts`)
      if (history.ends === 0) wrong(`${event.key} has an outcome of code that never ended`)
    }
    const used = event.status === 'Success' ? 1 : 0
    if (event.attemptsUsed !== used) wrong(`${event.key} used up ${event.attemptsUsed} attempts instead of ${used}`)
    if (history.finals > 1) wrong(`${event.key} was ended ${history.finals} times`)
    if (history.begins > 1 + history.struck + history.givenBack) {
      wrong(
        `${event.key} was begun ${history.begins} times, with ${history.struck} deaths and ${history.givenBack} shutdowns`,
      )
    }
  }
  const count = (holds: (history: History) => boolean) => [...run.histories.values()].filter(holds).length
  const endedTwice = count(({ ends }) => ends > 1)
  if (endedTwice > run.deaths) wrong(`${endedTwice} events ended twice, with ${run.deaths} deaths`)

  return {
    violations,
    figures: {
      events: stored.length,
      acknowledged: run.acknowledged.size,
      'process deaths': run.deaths,
      'of them by poison': run.byPoison,
      shutdowns: run.exits.length,
      'longest shutdown in ms': Math.max(0, ...run.exits),
      'given back at shutdown': [...run.histories.values()].reduce((sum, it) => sum + it.givenBack, 0),
      'begun again': count(({ begins }) => begins > 1),
      'most begins of one event': Math.max(0, ...[...run.histories.values()].map(({ begins }) => begins)),
      'ended twice': endedTwice,
      quarantined: stored.filter(({ code }) => code === 'QUARANTINED').length,
      'innocents that died alone three times': spared.length,
    },
  }
}

/** An event that servers died of three times while it ran alone cannot be told from poison. */
function byTheRule({ struck, struckAlone }: History): boolean {
  return struck >= deaths.inAll && struckAlone >= deaths.alone
}

/** Goes through the record in the order of what happened. */
function replay(entries: readonly Entry[], wrong: (what: string) => void) {
  /** The input that was given with each key. */
  const asked = new Map<string, unknown>()
  const poisons = new Set<string>()
  const acknowledged = new Map<string, Set<string>>()
  const histories = new Map<string, History>()
  const held = new Map<number, Map<string, { alone: boolean }>>()
  const running = new Map<number, Set<string>>()
  const stopping = new Set<number>()
  const deadly = new Set<number>()
  const killed = new Set<number>()
  const exits: number[] = []
  let dead = 0

  const historyOf = (id: string) => at(histories, id, emptyHistory)
  const heldBy = (pid: number) => at(held, pid, () => new Map<string, { alone: boolean }>())
  const runningIn = (pid: number) => at(running, pid, () => new Set<string>())

  function exit(pid: number, code: number | null, ms: number): void {
    if (code === null) {
      if (!killed.has(pid) && !deadly.has(pid)) wrong(`Server ${pid} was killed by nobody`)
      dead++
      for (const [id, { alone }] of heldBy(pid)) {
        historyOf(id).struck++
        if (alone) historyOf(id).struckAlone++
      }
    } else if (!stopping.has(pid)) wrong(`Server ${pid} ended by itself with ${code}`)
    else if (code !== 0) wrong(`Server ${pid} ended with ${code} after SIGTERM`)
    else {
      exits.push(ms)
      if (ms > longestExit) wrong(`Server ${pid} took ${ms} ms to end after SIGTERM`)
      if (heldBy(pid).size > 0) wrong(`Server ${pid} left without giving back ${[...heldBy(pid).keys()].join(', ')}`)
    }
  }

  for (const entry of entries) {
    switch (entry.op) {
      case 'invoke':
        asked.set(entry.key, entry.input)
        if (entry.poison) poisons.add(entry.key)
        break
      case 'ok':
        at(acknowledged, entry.key, () => new Set<string>()).add(entry.id)
        break
      case 'claim':
        if (stopping.has(entry.pid)) wrong(`Server ${entry.pid} claimed ${entry.id} after SIGTERM`)
        heldBy(entry.pid).set(entry.id, { alone: entry.alone })
        break
      case 'unclaimed':
        heldBy(entry.pid).delete(entry.id)
        break
      case 'begin': {
        const others = [...runningIn(entry.pid)].filter((id) => id !== entry.id)
        const isAlone = (id: string) => heldBy(entry.pid).get(id)?.alone === true
        if (others.length > 0 && [entry.id, ...others].some(isAlone)) {
          wrong(`${entry.id} began beside ${others.join(', ')}, of which one was to be alone`)
        }
        runningIn(entry.pid).add(entry.id)
        historyOf(entry.id).begins++
        break
      }
      case 'end':
        runningIn(entry.pid).delete(entry.id)
        if (entry.outcome === 'Success') historyOf(entry.id).ends++
        break
      case 'settled': {
        const isHolder = heldBy(entry.pid).delete(entry.id)
        const history = historyOf(entry.id)
        if (entry.status !== 'Pending') {
          history.finals++
          history.final = entry.status
        } else if (isHolder && stopping.has(entry.pid)) history.givenBack++
        break
      }
      case 'poison':
        deadly.add(entry.pid)
        break
      case 'stopping':
        stopping.add(entry.pid)
        break
      case 'kill':
        killed.add(entry.pid)
        break
      case 'exit':
        exit(entry.pid, entry.code, entry.ms)
        break
      case 'fail':
      case 'term':
        break
    }
  }
  return { asked, poisons, acknowledged, histories, exits, deaths: dead, byPoison: deadly.size }
}

function emptyHistory(): History {
  return { begins: 0, ends: 0, finals: 0, struck: 0, struckAlone: 0, givenBack: 0 }
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}
