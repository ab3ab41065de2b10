/** Seeds by which the simulation found a fault of the sources, and the mutation that brings that fault back. */
export const regressions: readonly { readonly seed: number; readonly mutation: string }[] = [
  { seed: 12, mutation: 'a refused outcome is dropped in a hurried shutdown' },
  { seed: 55, mutation: 'no fence' },
]
