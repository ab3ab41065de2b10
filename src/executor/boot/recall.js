import { userFrames } from './error-text.js'
import { ErrorOf, attempt, define, errorTitle, reflect } from './primordials.js'

// An error that nobody catches is copied out of the isolate before any code of ours hears of it, and the copy has no
// cause. But V8 asks here for its stack at that moment, so that the error itself can be told of afterwards.
let last
let lastFrames = ''

/** The stack as V8 would write it. Code may put a function of its own in the place of this one. */
function prepareStackTrace(error, sites) {
  let stack = attempt(errorTitle, error) ?? '<error>'
  for (let index = 0; index < sites.length; index++)
    stack += `\n    at ${attempt(siteText, sites[index]) ?? '<anonymous>'}`
  last = error
  lastFrames = userFrames(stack)
  return stack
}

function siteText(site) {
  return `${reflect.apply(reflect.getPrototypeOf(site).toString, site, [])}`
}

/** The error that was copied, if it is the last one whose stack was asked for. Known by the frames of the copy. */
export function recalled(frames) {
  return frames !== '' && frames === lastFrames ? last : undefined
}

define(ErrorOf, 'prepareStackTrace', prepareStackTrace, false)
