import type { Fault } from './server.ts'

/** What operators are told of a write that meets a fault, in the words of the table of docs/mongodb.md. */
export const outcomes = {
  'a slow answer, within 2 s': 'ok',
  'the socket is lost before the server had the write': 'retried',
  'not primary, stepping down, too busy, another node becomes primary': 'retried',
  'the socket is lost after the server had the write, or half an answer came': 'unknown and resolved',
  'no answer within 2 s': 'unknown and resolved',
  'shutting down, interrupted, out of time, after the write may have been done': 'unknown and resolved',
  'written, but the majority has not confirmed it': 'unknown and resolved',
  'a duplicate id or key, which may be our own': 'unknown and resolved',
  'no server that can be written to for 4.5 s': 'failed: `UNAVAILABLE`, retryable',
  'no right to write, disk full': 'failed: `UNAVAILABLE`, nothing was kept',
} as const

type Row = keyof typeof outcomes

interface WriteFault {
  readonly row: Row
  readonly fault: Omit<Fault, 'command' | 'collection'>
}

/** Faults that end within the time that a call may take, each under its row of the table. */
export const faults: readonly WriteFault[] = [
  { row: 'the socket is lost before the server had the write', fault: { action: 'dropBefore' } },
  { row: 'the socket is lost before the server had the write', fault: { action: 'dropBefore', times: 2 } },
  { row: 'the socket is lost before the server had the write', fault: { action: 'dropBefore', times: 3 } },
  { row: 'the socket is lost after the server had the write, or half an answer came', fault: { action: 'dropAfter' } },
  {
    row: 'the socket is lost after the server had the write, or half an answer came',
    fault: { action: 'dropAfter', times: 2 },
  },
  {
    row: 'the socket is lost after the server had the write, or half an answer came',
    fault: { action: 'dropAfter', times: 3 },
  },
  { row: 'the socket is lost after the server had the write, or half an answer came', fault: { action: 'half' } },
  {
    row: 'the socket is lost after the server had the write, or half an answer came',
    fault: { action: 'half', times: 3 },
  },
  { row: 'no answer within 2 s', fault: { action: 'hang' } },
  { row: 'a slow answer, within 2 s', fault: { action: 'slow', delayMs: 50 } },
  {
    row: 'not primary, stepping down, too busy, another node becomes primary',
    fault: { action: 'error', code: 10_107, codeName: 'NotWritablePrimary', labels: ['RetryableWriteError'] },
  },
  {
    row: 'not primary, stepping down, too busy, another node becomes primary',
    fault: { action: 'error', code: 10_107, codeName: 'NotWritablePrimary', times: 3 },
  },
  {
    row: 'not primary, stepping down, too busy, another node becomes primary',
    fault: { action: 'error', code: 11_602, codeName: 'InterruptedDueToReplStateChange', times: 3 },
  },
  {
    row: 'shutting down, interrupted, out of time, after the write may have been done',
    fault: { action: 'error', code: 50, codeName: 'MaxTimeMSExpired' },
  },
  {
    row: 'shutting down, interrupted, out of time, after the write may have been done',
    fault: { action: 'error', code: 11_601, codeName: 'Interrupted' },
  },
  {
    row: 'not primary, stepping down, too busy, another node becomes primary',
    fault: {
      action: 'error',
      code: 462,
      codeName: 'IngressRequestRateLimitExceeded',
      labels: ['SystemOverloadedError'],
    },
  },
  {
    row: 'shutting down, interrupted, out of time, after the write may have been done',
    fault: { action: 'errorAfter', code: 112, codeName: 'WriteConflict', times: 2 },
  },
  {
    row: 'shutting down, interrupted, out of time, after the write may have been done',
    fault: { action: 'errorAfter', code: 91, codeName: 'ShutdownInProgress', times: 3 },
  },
  {
    row: 'shutting down, interrupted, out of time, after the write may have been done',
    fault: { action: 'errorAfter', code: 50, codeName: 'MaxTimeMSExpired' },
  },
  { row: 'written, but the majority has not confirmed it', fault: { action: 'concern' } },
  { row: 'a duplicate id or key, which may be our own', fault: { action: 'duplicate' } },
  { row: 'no right to write, disk full', fault: { action: 'error', code: 13, codeName: 'Unauthorized' } },
  { row: 'no right to write, disk full', fault: { action: 'error', code: 14_031, codeName: 'OutOfDiskSpace' } },
]

/** Whether the write is there in the end, and its caller is told so. */
export function isKept(row: Row): boolean {
  return !outcomes[row].startsWith('failed')
}
