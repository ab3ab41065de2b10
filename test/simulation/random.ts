/** Everything that chance decides in a simulation comes from one of these, so that a seed says all of it. */
export interface Random {
  /** From 0 to below 1. */
  next(): number
  /** A whole number, both ends included. */
  int(min: number, max: number): number
  chance(probability: number): boolean
  /** One of them; undefined when there is none. */
  pick<T>(items: readonly T[]): T | undefined
  /** Mostly short, now and then up to `max`: how delays are spread. */
  delay(usual: number, max: number): number
}

export function createRandom(seed: number): Random {
  // Spread first: neighbouring seeds must not begin alike.
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0

  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  for (let round = 0; round < 5; round++) next()
  return {
    next,
    int: (min, max) => min + Math.floor(next() * (max - min + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)],
    delay: (usual, max) => (next() < 0.02 ? next() * max : next() * usual),
  }
}
