import { once } from 'node:events'
import { expect, test, vi } from 'vitest'
import { defaultCaps } from '../src/caps.ts'
import { createLaunch } from '../src/executor/launch.ts'
import { readPlatform, type Platform } from '../src/executor/platform.ts'

const full: Platform = { name: 'linux', shell: '/bin/sh', hasProc: true, hasOomScore: true, hasPermissions: true }

function launchOn(platform: Platform) {
  const warn = vi.fn<(message: string) => void>()
  const launch = createLaunch({ maxMemoryMb: 128, caps: defaultCaps, platform, warn })
  return { launch, warnings: warn.mock.calls.flat() }
}

test('a platform that has everything is not warned of', () => {
  expect(launchOn(full).warnings).toEqual([])
})

test.each([
  ['macOS', { name: 'darwin', hasProc: false, hasOomScore: false }, ['no /proc', 'darwin does not count it', 'first']],
  [
    'Windows',
    { name: 'win32', shell: undefined, hasProc: false, hasOomScore: false },
    ['no /proc', 'no /bin/sh', 'first'],
  ],
  ['a container without a shell', { shell: undefined }, ['no /bin/sh']],
  ['a container without /proc', { hasProc: false, hasOomScore: false }, ['no /proc', 'first']],
  ['a Node without a permission model', { hasPermissions: false }, ['no permission model']],
] as const)('%s: one warning names what is missing', (_name, facts, words) => {
  const { warnings } = launchOn({ ...full, ...facts })
  expect(warnings).toHaveLength(1)
  for (const word of words) expect(warnings[0]).toContain(word)
  expect(warnings[0]?.match(/;|: /g)).toHaveLength(words.length)
})

test.each([
  ['this one', readPlatform()],
  ['one without a shell and /proc', { ...readPlatform(), shell: undefined, hasProc: false, hasOomScore: false }],
])('both kinds of processes start on %s, and nothing is said for each of them', async (_name, platform) => {
  const { launch, warnings } = launchOn(platform)
  const before = warnings.length
  for (const role of ['child', 'checker'] as const) {
    const child = launch(role)
    const [message] = await once(child, 'message')
    expect(message).toEqual({ type: 'ready' })
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  expect(warnings).toHaveLength(before)
})
