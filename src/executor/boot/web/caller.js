import { ErrorOf, indexOf, slice } from '../primordials.js'
import { define } from './define.js'

/**
 * Remembers who called, so that an error that comes later, when no code of the user is running, can say so: the
 * function that is given back puts it into the error.
 */
export function markCaller() {
  const mark = new ErrorOf('')
  return (error) => {
    const { stack } = mark
    if (typeof stack !== 'string') return error
    const at = indexOf(stack, '\n')
    const frames = at === -1 ? '' : slice(stack, at)
    define(error, 'stack', `${error.name}: ${error.message}${frames}`)
    return error
  }
}
