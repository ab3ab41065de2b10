// What a MongoDB server refuses and the query engine behind the test server would let pass or overlook. Where a server
// would do something that is not done here, it is refused as well: never a made-up success.
import type { Document } from 'bson'
import { CommandError } from './engine.ts'
import { checkSchema } from './json-schema.ts'

function refuse(code: number, codeName: string, message: string): never {
  throw new CommandError(code, codeName, message)
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

/** Refuses fields that are not among these, or in `common`, which every command may carry. */
export function allow(command: Document, ...fields: readonly string[]): void {
  for (const field of Object.keys(command)) {
    if (!fields.includes(field) && !common.has(field)) {
      refuse(40_415, 'Location40415', `BSON field '${field}' is an unknown field.`)
    }
  }
}

/** Fields that every command may carry and that change nothing here: one node is the majority, and all is in memory. */
const common = new Set([
  '$db',
  'lsid',
  'txnNumber',
  '$readPreference',
  '$clusterTime',
  'writeConcern',
  'readConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
])

/** The fields of `common`, in every command. */
export function checkCommon({ readConcern, writeConcern, maxTimeMS, apiVersion }: Document): void {
  const level = readConcern?.level
  if (level !== undefined && !['local', 'available', 'majority', 'linearizable'].includes(level)) {
    refuse(9, 'FailedToParse', `Read concern level '${level}' is not handled`)
  }
  const w = writeConcern?.w
  if (w !== undefined && w !== 'majority' && w !== 1) {
    refuse(100, 'UnsatisfiableWriteConcern', `Not enough data-bearing nodes for w: ${JSON.stringify(w)}`)
  }
  if (maxTimeMS !== undefined && !(maxTimeMS >= 0)) refuse(2, 'BadValue', 'maxTimeMS: expected 0 or more')
  if (apiVersion !== undefined && apiVersion !== '1') refuse(322, 'APIVersionError', 'API version must be "1"')
}

export function checkName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || /[$\0]/.test(name) || name.startsWith('.')) {
    refuse(73, 'InvalidNamespace', `Invalid collection name: ${JSON.stringify(name)}`)
  }
}

/** Between 1 and 100,000 statements or documents. */
export function checkBatch(statements: unknown): void {
  if (!Array.isArray(statements) || statements.length < 1 || statements.length > 100_000) {
    refuse(16, 'InvalidLength', 'Write batch sizes must be between 1 and 100000')
  }
}

export function checkInserted({ _id: id }: Document): void {
  if (id === undefined) refuse(2, 'BadValue', 'Documents without an _id are not handled')
  if (Array.isArray(id) || id instanceof RegExp) refuse(53, 'InvalidIdField', "The '_id' value cannot be an array")
}

export function checkDelete({ limit }: Document): void {
  if (limit !== 0 && limit !== 1) refuse(9, 'FailedToParse', 'The limit field in delete objects must be 0 or 1')
}

export function checkFind({ filter, sort, skip, limit, batchSize }: Document): void {
  checkFilter(filter ?? {})
  for (const [field, order] of Object.entries(sort ?? {})) {
    if (order !== 1 && order !== -1) refuse(15_975, 'Location15975', `Illegal sort order of ${field}`)
  }
  for (const [name, value] of Object.entries({ skip, limit, batchSize })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      refuse(51_024, 'Location51024', `BSON field '${name}' value must be >= 0`)
    }
  }
}

const comparisons = new Set(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'])

export function checkFilter(filter: Document): void {
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$or' || field === '$and' || field === '$nor') {
      if (!Array.isArray(condition) || condition.length === 0) {
        refuse(2, 'BadValue', `${field} must be a nonempty array`)
      }
      condition.forEach(checkFilter)
    } else if (field.startsWith('$')) {
      refuse(2, 'BadValue', `unknown top level operator: ${field}`)
    } else if (isDocument(condition)) {
      const operators = Object.keys(condition).filter((name) => name.startsWith('$'))
      if (operators.length > 0 && operators.length < Object.keys(condition).length) {
        refuse(2, 'BadValue', `unknown operator beside ${operators[0]}`)
      }
      for (const operator of operators) checkOperator(operator, condition[operator])
    }
  }
}

function checkOperator(operator: string, operand: unknown): void {
  if (comparisons.has(operator)) return
  if (operator === '$in' || operator === '$nin') {
    if (!Array.isArray(operand)) refuse(2, 'BadValue', `${operator} needs an array`)
  } else if (operator === '$exists') {
    if (typeof operand !== 'boolean') refuse(2, 'BadValue', '$exists: only booleans are handled')
  } else refuse(2, 'BadValue', `unknown operator: ${operator}`)
}

/** The operators of updates that are done here. */
const updateOperators = new Set(['$set', '$unset', '$max', '$push'])

