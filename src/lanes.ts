import type { WakeUp } from './ports.ts'

/**
 * Events wait in lanes: one for each workflow and function, and one for each text of inline code. No lane takes more
 * than its share of the places where events run, however many wait in it, so that none starves another. Two parts of
 * the places are kept free of most: a quarter for lanes that have nothing running, and of that the last eighth for
 * saved workflows and functions, because inline code makes as many lanes as it has texts.
 */
export interface Lanes {
  /**
   * Has an event wait its turn; one that waits in another lane moves. Forgotten, for the sweep to find again, when too
   * much is remembered of its lane.
   */
  add(event: WakeUp): void
  /** How many wait. */
  waiting(): number
  /** Takes a place for the event whose turn it is, if one may run now. */
  next(): Turn | undefined
  clear(): void
}

export interface Turn {
  readonly id: string
  /** Gives the place back. To be called once. */
  leave(): void
}

export interface LanesOptions {
  /** How many events may run at the same time. */
  readonly places: number
  /** How many of one lane. */
  readonly perLane: number
  /** How many that wait are remembered. One lane takes at most half of it, two take two thirds, and so on. */
  readonly capacity: number
}

interface Lane {
  readonly name: string
  readonly isInline: boolean
  /** Longest due first. */
  readonly waiting: { readonly id: string; readonly due: number }[]
  running: number
}

/** Lanes in which an event waits that could run, in the order of their turns. */
interface Rotation {
  readonly saved: Set<Lane>
  readonly inline: Set<Lane>
}

export function createLanes({ places, perLane, capacity }: LanesOptions): Lanes {
  const lanes = new Map<string, Lane>()
  /** Where each event waits. */
  const known = new Map<string, Lane>()
  // Lanes with nothing running go first.
  const idle: Rotation = { saved: new Set(), inline: new Set() }
  const busy: Rotation = { saved: new Set(), inline: new Set() }
  const keptForIdle = Math.floor(places / 4)
  const keptForSaved = places < 4 ? 0 : Math.ceil(places / 8)
  let taken = 0
  let inlineWaiting = 0
  let isTurnOfInline = false

  /** Puts a lane at the end of the rotation it now belongs to, or where it is if it belongs there already. */
  function arrange(lane: Lane): void {
    const kind = lane.isInline ? 'inline' : 'saved'
    const rotation = lane.running === 0 ? idle : busy
    const other = lane.running === 0 ? busy : idle
    other[kind].delete(lane)
    if (lane.waiting.length > 0 && lane.running < perLane) rotation[kind].add(lane)
    else rotation[kind].delete(lane)
    if (lane.waiting.length === 0 && lane.running === 0) lanes.delete(lane.name)
  }

  function add(event: WakeUp): void {
    const { name, isInline } = laneOf(event)
    const before = known.get(event.id)
    if (before?.name === name) return
    if (before) remove(before, event.id)
    const lane = lanes.get(name) ?? { name, isInline, waiting: [], running: 0 }
    const free = capacity - known.size
    if ((isInline ? inlineWaiting : lane.waiting.length) >= free) return
    known.set(event.id, lane)
    if (isInline) inlineWaiting++
    const due = event.runAt ?? 0
    const index = lane.waiting.findLastIndex((other) => other.due <= due)
    lane.waiting.splice(index + 1, 0, { id: event.id, due })
    lanes.set(name, lane)
    arrange(lane)
  }

  function remove(lane: Lane, id: string): void {
    const index = lane.waiting.findIndex((each) => each.id === id)
    lane.waiting.splice(index, 1)
    forget(lane, id)
    arrange(lane)
  }

  function forget(lane: Lane, id: string): void {
    known.delete(id)
    if (lane.isInline) inlineWaiting--
  }

  function choose(): Lane | undefined {
    const mayBeBusy = taken < places - keptForIdle
    const mayBeInline = taken < places - keptForSaved
    for (const rotation of mayBeBusy ? [idle, busy] : [idle]) {
      const [saved] = rotation.saved
      const [inline] = mayBeInline ? rotation.inline : []
      const lane = isTurnOfInline ? (inline ?? saved) : (saved ?? inline)
      if (lane) return lane
    }
    return undefined
  }

  function next(): Turn | undefined {
    if (taken >= places) return undefined
    const lane = choose()
    const event = lane?.waiting.shift()
    if (!lane || !event) return undefined
    forget(lane, event.id)
    isTurnOfInline = !lane.isInline
    taken++
    lane.running++
    busy[lane.isInline ? 'inline' : 'saved'].delete(lane)
    arrange(lane)
    return {
      id: event.id,
      leave() {
        taken--
        lane.running--
        arrange(lane)
      },
    }
  }

  return {
    add,
    waiting: () => known.size,
    next,
    clear() {
      for (const { waiting } of lanes.values()) waiting.length = 0
      known.clear()
      lanes.clear()
      inlineWaiting = 0
      for (const { saved, inline } of [idle, busy]) {
        saved.clear()
        inline.clear()
      }
    },
  }
}

/** Ids of workflows and functions differ from each other and from hashes. */
function laneOf({ workflow, execution, version }: WakeUp): Pick<Lane, 'name' | 'isInline'> {
  const saved = workflow ?? execution
  return { name: saved ?? version ?? '', isInline: saved === null }
}
