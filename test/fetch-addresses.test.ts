import { expect, test } from 'vitest'
import { fetcherFor, opened, serveHttp, serveTcp, textOf } from './fetch-servers.ts'

const notPublic = { kind: 'failure', name: 'TypeError', message: expect.stringContaining('not public') }

/** Ways to write an address of this machine or of a network that is not public. */
const spellings = [
  '127.0.0.1 127.0.0.3 127.127.127.127 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0.0.0x1 0177.0.0.1 017700000001',
  '127.0.0.1. 127。0。0。1 １２７.0.0.1 ①②⑦.0.0.1 %31%32%37.0.0.1 0 0.0.0.0 0x0 [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001]',
  '[::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::7f00:1] [0:0:0:0:0:ffff:7f00:0001] [::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001:0:7f00:1::1] [fe80::1] [fc00::1]',
  '[fd00:ec2::254] [fec0::1] [ff02::1] [2001:db8::1] [::ffff:a9fe:a9fe] 169.254.169.254 0xa9fea9fe 2852039166',
  '0251.0376.0251.0376 10.0.0.1 167772161 172.16.0.1 192.168.0.1 192.168.257 100.64.0.1 100.100.100.200 192.0.2.1',
  '198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255',
].flatMap((line) => line.split(' '))

/** Listens on every address of this machine, of both families where it has both, and counts. */
async function listenEverywhere() {
  const server = await serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad'), '::').catch(
    () => serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad'), '0.0.0.0'),
  )
  return server
}

test(`${spellings.length} ways to write an address that is not public lead nowhere`, async () => {
  const server = await listenEverywhere()
  const { get } = fetcherFor({ lookup: () => Promise.reject(new Error('Addresses are not looked up')) })
  for (const host of spellings) expect(await get(`http://${host}:${server.port}/`), host).toMatchObject(notPublic)
  expect(server.connections()).toBe(0)
})

test('names lead nowhere that is not public, whatever they stand for and in whatever company', async () => {
  const server = await listenEverywhere()
  const answers = spellings.map((host) => {
    const { hostname } = new URL(`http://${host}`)
    return hostname.replace(/^\[(.*)\]$/, '$1')
  })
  for (const address of [...answers, 'fe80::1%lo', '127.0.0.1%lo', '::1%1', 'localhost', '']) {
    for (const found of [[address], ['8.8.8.8', address], [address, '2606:4700::1111']]) {
      const { get } = fetcherFor({ lookup: async () => found })
      const answer = await get(`http://innocent.example:${server.port}/`)
      expect(answer, found.join()).toMatchObject(notPublic)
      expect(answer, 'the address is not told').not.toMatchObject({ message: expect.stringMatching(/\d+\.\d+|::/) })
    }
  }
  expect(server.connections()).toBe(0)
})

test('names that this machine has for itself are refused', { timeout: 60_000 }, async () => {
  const server = await listenEverywhere()
  const { get } = fetcherFor({ allowPrivate: [] })
  for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'ip6-localhost']) {
    // Unknown to some systems; never reached.
    const answer = await get(`http://${host}:${server.port}/`)
    expect(answer, host).toMatchObject({ kind: 'failure' })
  }
  expect(server.connections()).toBe(0)
})

test('redirects lead nowhere that is not public', async () => {
  const server = await listenEverywhere()
  const { get } = fetcherFor({ lookup: async () => ['10.0.0.1'] })
  const redirecting = await serveHttp(({ url }, response) => {
    const to = decodeURIComponent(url?.slice(1) ?? '')
    response.writeHead(302, { location: Buffer.from(to).toString('latin1') }).end()
  })
  for (const host of [...spellings, 'private.example']) {
    const to = encodeURIComponent(`http://${host}:${server.port}/`)
    expect(await get(`${redirecting.url}/${to}`), host).toMatchObject(notPublic)
  }
  expect(redirecting.connections()).toBe(spellings.length + 1)
  expect(server.connections()).toBe(0)
})

test('a name that changes its mind is held to what was checked', async () => {
  const trap = await serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrap'), '127.0.0.1')
  const honest = await serveHttp((_request, response) => response.end('honest'))
  let asked = 0
  const { get } = fetcherFor({ lookup: async () => [asked++ % 2 === 0 ? opened : '127.0.0.1'] })
  for (let round = 0; round < 6; round++) {
    const port = round % 2 === 0 ? honest.port : trap.port
    const answer = await get(`http://rebinding.example:${port}/`)
    if (round % 2 === 0) expect(textOf(answer)).toBe('honest')
    else expect(answer).toMatchObject(notPublic)
  }
  expect(asked, 'one look for each connection').toBe(6)
  expect(trap.connections()).toBe(0)
})

test('a name may change its mind between two hops: each is checked', async () => {
  const trap = await serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrap'), '127.0.0.1')
  let asked = 0
  const { get } = fetcherFor({ lookup: async () => [asked++ === 0 ? opened : '127.0.0.1'] })
  const redirecting = await serveHttp((_request, response) => {
    response.writeHead(307, { location: `http://rebinding.example:${trap.port}/` }).end()
  })
  expect(await get(`http://rebinding.example:${redirecting.port}/`)).toMatchObject(notPublic)
  expect([asked, trap.connections()]).toEqual([2, 0])
})

test('what is opened is reached by name and by address; nothing next to it is', async () => {
  const server = await serveHttp((_request, response) => response.end('here'))
  const { get } = fetcherFor({ lookup: async () => [opened] })
  expect(textOf(await get(server.url))).toBe('here')
  expect(textOf(await get(`http://[::ffff:127.0.0.2]:${server.port}`).catch(() => get(server.url)))).toBe('here')
  expect(textOf(await get(`http://named.example:${server.port}/`))).toBe('here')
  expect(await get(`http://127.0.0.1:${server.port}/`)).toMatchObject(notPublic)
})

test('FETCH_ALLOW admits what it lists, and opens nothing', async () => {
  const server = await serveHttp((_request, response) => response.end('here'))
  const lookup = async (host: string) => [host.includes('private') ? '127.0.0.1' : opened]
  const { get } = fetcherFor({ allow: ['api.example.com', '*.Example.org', '127.0.0.1'], lookup })
  const notListed = { kind: 'failure', message: expect.stringContaining('FETCH_ALLOW') }
  const url = (host: string) => `http://${host}:${server.port}/`
  for (const host of ['api.example.com', 'API.example.com', 'api.example.com.', 'a.example.org', 'a.b.example.org']) {
    expect(textOf(await get(url(host))), host).toBe('here')
  }
  for (const host of [
    'example.com',
    'x.api.example.com',
    'example.org',
    'notexample.org',
    'api.example.com.evil.org',
  ]) {
    expect(await get(url(host)), host).toMatchObject(notListed)
  }
  expect(await get(server.url), 'opened, but not listed').toMatchObject(notListed)
  expect(await get(url('127.0.0.1')), 'listed, but not opened').toMatchObject(notPublic)
  expect(await get(url('private.example.org')), 'listed, but not opened').toMatchObject(notPublic)
})

test('FETCH_ALLOW holds for redirects', async () => {
  const server = await serveHttp((_request, response) => {
    response.writeHead(302, { location: 'http://other.example/' }).end()
  })
  const { get } = fetcherFor({ allow: ['api.example.com'], lookup: async () => [opened] })
  expect(await get(`http://api.example.com:${server.port}/`)).toMatchObject({
    message: 'The host "other.example" is not among those that FETCH_ALLOW lists',
  })
})
