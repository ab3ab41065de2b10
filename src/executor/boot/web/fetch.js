import { TypeErrorOf, slice, startsWith, stringify } from '../primordials.js'
import { onAbort } from './abort.js'
import { bytesOfBase64 } from './base64.js'
import { markCaller } from './caller.js'
import { call, noRoom, rejectSoon } from './calls.js'
import { DOMException } from './dom-exception.js'
import { pairs } from './headers.js'
import { readRequest } from './request.js'
import { newResponse } from './response.js'
import { PromiseOf, toBase64, toLowerCase } from './primordials.js'

export function fetch(input, init = undefined) {
  // First, so that a flood costs little.
  const problem = noRoom('fetch', 'fetch')
  if (problem !== undefined) return rejectSoon(problem)
  const isEmpty = arguments.length === 0
  return new PromiseOf((resolve, reject) => {
    const fail = markCaller()
    if (isEmpty) throw new TypeErrorOf("The 'input' argument must be specified")
    const request = readRequest(input, init)
    const { signal } = request
    if (signal?.aborted) throw signal.reason
    let forget
    const cancel = call('fetch', 'fetch', write(request), (answer) => {
      forget?.()
      if (answer.kind === 'answer') resolve(newResponse(answer, readBytes(answer)))
      else reject(fail(newError(answer)))
    })
    if (signal === undefined) return
    forget = onAbort(signal, () => {
      cancel()
      reject(signal.reason)
    })
  })
}

/** By hand, since `stringify` would ask a list for a `toJSON` that code may have given it. */
function write({ url, method, headers, bytes, redirect }) {
  const list = pairs(headers)
  let text = ''
  for (let index = 0; index < list.length; index++) {
    text += `${index === 0 ? '' : ','}[${stringify(list[index][0])},${stringify(list[index][1])}]`
  }
  const body = bytes === null ? '' : `,"body":"${toBase64(bytes)}"`
  return `{"url":${stringify(url)},"method":${stringify(method)},"redirect":"${redirect}","headers":[${text}]${body}}`
}

function readBytes({ status, body }) {
  return status === 204 || status === 205 || status === 304 ? null : bytesOfBase64(body)
}

/** Tells what was expected and what came, in words that are meant for the user. */
function newError({ name, message }) {
  if (name !== 'TypeError') return new DOMException(message, name)
  const said = startsWith(toLowerCase(message), 'fetch failed') ? slice(message, 12) : `: ${message}`
  return new TypeErrorOf(`fetch failed${said}`)
}
