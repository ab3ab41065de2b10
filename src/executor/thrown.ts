import { inspect } from 'node:util'
import { sandboxLimits } from './limits.ts'
import type { Verdict } from './protocol.ts'

const { frameLength, messageLength, nameLength, stackFrames } = sandboxLimits

/**
 * An error that left the isolate by itself: thrown while the user's module was loaded, or a rejection that nobody
 * handled. By then it is a copy; of the user's object only name, message and stack are left.
 */
export function uncaught(error: unknown): Verdict {
  if (!(error instanceof Error)) return nonError(inspect(error))
  const message = error.message.slice(0, messageLength)
  const frames = userFrames(error)
  // The copy of an object that is no error has a text of the copier instead, and no stack.
  if (frames === '' && message === ofObject) return nonError('an object')
  const name = String(error.name).slice(0, nameLength) || 'Error'
  const headline = message === '' ? name : `${name}: ${message}`
  return { kind: 'error', name, message, stack: frames === '' ? headline : `${headline}\n${frames}`, retryable: true }
}

const ofObject =
  'An object was thrown from supplied code within isolated-vm, but that object was not an instance of `Error`.'

function nonError(shown: string): Verdict {
  const message = `Something that is not an Error was thrown: ${shown}`.slice(0, messageLength)
  return { kind: 'error', name: 'NonErrorThrown', message, stack: '', retryable: true }
}

/** The lines of an error's stack that point into the user's source. */
export function userFrames(error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return ''
  return error.stack
    .split('\n')
    .filter((line) => /^ {4}at .*workflow\.[jt]s:\d/.test(line))
    .slice(0, stackFrames)
    .map((line) => line.slice(0, frameLength))
    .join('\n')
}
