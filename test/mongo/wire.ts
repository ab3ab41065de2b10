// MongoDB's wire protocol, as far as its driver speaks it to a server of today: OP_MSG, and OP_QUERY for the first hello.
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
import { calculateObjectSize, deserialize, serialize } from 'bson'
import type { Document } from 'bson'

const opReply = 1
const opQuery = 2004
const opMsg = 2013

export interface WireMessage {
  readonly requestId: number
  readonly command: Document
  /** The first hello of a connection comes as OP_QUERY and is answered as such. */
  readonly legacy: boolean
  /** The client wants no answer. */
  readonly silent: boolean
}

/** Cuts a stream of bytes into messages; what is not whole yet waits for more. */
export function createReader(onMessage: (message: WireMessage) => void): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0)
  return (chunk) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    while (buffer.length >= 16 && buffer.length >= buffer.readInt32LE(0)) {
      const length = buffer.readInt32LE(0)
      const message = parse(buffer.subarray(0, length))
      buffer = buffer.subarray(length)
      onMessage(message)
    }
  }
}

function parse(message: Buffer): WireMessage {
  const requestId = message.readInt32LE(4)
  const opCode = message.readInt32LE(12)
  if (opCode === opQuery) {
    const nameEnd = message.indexOf(0, 20)
    const command = document(message, nameEnd + 9)
    const database = message.toString('utf8', 20, nameEnd).split('.')[0]
    return { requestId, command: { ...command, $db: database }, legacy: true, silent: false }
  }
  if (opCode !== opMsg) throw new Error(`Unknown opcode ${opCode}`)
  const flags = message.readUInt32LE(16)
  let command: Document = {}
  for (let at = 20; at < message.length;) {
    const kind = message[at]
    if (kind === 0) {
      command = Object.assign(document(message, at + 1), command)
      at += 1 + message.readInt32LE(at + 1)
      continue
    }
    if (kind !== 1) throw new Error(`Unknown section kind ${kind}`)
    const end = at + 1 + message.readInt32LE(at + 1)
    const nameEnd = message.indexOf(0, at + 5)
    const documents: Document[] = []
    for (let from = nameEnd + 1; from < end; from += message.readInt32LE(from)) documents.push(document(message, from))
    command[message.toString('utf8', at + 5, nameEnd)] = documents
    at = end
  }
  return { requestId, command, legacy: false, silent: (flags & 2) !== 0 }
}

function document(message: Buffer, at: number): Document {
  return deserialize(message.subarray(at, at + message.readInt32LE(at)))
}

export function encodeReply(to: WireMessage, answer: Document): Buffer {
  const size = calculateObjectSize(answer)
  const body = Buffer.from(serialize(answer))
  const head = Buffer.alloc(to.legacy ? 36 : 21)
  head.writeInt32LE(head.length + size, 0)
  head.writeInt32LE(to.requestId, 8)
  head.writeInt32LE(to.legacy ? opReply : opMsg, 12)
  if (to.legacy) head.writeInt32LE(1, 32)
  return Buffer.concat([head, body])
}
