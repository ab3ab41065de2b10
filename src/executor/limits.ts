import type { Caps } from '../caps.ts'

const errorLimits = {
  nameLength: 200,
  messageLength: 8 * 1024,
  stackFrames: 20,
  frameLength: 500,
  rawStackLength: 64 * 1024,
  causeDepth: 3,
  causeLength: 2 * 1024,
  /** Errors that are told of those an AggregateError gathers. */
  errorParts: 10,
} as const

/** No child may send a longer stack: its own headline and frames, and those of each cause. */
export const stackLength =
  (errorLimits.causeDepth + 1) *
  (errorLimits.messageLength + errorLimits.nameLength + errorLimits.stackFrames * (errorLimits.frameLength + 1))

/** Limits that hold inside the isolate and that nobody needs to set. Lengths count characters. */
export const sandboxLimits = {
  ...errorLimits,
  stackLength,
  pathLength: 500,
  resultDepth: 500,
  inspectDepth: 2,
  inspectItems: 100,
  inspectLength: 16 * 1024,
  /** Characters of one text in a value that is shown. */
  inspectText: 10_000,
  /** Columns that a value which is shown may take before it is broken into lines. */
  inspectWidth: 80,
  inspectJsonDepth: 20,
  tableRows: 200,
  tableColumns: 50,
  cellLength: 500,
  /** Levels of `console.group` that are indented. */
  groups: 20,
  /** Prototypes of a value that are looked at. */
  prototypes: 100,
} as const

/** All limits that hold inside the isolate: what the boot modules import as `limits`. */
export function limitsInside(caps: Caps) {
  const { logLines, logLength, logLineLength, resultBytes, timers, calls, callsInFlight, callBytes, fetches } = caps
  return {
    ...sandboxLimits,
    lines: logLines,
    lineLength: logLineLength,
    logLength,
    resultBytes,
    /** The same as it is said to the user. */
    resultSize: sizeText(resultBytes),
    timers,
    calls,
    callsInFlight,
    callBytes,
    fetches,
  }
}

/** A size as a person would say it: whole megabytes or kilobytes where it is such, else all of its digits. */
export function sizeText(size: number, unit = 'bytes'): string {
  if (size >= 1024 ** 2 && size % 1024 ** 2 === 0) return `${size / 1024 ** 2} MB`
  return size >= 1024 && size % 1024 === 0 ? `${size / 1024} kB` : `${size} ${unit}`
}

/** What a cut text may be longer than its limit, because it says how much is missing. */
export const clipNote = 64

/** Memory a warm isolate is made for while no run has asked for another, in megabytes. */
export const usualMemoryMb = 128

/** Batching of log lines on their way out of a child. */
export const logBatch = { ms: 10, length: 64 * 1024 } as const

/** How much longer than its limit a run may take until the child gives up on hearing from the isolate, in ms. */
export const isolateGraceMs = 300

/** The same until the child itself is killed, in ms. */
export const childGraceMs = 500
