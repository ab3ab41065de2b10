/** Seeds by which the simulation found a fault of the sources, and the mutation that brings that fault back. */
export const regressions: readonly { readonly seed: number; readonly mutation: string }[] = [
  { seed: 12, mutation: 'a refused outcome is dropped in a hurried shutdown' },
  { seed: 12, mutation: 'a run begun after the grace of a shutdown goes on' },
  { seed: 3, mutation: 'no fence' },
  { seed: 65, mutation: 'a claim answered late is believed' },
  { seed: 8, mutation: 'lines of a log are kept in any order' },
  { seed: 52, mutation: 'a cancellation without an answer is told to nobody' },
]
