import { createSocket } from 'node:dgram'
import { stat } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createLookup } from '../src/executor/fetch-lookup.ts'
import { until } from './fetch-servers.ts'

const a = 1

/** A name server on this machine that has these names, and keeps quiet about those that are said to be slow. */
async function serveNames(names: Readonly<Record<string, readonly string[] | 'slow'>>) {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query, { port, address }) => {
    let end = 12
    const labels: string[] = []
    for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
      labels.push(query.toString('latin1', end + 1, end + 1 + length))
      end += 1 + length
    }
    const name = labels.join('.').toLowerCase()
    const kind = query.readUInt16BE(end + 1)
    asked.push(name)
    const found = names[name]
    if (found === 'slow') return
    const records = (found ?? []).filter((each) => isIPv4(each) === (kind === a)).map(dataOf)
    const head = Buffer.alloc(12)
    query.copy(head, 0, 0, 2)
    // An answer, with recursion; the name is unknown if it has no address at all.
    head.writeUInt16BE(found ? 0x81_80 : 0x81_83, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    const answers = records.map((data) => {
      const record = Buffer.from([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, data.length])
      return Buffer.concat([record, data])
    })
    socket.send(Buffer.concat([head, query.subarray(12, end + 5), ...answers]), port, address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void socket.close())
  return { server: `127.0.0.1:${socket.address().port}`, asked }
}

function dataOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const padded = (half = '') => half.replaceAll(/[^:]+/g, (part) => part.padStart(4, '0')).replaceAll(':', '')
  const [front, back] = address.split('::')
  return Buffer.from(`${padded(front)}${padded(back).padStart(32 - padded(front).length, '0')}`, 'hex')
}

const always = new AbortController().signal

test('a name has all its addresses, of both kinds, those of IPv4 first', async () => {
  const { server } = await serveNames({
    'both.example': ['2606:4700::1', '93.184.215.14', '93.184.215.15'],
    'four.example': ['93.184.215.14'],
    'six.example': ['2606:4700::1'],
    'mixed.example': ['93.184.215.14', '127.0.0.1', '::1'],
  })
  const lookup = createLookup({ servers: [server] })
  expect(await lookup('both.example', always)).toEqual(['93.184.215.14', '93.184.215.15', '2606:4700::1'])
  expect(await lookup('four.example', always)).toEqual(['93.184.215.14'])
  expect(await lookup('six.example', always)).toEqual(['2606:4700::1'])
  expect(await lookup('mixed.example', always)).toEqual(['93.184.215.14', '127.0.0.1', '::1'])
})

test('names that only the system has are found', async () => {
  const { server } = await serveNames({})
  const found = await createLookup({ servers: [server] })('localhost', always)
  expect(found.filter((address) => !/^(127\.|::1$)/.test(address))).toEqual([])
  expect(found.length).toBeGreaterThan(0)
})

test('a name server that does not answer is given up, and says so', async () => {
  const { server } = await serveNames({ 'slow.example': 'slow' })
  const lookup = createLookup({ servers: [server], timeoutMs: 100 })
  await expect(lookup('slow.example', always)).rejects.toThrow('The name "slow.example" could not be looked up in time')
})

test('slow names hold up neither others nor the file system, and are given up when they are told', async () => {
  const { server, asked } = await serveNames({ 'slow.example': 'slow', 'fast.example': ['93.184.215.14'] })
  const lookup = createLookup({ servers: [server], timeoutMs: 60_000 })
  const stop = new AbortController()
  const slow = Array.from({ length: 64 }, () => lookup('slow.example', stop.signal).catch((error: unknown) => error))
  await until(() => asked.length >= 64).toBe(true)
  expect(await lookup('fast.example', always)).toEqual(['93.184.215.14'])
  expect((await stat('.')).isDirectory()).toBe(true)
  const reason = new Error('no longer')
  stop.abort(reason)
  expect(new Set(await Promise.all(slow))).toEqual(new Set([reason]))
})

test('a name that nobody knows is not known', { timeout: 60_000 }, async () => {
  const { server } = await serveNames({})
  const lookup = createLookup({ servers: [server] })
  await expect(lookup('unknown.invalid', always)).rejects.toThrow('The host "unknown.invalid" is not known')
})
