// docs/mongodb.md is what operators trust: its documents, indexes and queries are checked against the store.
import { readFile } from 'node:fs/promises'
import type { Document } from 'bson'
import { MongoClient } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { collections } from '../src/store/mongo-schema.ts'
import { openMongoStore } from '../src/store/mongo.ts'
import { outcomes } from './mongo/faults.ts'
import { validateDocument } from './mongo/json-schema.ts'
import { startMongoServer } from './mongo/server.ts'

const page = await readFile('docs/mongodb.md', 'utf8')

/** The first block of code under a heading. */
function block(heading: string): string {
  const [, section = ''] = page.split(`### ${heading}\n`)
  return /^```js\n(.*?)```/ms.exec(section.split(/^#/m)[0] ?? '')?.[1] ?? ''
}

function evaluate(code: string, names: Record<string, unknown> = {}): unknown {
  const known = { ISODate: (text: string) => new Date(text), ...names }
  return new Function(...Object.keys(known), `return (${code})`)(...Object.values(known))
}

describe('docs/mongodb.md', () => {
  test('names every collection, and shows documents with the fields that the validators ask for', () => {
    const headings = [...page.matchAll(/^### `(\w+)`$/gm)].map(([, name = '']) => name)
    expect(headings.toSorted()).toEqual(Object.keys(collections).toSorted())
    for (const name of headings) {
      if (name === 'functions') continue
      const schema: Document = collections[name as keyof typeof collections].schema
      const document = evaluate(block(`\`${name}\``)) as Document
      expect(validateDocument(schema, document)).toBeUndefined()
      const fields = [...Object.keys(schema['properties']), ...schema['required']]
      expect(fields).toEqual(expect.arrayContaining(Object.keys(document)))
    }
    for (const field of ['inputJson', 'dataJson', 'idempotencyKey']) expect(page).toContain(`\`${field}\``)
  })

  test('lists the indexes that are made, with their fields and kinds', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| `(\w+)` +\| (.+?) +\| (.*?) +\| \S.*\|$/gm)]
    const documented = rows.map(([, collection, name, fields = '', kind]) => {
      const key = [...fields.matchAll(/`(\w+)`( \(down\))?/g)].map(([, field, down]) => [field, down ? -1 : 1])
      return { collection, name, key, kind: kind?.trim() ?? '' }
    })
    const made = Object.entries(collections).flatMap(([collection, { indexes }]) =>
      indexes.map(({ name, key, unique, sparse, partialFilterExpression: partial }) => {
        const only = Object.entries(partial ?? {}).map(
          ([field, value]) => `only \`${field}: ${typeof value === 'string' ? `'${value}'` : String(value)}\``,
        )
        const kind = [unique ? 'unique' : '', sparse ? 'sparse' : '', ...only].filter((word) => word !== '').join(', ')
        return { collection, name, key: Object.entries(key), kind }
      }),
    )
    expect(documented).toEqual(made)
  })

  test('tells of each fault what the tests hold the store to', () => {
    const [, table = ''] = /^\| what happens.*\n\| -.*\n((?:\|.*\n)+)/m.exec(page) ?? []
    const rows = table.split('\n').filter((line) => line !== '')
    const documented = rows.map((line) =>
      line
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    )
    expect(Object.fromEntries(documented)).toEqual(outcomes)
  })

  test('has queries that a server takes', async () => {
    const server = await startMongoServer()
    onTestFinished(() => server.stop())
    const store = await openMongoStore({ uri: server.uri(), warn: () => undefined })
    await store.close()
    for (const name of ['events', 'logs', 'workflows']) {
      server.engine.collection('test', name).insert(evaluate(block(`\`${name}\``)) as Document)
    }
    const client = new MongoClient(server.uri())
    onTestFinished(() => client.close())
    const db = new Proxy({}, { get: (_, name) => client.db().collection(String(name)) })
    const found = []
    for (const line of block('Looking around with mongosh').trim().split('\n')) {
      const cursor = evaluate(line, { db }) as { toArray(): Promise<unknown[]> }
      found.push((await cursor.toArray()).length)
    }
    expect(found).toEqual([0, 0, 0, 1, 1, 1])
  })
})
