// What Workcell is measured against: the same three parts with nothing around them. No leases, no retries, no logs, no
// recovery, no supervision, no validation, no live updates; an event is a row, a run is a message to one of two children.
import { createSchema, createYoga } from 'graphql-yoga'
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { uuidv7 } from 'uuidv7'

const db = new DatabaseSync(`${process.argv[2] ?? '.'}/bare.db`)
db.exec(
  'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events (id PRIMARY KEY, status, input, data)',
)
const insert = db.prepare('INSERT INTO events VALUES (?, ?, ?, NULL)')
const finish = db.prepare('UPDATE events SET status = ?, data = ? WHERE id = ?')
const find = db.prepare('SELECT id, status, data FROM events WHERE id = ?')

const execArgv = ['--no-node-snapshot']
const children = [0, 1].map(() => fork(new URL('bare-child.ts', import.meta.url), { execArgv }))
const waiting = new Map<string, () => void>()
for (const child of children) {
  child.on('message', (message) => {
    if (typeof message !== 'object' || !('id' in message) || !('data' in message)) return
    finish.run('SUCCESS', String(message.data), String(message.id))
    waiting.get(String(message.id))?.()
    waiting.delete(String(message.id))
  })
}
await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))))

let turn = 0
const schema = createSchema({
  typeDefs: `
    type Event { id: ID! status: String! data: String }
    type Query { event(id: ID!): Event }
    type Mutation { execute(code: String!, input: String!): Event }
  `,
  resolvers: {
    Query: { event: (_root, { id }: { id: string }) => find.get(id) },
    Mutation: {
      async execute(_root, { code, input }: { code: string; input: string }) {
        const id = uuidv7()
        insert.run(id, 'PENDING', input)
        const done = new Promise<void>((resolve) => waiting.set(id, resolve))
        children[turn++ % children.length]?.send({ id, code, input })
        await done
        return find.get(id)
      },
    },
  },
})
const server = createServer(createYoga({ schema, logging: false, maxRequestBodySize: false }))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(JSON.stringify({ url: `http://127.0.0.1:${address?.port}/graphql` }))
})
