/** Lets many in together, or one alone. Whoever waits to be alone goes before those who come after it. */
export interface Gate {
  /** Resolves once inside, to what must be called on the way out. */
  enter(alone: boolean): Promise<() => void>
}

export function createGate(): Gate {
  const waiting: { readonly alone: boolean; readonly open: (leave: () => void) => void }[] = []
  let inside = 0
  let taken = false

  const admit = () => {
    for (let first = waiting[0]; first && !taken && (inside === 0 || !first.alone); first = waiting[0]) {
      waiting.shift()
      inside++
      taken = first.alone
      first.open(leaveOnce())
    }
  }

  const leaveOnce = () => {
    let left = false
    return () => {
      if (left) return
      left = true
      inside--
      taken = false
      admit()
    }
  }

  return {
    enter: (alone) =>
      new Promise((open) => {
        waiting.push({ alone, open })
        admit()
      }),
  }
}