export function checkUpdate({ q, u, multi, upsert }: Document): void {
  checkFilter(q)
  if (!isDocument(u)) refuse(9, 'FailedToParse', 'Updates by a pipeline are not handled')
  const fields = Object.keys(u)
  const operators = fields.filter((field) => field.startsWith('$'))
  if (operators.length === 0 && multi) refuse(9, 'FailedToParse', 'multi update is not supported for replacement')
  if (operators.length > 0 && operators.length < fields.length) {
    refuse(9, 'FailedToParse', `Unknown modifier: ${fields.find((field) => !field.startsWith('$'))}`)
  }
  if (upsert && Object.values(q).some((value) => isDocument(value))) {
    refuse(2, 'BadValue', 'An upsert by anything but equality is not handled')
  }
  const paths = operators.flatMap((operator) => {
    if (!updateOperators.has(operator)) refuse(9, 'FailedToParse', `Unknown modifier: ${operator}`)
    if (!isDocument(u[operator])) refuse(9, 'FailedToParse', `Modifiers operate on fields but ${operator} has none`)
    return Object.keys(u[operator])
  })
  for (const path of paths) {
    if (path.split('.').includes('')) refuse(56, 'EmptyFieldName', `The update path '${path}' has an empty field name`)
    if (path.includes('$')) refuse(2, 'BadValue', `The update path '${path}' is not handled`)
  }
  for (const pushed of Object.values(u['$push'] ?? {})) {
    const modifiers = isDocument(pushed) ? Object.keys(pushed).filter((name) => name.startsWith('$')) : []
    const unknown = modifiers.find((name) => name !== '$each' && name !== '$slice')
    if (unknown) refuse(2, 'BadValue', `Unrecognized clause in $push: ${unknown}`)
  }
}

/** What an update can do to one document and not to another. */
export function checkUpdateOf(old: Document, u: Document): void {
  for (const path of Object.keys(u['$push'] ?? {})) {
    const there = old[path]
    if (there !== undefined && !Array.isArray(there)) refuse(2, 'BadValue', `The field '${path}' must be an array`)
  }
  for (const path of Object.keys({ ...u['$set'], ...u['$max'], ...u['$push'] })) {
    const [first = '', ...rest] = path.split('.')
    if (rest.length > 0 && old[first] !== undefined && !isDocument(old[first])) {
      refuse(28, 'PathNotViable', `Cannot create field in element ${first}`)
    }
  }
}

const stages = new Set(['$match', '$sort', '$group', '$project', '$limit', '$skip', '$count'])

export function checkAggregate({ pipeline, cursor }: Document): void {
  if (!isDocument(cursor)) refuse(9, 'FailedToParse', "The 'cursor' option is required")
  allow(cursor, 'batchSize')
  if (!Array.isArray(pipeline)) refuse(14, 'TypeMismatch', "'pipeline' must be an array")
  for (const stage of pipeline) {
    const [name = '', ...others] = Object.keys(stage)
    if (others.length > 0) refuse(40_323, 'Location40323', 'A pipeline stage must contain exactly one field')
    if (!stages.has(name)) refuse(40_324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`)
    if (name === '$match') checkFilter(stage[name])
    if (name === '$limit' && !(stage[name] > 0)) refuse(15_958, 'Location15958', 'the limit must be positive')
  }
}

export function checkValidator(validator: unknown): void {
  if (validator === undefined) return
  if (!isDocument(validator) || Object.keys(validator).join(',') !== '$jsonSchema') {
    refuse(9, 'FailedToParse', 'Only validators by $jsonSchema are handled')
  }
  try {
    checkSchema(validator['$jsonSchema'])
  } catch (error) {
    refuse(9, 'FailedToParse', error instanceof Error ? error.message : String(error))
  }
}

const indexOptions = new Set(['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'background', 'v'])

export function checkIndex(spec: Document, others: Iterable<{ readonly name: string; readonly key: Document }>): void {
  for (const option of Object.keys(spec)) {
    if (!indexOptions.has(option)) {
      refuse(197, 'InvalidIndexSpecificationOption', `The field '${option}' is not valid for an index`)
    }
  }
  const { key, name, sparse, partialFilterExpression: partial, v = 2 } = spec
  if (typeof name !== 'string' || name === '') refuse(9, 'FailedToParse', "Missing required field 'name'")
  if (!isDocument(key) || Object.keys(key).length === 0) refuse(67, 'CannotCreateIndex', 'Index keys cannot be empty')
  for (const order of Object.values(key)) {
    if (order !== 1 && order !== -1) refuse(67, 'CannotCreateIndex', `Keys of kind ${String(order)} are not handled`)
  }
  if (v !== 1 && v !== 2) refuse(67, 'CannotCreateIndex', `Invalid index specification, version ${v}`)
  if (sparse && partial) refuse(67, 'CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse"')
  for (const condition of Object.values(partial ?? {})) {
    if (isDocument(condition)) refuse(67, 'CannotCreateIndex', 'Only partial indexes by equality are handled')
  }
  for (const other of others) {
    if (other.name !== name && JSON.stringify(other.key) === JSON.stringify(key)) {
      refuse(85, 'IndexOptionsConflict', `Index already exists with a different name: ${other.name}`)
    }
  }
}

export function checkListCollections({ filter = {} }: Document): void {
  allow(filter, 'name')
  if (filter.name !== undefined && typeof filter.name !== 'string') {
    refuse(2, 'BadValue', 'listCollections: only a filter by one name is handled')
  }
}
