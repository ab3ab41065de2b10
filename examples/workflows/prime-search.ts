// A long computation that says how far it is. Watch its lines arrive with the subscription `eventStream`.
interface Search {
  upTo: number
  /** Lines of progress. */
  steps?: number
}

export default async function primeSearch({ input, console }: { input: Search; console: Console }) {
  const { upTo, steps = 10 } = input
  if (!Number.isInteger(upTo) || upTo < 2) throw new RangeError(`upTo: expected a whole number from 2, got ${upTo}`)

  const composite = new Uint8Array(upTo + 1)
  let count = 0
  let largest = 2
  const stride = Math.ceil(upTo / steps)
  for (let n = 2; n <= upTo; n++) {
    if (composite[n] === 0) {
      count++
      largest = n
      for (let multiple = n * n; multiple <= upTo; multiple += n) composite[multiple] = 1
    }
    if (n % stride === 0) {
      console.log(`${Math.round((100 * n) / upTo)} % done, ${count} primes so far`)
      // Lets go of the thread for a moment, so that the line is sent before the next stretch begins.
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
  }
  return { upTo, count, largest }
}
