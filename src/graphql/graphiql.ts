import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Answer } from './front.ts'
import type { Guard, ReadHeader } from './guard.ts'

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Scripts and styles are part of the page, workers are made from texts in it, and nothing comes from elsewhere. */
const policy = [
  "default-src 'self'",
  "script-src 'unsafe-inline' blob:",
  "style-src 'unsafe-inline'",
  'worker-src blob:',
  'font-src data:',
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  vary: 'Accept, Accept-Encoding, Authorization',
}

/** Under this name the browser keeps the key as long as the tab is open. */
const keySlot = 'workcell.key'

/** GraphiQL, from this server alone. Where a key is needed, a page that asks for it comes first. */
export function createPage(guard: Guard): (header: ReadHeader) => Promise<Answer> {
  let rendered: ReturnType<typeof render> | undefined

  return async (header) => {
    if (!guard.isAuthorized(header('authorization'))) {
      const headers = { ...pageHeaders, 'cache-control': 'no-store', 'www-authenticate': 'Bearer' }
      return { status: 401, headers, body: keyPage }
    }
    rendered ??= render()
    const { body, etag } = await rendered
    const headers = { ...pageHeaders, 'cache-control': 'private, no-cache', etag }
    if (header('if-none-match') === etag) return { status: 304, headers, body: '' }
    if (header('accept-encoding')?.includes('gzip')) {
      return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body }
    }
    return { status: 200, headers, body: await decompress(body) }
  }
}

/** The operations a newcomer finds in GraphiQL, in their order. */
export async function readTabs(): Promise<readonly { readonly query: string }[]> {
  const folder = new URL('tabs/', import.meta.url)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort()
  return Promise.all(names.map(async (name) => ({ query: await readFile(new URL(name, folder), 'utf8') })))
}

/** It has nine megabytes, so it is loaded only when asked for and kept only compressed. */
async function render(): Promise<{ readonly body: Buffer; readonly etag: string }> {
  const [{ renderGraphiQL }, defaultTabs] = await Promise.all([import('@graphql-yoga/render-graphiql'), readTabs()])
  const options = { title: 'Workcell', defaultTabs: [...defaultTabs], subscriptionsProtocol: 'WS' as const }
  const written = JSON.stringify(options)
  const html = renderGraphiQL(options)
  const at = html.lastIndexOf(written)
  if (at < 0) throw new Error('GraphiQL does not contain its options')
  // What a script knows of the key can be told to GraphiQL only where it starts.
  const withKey = `Object.assign(${written.replaceAll('<', '\\u003c')}, (${keyOptions})())`
  const body = await compress(html.slice(0, at) + withKey + html.slice(at + written.length))
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}

const keyOptions = `() => {
  const key = sessionStorage.getItem('${keySlot}')
  const credentials = { authorization: 'Bearer ' + key }
  return key ? { additionalHeaders: credentials, connectionParams: credentials } : {}
}`

const keyPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Workcell</title>
<link rel="icon" href="data:,">
<style>
  body { font: 16px system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; color: #1f2430 }
  form { display: flex; gap: 8px }
  input { font: inherit; padding: 8px 10px; width: 20em; border: 1px solid #9aa3b2; border-radius: 6px }
  button { font: inherit; padding: 8px 16px; border: 0; border-radius: 6px; background: #1f2430; color: #fff }
  p { min-height: 1.5em }
</style>
</head>
<body>
<main>
<h1>Workcell</h1>
<p><label for="key">This server asks for one of its API keys.</label></p>
<form id="form">
<input id="key" type="password" autocomplete="current-password" required autofocus>
<button>Open</button>
</form>
<p id="note" role="alert"></p>
</main>
<script>
  const note = document.getElementById('note')
  async function open(key) {
    note.textContent = 'Opening…'
    const headers = { accept: 'text/html', authorization: 'Bearer ' + key }
    const answer = await fetch(location.href, { headers }).catch(() => undefined)
    if (!answer || !answer.ok) {
      sessionStorage.removeItem('${keySlot}')
      note.textContent = answer ? 'The server does not know this key.' : 'The server cannot be reached.'
      return
    }
    sessionStorage.setItem('${keySlot}', key)
    const page = await answer.text()
    document.open()
    document.write(page)
    document.close()
  }
  document.getElementById('form').addEventListener('submit', (event) => {
    event.preventDefault()
    open(document.getElementById('key').value.trim())
  })
  const known = sessionStorage.getItem('${keySlot}')
  if (known) open(known)
</script>
</body>
</html>
`
