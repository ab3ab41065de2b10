import { now } from '../primordials.js'
import { host } from '../web.js'
import { finish } from './define.js'

let last = 0

/** In whole milliseconds: a finer clock would help code to measure what it should not know. */
class Performance {
  get timeOrigin() {
    return host.startedAt
  }
  now() {
    const passed = now() - host.startedAt
    if (passed > last) last = passed
    return last
  }
  toJSON() {
    return { timeOrigin: this.timeOrigin }
  }
}

finish(Performance, 'Performance')
export const performance = new Performance()
