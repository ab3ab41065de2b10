/** Who goes before whom. `Costly`: what it ran before cost a process, which then had to be replaced. */
export const Turn = { First: 0, Many: 1, Costly: 2 } as const
export type Turn = (typeof Turn)[keyof typeof Turn]

/** So many in a row may go before others who wait, and then one of those is served. */
const inARow = 8

/** Who waits for something, each behind those of the same turn who came before. */
export interface Line<T> {
  add(one: T, its: Turn): void
  delete(one: T): void
  /** Whose turn it is; undefined: nobody waits. */
  turn(): Turn | undefined
  /** Who is next, and leaves the line. */
  shift(): T | undefined
  size(): number
}

export function createLine<T>(): Line<T> {
  const lines = new Map(Object.values(Turn).map((each) => [each, new Set<T>()]))
  let passed = 0

  function turn(): Turn | undefined {
    const waiting = [...lines].flatMap(([each, line]) => (line.size > 0 ? [each] : []))
    return passed < inARow ? waiting[0] : waiting.at(-1)
  }

  return {
    turn,
    add: (one, its) => void lines.get(its)?.add(one),
    delete(one) {
      for (const line of lines.values()) line.delete(one)
    },
    shift() {
      const its = turn()
      if (its === undefined) return undefined
      const line = lines.get(its) ?? new Set<T>()
      const isLast = [...lines].every(([each, other]) => each <= its || other.size === 0)
      passed = isLast ? 0 : passed + 1
      const [one] = line
      if (one !== undefined) line.delete(one)
      return one
    },
    size: () => [...lines.values()].reduce((sum, line) => sum + line.size, 0),
  }
}
