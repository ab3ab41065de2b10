import { keysOf, toText } from '../primordials.js'
import { constant, define, finish } from './define.js'

/** The names that have a number, from the time when errors were told apart by numbers. */
const codes = {
  __proto__: null,
  IndexSizeError: ['INDEX_SIZE_ERR', 1],
  DOMStringSizeError: ['DOMSTRING_SIZE_ERR', 2],
  HierarchyRequestError: ['HIERARCHY_REQUEST_ERR', 3],
  WrongDocumentError: ['WRONG_DOCUMENT_ERR', 4],
  InvalidCharacterError: ['INVALID_CHARACTER_ERR', 5],
  NoDataAllowedError: ['NO_DATA_ALLOWED_ERR', 6],
  NoModificationAllowedError: ['NO_MODIFICATION_ALLOWED_ERR', 7],
  NotFoundError: ['NOT_FOUND_ERR', 8],
  NotSupportedError: ['NOT_SUPPORTED_ERR', 9],
  InUseAttributeError: ['INUSE_ATTRIBUTE_ERR', 10],
  InvalidStateError: ['INVALID_STATE_ERR', 11],
  SyntaxError: ['SYNTAX_ERR', 12],
  InvalidModificationError: ['INVALID_MODIFICATION_ERR', 13],
  NamespaceError: ['NAMESPACE_ERR', 14],
  InvalidAccessError: ['INVALID_ACCESS_ERR', 15],
  ValidationError: ['VALIDATION_ERR', 16],
  TypeMismatchError: ['TYPE_MISMATCH_ERR', 17],
  SecurityError: ['SECURITY_ERR', 18],
  NetworkError: ['NETWORK_ERR', 19],
  AbortError: ['ABORT_ERR', 20],
  URLMismatchError: ['URL_MISMATCH_ERR', 21],
  QuotaExceededError: ['QUOTA_EXCEEDED_ERR', 22],
  TimeoutError: ['TIMEOUT_ERR', 23],
  InvalidNodeTypeError: ['INVALID_NODE_TYPE_ERR', 24],
  DataCloneError: ['DATA_CLONE_ERR', 25],
}

/** The error that web APIs throw, told apart by its name. */
export class DOMException extends Error {
  #name = 'Error'

  constructor(message = '', options = 'Error') {
    super(toText(message))
    if (typeof options === 'object' && options !== null) {
      this.#name = options.name === undefined ? 'Error' : toText(options.name)
      if ('cause' in options) define(this, 'cause', options.cause)
    } else this.#name = toText(options)
  }

  get name() {
    // While the error is being made its stack asks for a name already.
    return #name in this ? this.#name : 'Error'
  }

  get code() {
    return codes[this.#name]?.[1] ?? 0
  }
}

finish(DOMException, 'DOMException')
const names = keysOf(codes)
for (let index = 0; index < names.length; index++) {
  const pair = codes[names[index]]
  constant(DOMException, pair[0], pair[1])
  constant(DOMException.prototype, pair[0], pair[1])
}
