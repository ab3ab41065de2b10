import { errorText, readText, readValue } from './error-text.js'
import { inspect } from './inspect.js'
import { limits } from './limits.js'
import { attempt, clip, isArray, isError, min, slice } from './primordials.js'

/**
 * Everything about a thrown value as bounded text. It is read here, while the clock of the run ticks and inside its
 * memory limit, because getters of user code may loop or throw. `end` is called with name, message, stack, and whether
 * another attempt may help.
 */
export function describe(thrown, end) {
  const retryable = readValue(thrown, 'retryable') === false ? 0 : 1
  if (!isError(thrown)) {
    const message = clip(`Something that is not an Error was thrown: ${inspect(thrown)}`, limits.messageLength)
    end('NonErrorThrown', message, '', retryable)
    return
  }
  const name = readText(thrown, 'name', limits.nameLength) || 'Error'
  const message = readText(thrown, 'message', limits.messageLength)
  const stack = errorText(thrown, limits.messageLength) + parts(thrown) + causes(thrown)
  end(name, message, slice(stack, 0, limits.stackLength), retryable)
}

function causes(thrown) {
  let text = ''
  let cause = readValue(thrown, 'cause')
  for (let depth = 1; depth <= limits.causeDepth && cause !== undefined; depth++) {
    text += `\nCaused by: ${shortText(cause)}${isError(cause) ? parts(cause) : ''}`
    cause = readValue(cause, 'cause')
  }
  return text
}

/** The errors that an AggregateError gathers. */
function parts(thrown) {
  const errors = readValue(thrown, 'errors')
  // A proxy of a list may have been revoked, or have any length.
  const count = attempt(isArray, errors) === true ? readValue(errors, 'length') : 0
  if (typeof count !== 'number') return ''
  let text = ''
  for (let index = 0; index < min(count, limits.errorParts); index++) {
    text += `\nError ${index + 1} of ${count}: ${shortText(readValue(errors, index))}`
  }
  return text
}

function shortText(value) {
  return isError(value) ? errorText(value, limits.causeLength) : clip(inspect(value), limits.causeLength)
}
