import { serverAudits } from 'graphql-http'
import { describe, expect, test } from 'vitest'
import { startApi } from './api-harness.ts'

// The audits of GraphQL over HTTP, as its authors wrote them, without any header of ours.
describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => url, fetchFn: fetch })
  let url = ''

  test('there are as many audits as there were', () => expect(audits).toHaveLength(61))

  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
    url = (await startApi()).url
    const result = await audit.fn()
    expect(result.status === 'ok' ? 'ok' : result.reason).toBe('ok')
  })
})
