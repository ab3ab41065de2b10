import { BytesOf, bufferSize, dataViewBuffer, dataViewOffset, dataViewSize, isView, viewName } from '../primordials.js'
import { bytesSet, fromUnits, viewBuffer, viewOffset, viewSize } from './primordials.js'

const chunk = 8192

/** The bytes of a buffer or view, shared with it. Undefined: it is neither. */
export function sharedBytes(value) {
  if (isView(value)) {
    return viewName(value) === undefined
      ? new BytesOf(dataViewBuffer(value), dataViewOffset(value), dataViewSize(value))
      : new BytesOf(viewBuffer(value), viewOffset(value), viewSize(value))
  }
  const size = sizeOf(value)
  return size === undefined ? undefined : new BytesOf(value, 0, size)
}

/** The same as a copy, which later changes of the original do not reach. */
export function copiedBytes(value) {
  const shared = sharedBytes(value)
  if (shared === undefined) return undefined
  const copy = new BytesOf(viewSize(shared))
  bytesSet(copy, shared)
  return copy
}

function sizeOf(value) {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    return bufferSize(value)
  } catch {
    return undefined
  }
}

/** A text whose characters are those of the bytes, each of them one. */
export function binaryText(bytes) {
  const size = viewSize(bytes)
  let text = ''
  for (let from = 0; from < size; from += chunk) {
    const length = size - from < chunk ? size - from : chunk
    text += fromUnits(new BytesOf(viewBuffer(bytes), viewOffset(bytes) + from, length))
  }
  return text
}
