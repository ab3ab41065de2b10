/** Seeds by which the simulation found a fault of the sources, and the mutation that brings that fault back. */
export const regressions: readonly { readonly seed: number; readonly mutation: string }[] = []
