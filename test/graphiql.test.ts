import { existsSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually, startTestApp } from './harness.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (!executablePath) console.warn('GraphiQL is not tested: there is no Chromium on this machine')

const args =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking ' +
  '--disable-component-update --disable-sync'

describe.runIf(executablePath)('GraphiQL in a browser', { timeout: 120_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: args.split(' ') })
  })
  afterAll(() => browser.close())

  /** A page of its own, with everything it does wrong. */
  async function open(url: string): Promise<{ page: Page; outside: string[]; errors: string[] }> {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const outside: string[] = []
    const errors: string[] = []
    page.on('request', (request) => {
      if (!/^(http:\/\/127\.0\.0\.1|blob:|data:)/.test(request.url())) outside.push(request.url())
    })
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(url)
    return { page, outside, errors }
  }

  // GraphiQL lets tabs be dragged, and takes a click that comes while they still move into place for neither. What it
  // sends follows the tab a moment later, and so does what it remembers.
  const tab = (page: Page, name: string) =>
    eventually(async () => {
      await page.locator('.graphiql-tab-button', { hasText: name }).click()
      const remembers = () =>
        page.evaluate(`localStorage.getItem('graphiql:query')?.includes(' ${name} {') || undefined`)
      return eventually(remembers, 3).catch(() => undefined)
    }, 60)
  const press = (page: Page) => page.locator('.graphiql-execute-button').click()
  /** What the page shows, without the blanks of its layout. */
  const shown = async (page: Page) =>
    ((await page.locator('.graphiql-response').textContent()) ?? '').replaceAll(/\s/g, '')
  const untilShown = (page: Page, text: string) =>
    eventually(async () => ((await shown(page)).includes(text) ? true : undefined), 60)

  const run = async (page: Page, text: string) => {
    await press(page)
    await untilShown(page, text)
  }

  test('every tab works when pressed in order, and nothing comes from outside', async () => {
    const app = await startTestApp()
    const { page, outside, errors } = await open(app.url)
    await run(page, '"status":"SUCCESS"')
    expect(await shown(page)).toContain('"sum":6')
    expect(await shown(page)).toContain('"message":"adding[1,2,3]"')

    await tab(page, 'SaveCountdown')
    await run(page, '"name":"countdown"')

    await tab(page, 'StartCountdown')
    await run(page, '"id":"evt_')

    await tab(page, 'WatchCountdowns')
    await run(page, 'lostcountat')
    await untilShown(page, '"status":"PROCESSING"')
    expect(app.watchers()).toBeGreaterThan(0)
    await press(page)

    await tab(page, 'LookBack')
    await run(page, '"type":"launch.planned"')
    expect(outside).toEqual([])
    expect(errors).toEqual([])
  })

  test('asks for a key where one is needed, and works with it', async () => {
    const key = 'a-key-for-the-browser'
    const { url } = await startTestApp({ API_KEYS: key })
    const { page, outside, errors } = await open(url)
    await page.getByLabel(/API keys/).fill('wrong')
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByText('The server does not know this key.').waitFor()
    await page.getByLabel(/API keys/).fill(key)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.locator('.graphiql-execute-button').waitFor()
    await run(page, '"sum":6')

    await tab(page, 'SaveCountdown')
    await run(page, '"name":"countdown"')
    await tab(page, 'StartCountdown')
    await run(page, '"id":"evt_')
    await tab(page, 'WatchCountdowns')
    await run(page, 'lostcountat')
    expect(outside).toEqual([])
    expect(errors).toEqual([])
  })
})
