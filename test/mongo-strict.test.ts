// The test server must not make up successes: what it does not do, and what a MongoDB server refuses, it refuses.
import { MongoClient } from 'mongodb'
import type { Document } from 'mongodb'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startMongoServer } from './mongo/server.ts'

const refused: readonly (readonly [what: string, command: Document])[] = [
  ['update mixes', { update: 'c', updates: [{ q: {}, u: { a: 1, $set: { b: 1 } } }] }],
  ['update mixes2', { update: 'c', updates: [{ q: {}, u: { $set: { b: 1 }, a: 1 } }] }],
  ['multi replacement', { update: 'c', updates: [{ q: {}, u: { a: 1 }, multi: true }] }],
  ['unknown update op', { update: 'c', updates: [{ q: {}, u: { $foo: { a: 1 } } }] }],
  ['$inc on string', { update: 'c', updates: [{ q: {}, u: { $inc: { s: 1 } } }] }],
  ['$push to non array', { update: 'c', updates: [{ q: {}, u: { $push: { s: 1 } } }] }],
  ['$push $foo', { update: 'c', updates: [{ q: {}, u: { $push: { arr: { $each: [1], $foo: 1 } } } }] }],
  ['conflict $set paths', { update: 'c', updates: [{ q: {}, u: { $set: { a: 1 }, $unset: { a: '' } } }] }],
  ['conflict nested', { update: 'c', updates: [{ q: {}, u: { $set: { 'o.x': 1, o: 1 } } }] }],
  ['$set non object', { update: 'c', updates: [{ q: {}, u: { $set: 1 } }] }],
  ['$max incompatible type', { update: 'c', updates: [{ q: {}, u: { $max: 5 } }] }],
  ['$set path through scalar', { update: 'c', updates: [{ q: {}, u: { $set: { 's.x': 1 } } }] }],
  ['$unset _id', { update: 'c', updates: [{ q: {}, u: { $unset: { _id: '' } } }] }],
  ['$set _id', { update: 'c', updates: [{ q: {}, u: { $set: { _id: 5 } } }] }],
  ['$set empty field', { update: 'c', updates: [{ q: {}, u: { $set: { '': 1 } } }] }],
  ['$set a..b', { update: 'c', updates: [{ q: {}, u: { $set: { 'a..b': 1 } } }] }],
  ['$rename', { update: 'c', updates: [{ q: {}, u: { $rename: { s: 's' } } }] }],
  ['pipeline unknown stage', { update: 'c', updates: [{ q: {}, u: [{ $match: {} }] }] }],
  ['filter unknown op', { find: 'c', filter: { a: { $foo: 1 } } }],
  ['filter unknown top op', { find: 'c', filter: { $foo: [] } }],
  ['filter $in non array', { find: 'c', filter: { a: { $in: 1 } } }],
  ['filter $or empty', { find: 'c', filter: { $or: [] } }],
  ['filter $and nonarray', { find: 'c', filter: { $and: {} } }],
  ['filter mix', { find: 'c', filter: { a: { $gt: 1, x: 1 } } }],
  ['filter $where', { find: 'c', filter: { $where: 'true' } }],
  ['filter $text', { find: 'c', filter: { $text: { $search: 'x' } } }],
  ['filter $near', { find: 'c', filter: { a: { $near: [1, 1] } } }],
  ['filter $not scalar', { find: 'c', filter: { a: { $not: 1 } } }],
  ['filter $regex bad', { find: 'c', filter: { a: { $regex: '(' } } }],
  ['filter $size neg', { find: 'c', filter: { a: { $size: -1 } } }],
  ['filter $expr unknown', { find: 'c', filter: { $expr: { $foo: 1 } } }],
  ['proj mixed', { find: 'c', projection: { a: 1, s: 0 } }],
  ['proj unknown op', { find: 'c', projection: { a: { $foo: 1 } } }],
  ['sort 2', { find: 'c', sort: { a: 2 } }],
  ['sort meta', { find: 'c', sort: { a: { $meta: 'textScore' } } }],
  ['sort str', { find: 'c', sort: { a: 'up' } }],
  ['neg skip', { find: 'c', skip: -1 }],
  ['neg limit', { find: 'c', limit: -1 }],
  ['neg batch', { find: 'c', batchSize: -1 }],
  ['str limit', { find: 'c', limit: 'x' }],
  ['find nonstring coll', { find: 5 }],
  ['hint unknown', { find: 'c', hint: 'nope' }],
  ['hint object', { find: 'c', hint: { a: 1 } }],
  ['update hint unknown', { update: 'c', updates: [{ q: {}, u: { $set: { b: 1 } }, hint: 'nope' }] }],
  ['delete limit 5', { delete: 'c', deletes: [{ q: { a: 99 }, limit: 5 }] }],
  ['delete no limit', { delete: 'c', deletes: [{ q: { a: 99 } }] }],
  ['insert no docs', { insert: 'c', documents: [] }],
  ['insert _id array', { insert: 'c', documents: [{ _id: [1] }] }],
  ['insert _id undefined', { insert: 'c', documents: [{ x: 1 }] }],
  ['updates empty', { update: 'c', updates: [] }],
  ['agg unknown stage', { aggregate: 'c', pipeline: [{ $foo: {} }], cursor: {} }],
  ['agg no cursor', { aggregate: 'c', pipeline: [] }],
  ['agg two keys', { aggregate: 'c', pipeline: [{ $match: {}, $limit: 1 }], cursor: {} }],
  ['agg limit 0', { aggregate: 'c', pipeline: [{ $limit: 0 }], cursor: {} }],
  ['agg unknown acc', { aggregate: 'c', pipeline: [{ $group: { _id: 1, n: { $foo: 1 } } }], cursor: {} }],
  ['agg group no id', { aggregate: 'c', pipeline: [{ $group: { n: { $sum: 1 } } }], cursor: {} }],
  ['agg unknown expr', { aggregate: 'c', pipeline: [{ $project: { n: { $foo: 1 } } }], cursor: {} }],
  ['agg $out', { aggregate: 'c', pipeline: [{ $out: 'd' }], cursor: {} }],
  ['agg $merge', { aggregate: 'c', pipeline: [{ $merge: 'd' }], cursor: {} }],
  [
    'agg $lookup',
    { aggregate: 'c', pipeline: [{ $lookup: { from: 'x', localField: 'a', foreignField: 'b', as: 'c' } }], cursor: {} },
  ],
  ['agg cursor opts', { aggregate: 'c', pipeline: [], cursor: { foo: 1 } }],
  ['create validator plain', { create: 'v1', validator: { a: { $gt: 1 } } }],
  ['create validator unknown kw', { create: 'v2', validator: { $jsonSchema: { foo: 1 } } }],
  [
    'create validator bad type',
    { create: 'v3', validator: { $jsonSchema: { properties: { a: { bsonType: 'foo' } } } } },
  ],
  ['create dollar', { create: '$x' }],
  ['create empty', { create: '' }],
  ['collMod bad validator', { collMod: 'c', validator: { $jsonSchema: { foo: 1 } } }],
  ['index text', { createIndexes: 'c', indexes: [{ key: { a: 'text' }, name: 'i1' }] }],
  ['index hashed', { createIndexes: 'c', indexes: [{ key: { a: 'hashed' }, name: 'i2' }] }],
  ['index 0', { createIndexes: 'c', indexes: [{ key: { a: 0 }, name: 'i3' }] }],
  ['index empty key', { createIndexes: 'c', indexes: [{ key: {}, name: 'i4' }] }],
  ['index no name', { createIndexes: 'c', indexes: [{ key: { a: 1 } }] }],
  ['index none', { createIndexes: 'c', indexes: [] }],
  [
    'index sparse+partial',
    { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'i5', sparse: true, partialFilterExpression: { a: 1 } }] },
  ],
  [
    'index partial bad op',
    { createIndexes: 'c', indexes: [{ key: { a: 1 }, name: 'i6', partialFilterExpression: { a: { $ne: 1 } } }] },
  ],
  [
    'index same key other name',
    {
      createIndexes: 'c',
      indexes: [
        { key: { a: 1 }, name: 'i7' },
        { key: { a: 1 }, name: 'i8' },
      ],
    },
  ],
  ['index v', { createIndexes: 'c', indexes: [{ key: { b: 1 }, name: 'i9', v: 7 }] }],
  ['listCollections filter odd', { listCollections: 1, filter: { type: 'view' } }],
  ['listCollections filter regex', { listCollections: 1, filter: { name: { $regex: 'zzz' } } }],
  ['listIndexes extra', { listIndexes: 'c', foo: 1 }],
  ['ping extra', { ping: 1, foo: 1 }],
  ['dropDatabase extra', { dropDatabase: 1, foo: 1 }],
  ['killCursors extra', { killCursors: 'c', cursors: [], foo: 1 }],
  ['getMore none', { getMore: 5, collection: 'c' }],
  ['readConcern bad', { find: 'c', readConcern: { level: 'foo' } }],
  ['readConcern snapshot', { find: 'c', readConcern: { level: 'snapshot' } }],
  ['writeConcern w 3', { insert: 'c', documents: [{ _id: 'w3' }], writeConcern: { w: 3, wtimeout: 100 } }],
  ['writeConcern tag', { insert: 'c', documents: [{ _id: 'wt' }], writeConcern: { w: 'foo' } }],
  ['apiVersion 2', { find: 'c', apiVersion: '2' }],
  ['maxTimeMS neg', { find: 'c', maxTimeMS: -5 }],
  ['upsert op in q', { update: 'c', updates: [{ q: { a: { $gt: 5000 } }, u: { $set: { zz: 1 } }, upsert: true }] }],
  ['count', { count: 'c' }],
  ['distinct', { distinct: 'c', key: 'a' }],
  ['findAndModify', { findAndModify: 'c', query: {}, update: { $set: { a: 1 } } }],
  ['startTransaction', { insert: 'c', documents: [{ _id: 'tt' }], startTransaction: true, autocommit: false }],
]

describe('the MongoDB server of the tests refuses', () => {
  test.for(refused)('%s: %j', async ([, command]) => {
    const server = await startMongoServer()
    const client = new MongoClient(server.uri())
    onTestFinished(async () => {
      await client.close()
      await server.stop()
    })
    const documents = client.db().collection<Document & { _id: number }>('c')
    const one = { _id: 1, a: 1, s: 'text', arr: [1], o: { x: 1 } }
    await documents.insertOne({ ...one })
    const answer = await client
      .db()
      .command(command)
      .catch((error: unknown) => ({ error }))
    expect(Object.keys(answer).some((key) => key === 'error' || key === 'writeErrors')).toBe(true)
    expect(await documents.find().toArray()).toEqual([one])
  })
})
