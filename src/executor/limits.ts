/** Limits that hold inside the isolate. Lengths count characters. */
export const sandboxLimits = {
  /** Lines of log one run may keep. */
  lines: 1000,
  lineLength: 8 * 1024,
  /** Characters of log one run may keep. */
  logLength: 256 * 1024,
  nameLength: 200,
  messageLength: 8 * 1024,
  stackFrames: 20,
  frameLength: 500,
  rawStackLength: 64 * 1024,
  causeDepth: 3,
  causeLength: 2 * 1024,
  pathLength: 500,
  resultBytes: 1024 * 1024,
  resultDepth: 500,
  inspectDepth: 2,
  inspectItems: 100,
  inspectLength: 16 * 1024,
  timers: 1000,
} as const

/** No child may send a longer stack: its own headline and frames, and those of each cause. */
export const stackLength =
  (sandboxLimits.causeDepth + 1) *
  (sandboxLimits.messageLength + sandboxLimits.nameLength + sandboxLimits.stackFrames * (sandboxLimits.frameLength + 1))

/** What a cut text may be longer than its limit, because it says how much is missing. */
export const clipNote = 64

/** Largest source that is looked at, in characters. */
export const sourceLength = 1024 * 1024

/** Memory a warm isolate is made for while no run has asked for another, in megabytes. */
export const usualMemoryMb = 128

/** Batching of log lines on their way out of a child. */
export const logBatch = { ms: 10, length: 64 * 1024 } as const

/** How much longer than its limit a run may take until the child gives up on hearing from the isolate, in ms. */
export const isolateGraceMs = 150

/** The same until the child itself is killed, in ms. */
export const childGraceMs = 250
