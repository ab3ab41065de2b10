/** Who waits for something, in the order of coming, but that some go before all others. */
export interface Line<T> {
  add(one: T, goesFirst: boolean): void
  delete(one: T): void
  /** Who is next, and leaves the line. */
  shift(): T | undefined
  size(): number
}

export function createLine<T>(): Line<T> {
  const lines = [new Set<T>(), new Set<T>()] as const
  const [first, others] = lines
  return {
    add: (one, goesFirst) => void (goesFirst ? first : others).add(one),
    delete(one) {
      for (const line of lines) line.delete(one)
    },
    shift() {
      for (const line of lines) {
        for (const one of line) {
          line.delete(one)
          return one
        }
      }
      return undefined
    },
    size: () => first.size + others.size,
  }
}
