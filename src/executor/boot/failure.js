import { errorText, readText, readValue } from './error-text.js'
import { inspect } from './inspect.js'
import { limits } from './limits.js'
import { clip, isError } from './primordials.js'

/**
 * Everything about a thrown value as bounded text. It is read here, while the clock of the run ticks and inside its
 * memory limit, because getters of user code may loop or throw.
 */
export function describe(thrown) {
  const retryable = readValue(thrown, 'retryable') !== false
  if (!isError(thrown)) {
    const message = clip(`Something that is not an Error was thrown: ${inspect(thrown)}`, limits.messageLength)
    return { name: 'NonErrorThrown', message, stack: '', retryable }
  }
  const name = readText(thrown, 'name', limits.nameLength) || 'Error'
  const message = readText(thrown, 'message', limits.messageLength)
  return { name, message, stack: errorText(thrown, limits.messageLength) + causes(thrown), retryable }
}

function causes(thrown) {
  let text = ''
  let cause = readValue(thrown, 'cause')
  for (let depth = 1; depth <= limits.causeDepth && cause !== undefined; depth++) {
    const found = isError(cause) ? errorText(cause, limits.causeLength) : clip(inspect(cause), limits.causeLength)
    text += `\nCaused by: ${found}`
    cause = readValue(cause, 'cause')
  }
  return text
}
