import { inspect } from './inspect.js'
import { limits } from './limits.js'
import { ownValue } from './names.js'
import {
  MapOf,
  attempt,
  ceil,
  clip,
  hasOwn,
  isArray,
  keysOf,
  mapEntries,
  mapGet,
  mapSet,
  mapSize,
  max,
  min,
  nextEntry,
  nextValue,
  push,
  repeat,
  setSize,
  setValues,
  toText,
} from './primordials.js'
import { unwrap } from './removals.js'

/** `console.table`: rows and columns in lines. Undefined for what has no rows. `wanted`: the columns to show. */
export function table(data, wanted) {
  const value = unwrap(data)
  if (typeof value !== 'object' || value === null) return undefined
  if (attempt(mapSize, value) !== undefined) return entries(value)
  if (attempt(setSize, value) !== undefined) return items(value)
  const columns = unwrap(wanted)
  return rows(value, isArray(columns) ? listed(columns) : undefined)
}

/** The names of the columns that are asked for. */
function listed(columns) {
  const names = []
  const count = min(columns.length, limits.tableColumns)
  for (let index = 0; index < count; index++) {
    const name = ownValue(columns, index)
    push(names, typeof name === 'string' ? name : inspect(name, 0))
  }
  return names
}

function entries(value) {
  const index = []
  const keys = []
  const values = []
  const each = mapEntries(value)
  for (let entry = nextEntry(each); !entry.done && index.length < limits.tableRows; entry = nextEntry(each)) {
    push(index, toText(index.length))
    push(keys, cell(entry.value[0]))
    push(values, cell(entry.value[1]))
  }
  return draw(['(iteration index)', 'Key', 'Values'], [index, keys, values], index.length)
}

function items(value) {
  const index = []
  const values = []
  const each = setValues(value)
  for (let item = nextValue(each); !item.done && index.length < limits.tableRows; item = nextValue(each)) {
    push(index, toText(index.length))
    push(values, cell(item.value))
  }
  return draw(['(iteration index)', 'Values'], [index, values], index.length)
}

function rows(value, wanted) {
  const all = keysOf(value)
  const count = min(all.length, limits.tableRows)
  const heads = ['(index)']
  const columns = [[]]
  const byKey = new MapOf()
  const plain = []
  let hasPlain = false
  for (let row = 0; row < count; row++) {
    push(columns[0], clip(all[row], limits.cellLength))
    const item = unwrap(ownValue(value, all[row]))
    const isPlain = item === null || (typeof item !== 'object' && typeof item !== 'function')
    push(plain, isPlain && wanted === undefined ? cell(item) : '')
    if (isPlain && wanted === undefined) {
      hasPlain = true
      continue
    }
    const keys = wanted ?? keysOf(item)
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]
      const column = columnOf(key, row)
      if (column !== undefined && !isPlain && hasOwn(item, key)) column[row] = cell(ownValue(item, key))
    }
  }
  for (let index = 0; index < columns.length; index++) pad(columns[index], count)
  if (hasPlain) {
    push(heads, 'Values')
    push(columns, plain)
  }
  return draw(heads, columns, count)

  function columnOf(key, row) {
    const known = mapGet(byKey, key)
    if (known === undefined && columns.length > limits.tableColumns) return undefined
    const column = known ?? []
    pad(column, row + 1)
    if (known !== undefined) return known
    mapSet(byKey, key, column)
    push(heads, clip(key, limits.cellLength))
    push(columns, column)
    return column
  }
}

function pad(column, length) {
  while (column.length < length) push(column, '')
}

function cell(value) {
  const target = unwrap(value)
  const isWide = typeof target === 'object' && target !== null && !isArray(target) && keysOf(target).length > 2
  return clip(inspect(value, isWide ? -1 : 0, Infinity, 3), limits.cellLength)
}

function draw(heads, columns, count) {
  const widths = []
  for (let column = 0; column < heads.length; column++) {
    let width = heads[column].length
    for (let row = 0; row < count; row++) width = max(width, columns[column][row].length)
    push(widths, width + 2)
  }
  let text = `${line('┌', '┬', '┐', widths)}\n${cells(heads, widths)}\n${line('├', '┼', '┤', widths)}\n`
  for (let row = 0; row < count && text.length < limits.lineLength; row++) {
    const shown = []
    for (let column = 0; column < heads.length; column++) push(shown, columns[column][row])
    text += `${cells(shown, widths)}\n`
  }
  return text + line('└', '┴', '┘', widths)
}

function cells(shown, widths) {
  let text = '│'
  for (let column = 0; column < shown.length; column++) {
    const needed = max(0, widths[column] - 1 - shown[column].length)
    text += `${column === 0 ? '' : '│'} ${shown[column]}${repeat(' ', ceil(needed))}`
  }
  return `${text}│`
}

function line(left, middle, right, widths) {
  let text = left
  for (let column = 0; column < widths.length; column++)
    text += (column === 0 ? '' : middle) + repeat('─', widths[column])
  return text + right
}
