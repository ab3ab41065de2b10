/** How often it is looked whether this process gets to run, in milliseconds. */
const tickMs = 10

export interface Stopwatch {
  /** Milliseconds since the start, without those in which the machine was busy with others. Stops the watch. */
  stop(): number
}

/**
 * For what waits and may not wait longer than so long, on a machine that may be busy: a tick that comes late is time in
 * which nobody here could have answered. Not for what computes in this process, which would not be counted.
 */
export function startStopwatch(): Stopwatch {
  const began = performance.now()
  let last = began
  let lost = 0
  const look = () => {
    const now = performance.now()
    const late = now - last - tickMs
    if (late > tickMs) lost += late
    last = now
  }
  const timer = setInterval(look, tickMs)
  return {
    stop() {
      clearInterval(timer)
      look()
      return last - began - lost
    },
  }
}
