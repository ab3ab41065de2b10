import { expect, test } from 'vitest'
import { opened, serveHttp, serveTcp } from './fetch-servers.ts'
import { request, startTestApp } from './harness.ts'
import { ExecuteWorkflow } from './operations.ts'

test('code reaches what is opened, and nothing else, through the whole server', { timeout: 60_000 }, async () => {
  const { url } = await startTestApp({ FETCH_ALLOW_PRIVATE: opened })
  const server = await serveHttp(({ url: path }, response) => {
    if (path !== '/away') return void response.setHeader('x-one', '1').end(JSON.stringify({ hello: 'there' }))
    response.writeHead(302, { location: `http://127.0.0.1:${trap.port}/` }).end()
  })
  const trap = await serveTcp((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrap'), '0.0.0.0')
  const code = `export default async ({ input: { server, port }, fetch }) => {
    const answer = await fetch(server)
    const refused = []
    const hosts = ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1']
    for (const url of [...hosts.map((host) => 'http://' + host + ':' + port + '/'), server + '/away']) {
      await fetch(url).catch((error) => refused.push(error.name))
    }
    return { status: answer.status, header: answer.headers.get('x-one'), body: await answer.json(), refused }
  }`
  const { executeWorkflow } = await request(url, ExecuteWorkflow, {
    input: { code, input: { server: server.url, port: trap.port }, limits: { timeoutMs: 25_000 }, waitMs: 30_000 },
  })
  expect(executeWorkflow).toMatchObject({
    event: { data: { status: 200, header: '1', body: { hello: 'there' }, refused: Array(9).fill('TypeError') } },
  })
  expect(trap.connections()).toBe(0)
})
