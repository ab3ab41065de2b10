import { createHash, createHmac } from 'node:crypto'
import type { Inbox } from './inbox.ts'
import { isRecord, type ChildMessage } from './protocol.ts'

export interface ChildCallsOptions {
  /** The run that makes them. */
  readonly id: number
  /** How many it may make. The isolate refuses more itself. */
  readonly most: number
  readonly send: (message: ChildMessage) => void
  readonly inbox: Inbox
}

/**
 * The calls of a run where they come out of the isolate. What needs the network goes on to the server, what only needs
 * Node is done here.
 */
export function createChildCalls({ id, most, send, inbox }: ChildCallsOptions) {
  let count = 0
  return {
    call: (callId: number, op: string, json: string): void => {
      if (op === 'cancel') {
        send({ type: 'cancel', id, callId })
        return
      }
      if (++count > most) return
      if (op === 'fetch') send({ type: 'call', id, callId, op, json })
      else inbox.put({ callId, json: JSON.stringify(calculate(op, json)) })
    },
  }
}

/** A digest or a message authentication code, in base64. Null: not possible. */
function calculate(op: string, json: string): string | null {
  const values: unknown = JSON.parse(json)
  if (!isRecord(values)) return null
  const { hash, data, key } = values
  if (typeof hash !== 'string' || typeof data !== 'string' || !hashes.has(hash)) return null
  if (op === 'digest') return createHash(hash).update(data, 'base64').digest('base64')
  if (op !== 'hmac' || typeof key !== 'string') return null
  return createHmac(hash, Buffer.from(key, 'base64')).update(data, 'base64').digest('base64')
}

const hashes = new Set(['SHA1', 'SHA256', 'SHA384', 'SHA512'])
