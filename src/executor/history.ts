import { LRUCache } from 'lru-cache'
import type { Outcome } from '../event.ts'
import { Turn } from './line.ts'

/** Runs of the same code that may go on at a time and still count as few. */
const few = 4
/** Versions of code that are remembered for what they cost. */
const remembered = 1000

/** What became of earlier runs of some code tells whose turn its next one is. */
export interface History {
  /** To be called as a run comes, and what it gives as the run ends: without an outcome, if there was none. */
  begin(hash: string): { readonly turn: Turn; ended(outcome: Outcome | undefined): void }
}

export function createHistory(): History {
  const going = new Map<string, number>()
  const costly = new LRUCache<string, true>({ max: remembered })

  return {
    begin(hash) {
      const others = going.get(hash) ?? 0
      going.set(hash, others + 1)
      return {
        turn: costly.has(hash) ? Turn.Costly : others < few ? Turn.First : Turn.Many,
        ended(outcome) {
          const left = (going.get(hash) ?? 1) - 1
          if (left > 0) going.set(hash, left)
          else going.delete(hash)
          if (outcome?.kind === 'Success') costly.delete(hash)
          else if (outcome?.kind === 'Failure' && processEnds.has(outcome.failure.code)) costly.set(hash, true)
        },
      }
    },
  }
}

/** After these the process is killed. */
const processEnds = new Set<string>(['TIMEOUT', 'OUT_OF_MEMORY', 'SANDBOX_CRASH'])
