import { describe, expect, test } from 'vitest'
import type { LanesOptions, Turn } from '../src/lanes.ts'
import { createLanes } from '../src/lanes.ts'

/** Lanes, and short ways to fill them and to see who runs. */
function lanesOf(options: Partial<LanesOptions> = {}) {
  const lanes = createLanes({ places: 16, perLane: 8, capacity: 100_000, ...options })
  const running = new Map<string, Turn>()
  let last = 0
  const add = (lane: string, count: number, runAt = 0) => {
    for (let index = 0; index < count; index++) {
      const isInline = lane.startsWith('inline')
      lanes.add({ id: `${lane}#${last++}`, runAt, workflow: isInline ? null : lane, execution: null, version: lane })
    }
  }
  const start = () => {
    const started: string[] = []
    for (let turn = lanes.next(); turn; turn = lanes.next()) {
      running.set(turn.id, turn)
      started.push(turn.id.split('#')[0] ?? '')
    }
    return started
  }
  const finish = (lane: string) => {
    const [id, turn] = [...running].find(([each]) => each.startsWith(`${lane}#`)) ?? []
    if (!id || !turn) throw new Error(`Nothing runs in ${lane}`)
    running.delete(id)
    turn.leave()
  }
  return { lanes, add, start, finish }
}

const count = (names: readonly string[], name: string) => names.filter((each) => each === name).length

describe('lanes', () => {
  test('one has its share and no more', () => {
    const { add, start, finish } = lanesOf()
    add('a', 20)
    expect(count(start(), 'a')).toBe(8)
    expect(start()).toEqual([])
    finish('a')
    expect(start()).toEqual(['a'])
  })

  test('with three whose runs never end, one of another starts at once, and the next as well', () => {
    const { add, start } = lanesOf()
    for (const lane of ['a', 'b', 'c']) {
      add(lane, 1000)
      start()
    }
    add('honest', 3)
    expect(start()).toEqual(['honest'])
    add('late', 1)
    expect(start()).toEqual(['late'])
  })

  test('inline code of ever new text leaves places to what is saved', () => {
    const { add, start } = lanesOf()
    for (let text = 0; text < 1000; text++) add(`inline${text}`, 1)
    expect(start()).toHaveLength(14)
    add('saved', 2)
    expect(start()).toEqual(['saved'])
    add('other', 2)
    expect(start()).toEqual(['other'])
  })

  test('lanes take turns, those with nothing running first, saved ones and inline code by turns', () => {
    const { add, start, finish } = lanesOf({ places: 2, perLane: 2 })
    for (const lane of ['a', 'b', 'c']) add(lane, 3)
    expect(start()).toEqual(['a', 'b'])
    const order: string[] = []
    for (let round = 0; round < 4; round++) {
      finish(['a', 'b', 'c'][round % 3] ?? '')
      order.push(...start())
    }
    expect(order).toEqual(['c', 'a', 'b', 'c'])
    const mixed = lanesOf({ places: 1, perLane: 1 })
    for (const lane of ['a', 'b', 'inline1', 'inline2']) mixed.add(lane, 1)
    const turns = [0, 1, 2, 3].map(() => {
      const [lane = ''] = mixed.start()
      mixed.finish(lane)
      return lane
    })
    expect(turns).toEqual(['a', 'inline1', 'b', 'inline2'])
  })

  test('within a lane what is due first goes first, and of those due together what came first', () => {
    const { lanes } = lanesOf({ places: 9, perLane: 9 })
    const due: [string, number | null][] = [
      ['d', 30],
      ['b', 10],
      ['e', 30],
      ['c', 20],
      ['a', null],
    ]
    const order: string[] = []
    for (const [id, runAt] of due) lanes.add({ id, runAt, workflow: 'w', execution: null, version: null })
    for (let turn = lanes.next(); turn; turn = lanes.next()) {
      order.push(turn.id)
      turn.leave()
    }
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('an event waits once, and not while it has a turn', () => {
    const { lanes } = lanesOf()
    const event = { id: 'x', runAt: 0, workflow: 'w', execution: null, version: null }
    lanes.add(event)
    lanes.add(event)
    expect(lanes.waiting()).toBe(1)
    expect(lanes.next()?.id).toBe('x')
    expect([lanes.waiting(), lanes.next()]).toEqual([0, undefined])
  })

  test('an event that is added with another lane moves there, and its old lane remembers nothing of it', () => {
    const { lanes, add, start } = lanesOf({ places: 8, perLane: 2, capacity: 10 })
    add('a', 2)
    expect(start()).toEqual(['a', 'a'])
    const event = { id: 'moved#', runAt: 0, execution: null, version: null }
    lanes.add({ ...event, workflow: 'a' })
    expect(start(), 'behind a busy lane').toEqual([])
    lanes.add({ ...event, workflow: 'b' })
    expect([lanes.waiting(), start(), lanes.waiting()]).toEqual([1, ['moved'], 0])
    // The count of what waits as inline code moves along: half of the capacity is free for it again.
    for (let round = 0; round < 100; round++) {
      lanes.add({ ...event, workflow: null, version: `text ${round}` })
      lanes.add({ ...event, workflow: 'a' })
    }
    for (let text = 0; text < 10; text++) add(`inline${text}`, 1)
    expect(lanes.waiting()).toBe(1 + 5)
  })

  test('what is remembered is bounded, and one lane or inline code cannot take it all', () => {
    const { lanes, add } = lanesOf({ capacity: 1000 })
    const added = (fill: () => void) => {
      const before = lanes.waiting()
      fill()
      return lanes.waiting() - before
    }
    expect(added(() => add('greedy', 5000))).toBe(500)
    const inline = () => {
      for (let text = 0; text < 5000; text++) add(`inline${text}`, 1)
    }
    expect(added(inline)).toBe(250)
    expect(added(() => add('honest', 100))).toBe(100)
  })

  test('a machine with few places keeps none free, one with one place runs everything in turn', () => {
    const few = lanesOf({ places: 2, perLane: 1 })
    few.add('inline1', 5)
    few.add('inline2', 5)
    expect(few.start()).toEqual(['inline1', 'inline2'])
    const one = lanesOf({ places: 1, perLane: 1 })
    one.add('inline1', 2)
    one.add('a', 2)
    expect(one.start()).toEqual(['a'])
    one.finish('a')
    expect(one.start()).toEqual(['inline1'])
  })

  test('nothing is left of what was cleared, while what runs keeps its place until it leaves', () => {
    const { lanes, add, start, finish } = lanesOf({ places: 1, perLane: 1 })
    add('a', 5)
    expect(start()).toEqual(['a'])
    lanes.clear()
    add('b', 1)
    expect(start()).toEqual([])
    finish('a')
    expect(start()).toEqual(['b'])
  })

  test('a long backlog of many lanes costs little each time', () => {
    const { add, start, finish } = lanesOf()
    add('greedy', 40_000)
    for (let text = 0; text < 20_000; text++) add(`inline${text}`, 1)
    start()
    add('honest', 10_000)
    const began = performance.now()
    for (let round = 0; round < 10_000; round++) {
      if (round > 0) finish('honest')
      expect(count(start(), 'honest')).toBe(1)
    }
    console.log(`10,000 turns beside 60,000 that wait: ${Math.round(performance.now() - began)} ms`)
  })
})
