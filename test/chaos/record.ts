// What the processes of a chaos run say they did: one file, to which each appends whole lines, in the order of what
// happened. It is all that the checker goes by, besides the data file itself.
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'

export type Entry =
  /** A client asks for an event, and is told of it, or not. */
  | { readonly op: 'invoke'; readonly key: string; readonly poison: boolean; readonly input: unknown }
  | { readonly op: 'ok'; readonly key: string; readonly id: string }
  | { readonly op: 'fail'; readonly key: string; readonly why: string }
  /** A server goes to claim an event, alone if its runners died of it too often, and learns whether it did. */
  | ({ readonly op: 'claim'; readonly alone: boolean } & Run)
  | ({ readonly op: 'unclaimed' } & Run)
  /** Code begins and ends. */
  | ({ readonly op: 'begin' } & Run)
  | ({ readonly op: 'end'; readonly outcome: string } & Run)
  /** What came of it is in the store. */
  | ({ readonly op: 'settled'; readonly status: string } & Run)
  /** Code brings its server down. */
  | ({ readonly op: 'poison' } & Run)
  /** A server was told to leave. */
  | { readonly op: 'stopping'; readonly pid: number }
  /** The harness sends a signal, and sees a server end: `code` is null after SIGKILL, `ms` counts from SIGTERM. */
  | { readonly op: 'kill'; readonly pid: number }
  | { readonly op: 'term'; readonly pid: number }
  | { readonly op: 'exit'; readonly pid: number; readonly code: number | null; readonly ms: number }

interface Run {
  readonly pid: number
  readonly id: string
  readonly attempt: number
}

/** Appends to the record, from any number of processes: a line is one write. */
export function openRecord(file: string): (entry: Entry) => void {
  const fd = openSync(file, 'a')
  // The time is for whoever reads it: the checker goes by the order.
  return (entry) => void writeSync(fd, `${JSON.stringify({ at: Date.now(), ...entry })}\n`)
}

export function readRecord(file: string): Entry[] {
  return parse(readFileSync(file, 'utf8'))
}

/** Gives at each call what was appended since the last one. */
export function followRecord(file: string): () => Entry[] {
  let offset = 0
  return () => {
    const fd = openSync(file, 'r')
    try {
      const buffer = Buffer.alloc(1 << 20)
      const length = readSync(fd, buffer, 0, buffer.length, offset)
      const whole = buffer.subarray(0, length).lastIndexOf('\n') + 1
      offset += whole
      return parse(buffer.subarray(0, whole).toString())
    } finally {
      closeSync(fd)
    }
  }
}

function parse(text: string): Entry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}
