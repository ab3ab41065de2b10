import { parse, validate } from 'graphql'
import { describe, expect, test } from 'vitest'
import { readContract } from '../src/graphql/descriptions.ts'
import { readTabs } from '../src/graphql/graphiql.ts'
import { connect, post } from './api-harness.ts'
import { eventually, startTestApp } from './harness.ts'

describe('the tabs that a newcomer finds in GraphiQL', () => {
  test('are valid and explain themselves', async () => {
    const tabs = await readTabs()
    expect(tabs).toHaveLength(5)
    for (const [index, { query }] of tabs.entries()) {
      expect(validate(readContract(), parse(query))).toEqual([])
      expect(query).toContain(`# ${index + 1}. `)
    }
  })

  test('work when run in their order, as they are, twice', { timeout: 120_000 }, async () => {
    const { port } = await startTestApp()
    const [run = '', save = '', create = '', watch = '', look = ''] = (await readTabs()).map(({ query }) => query)
    const answer = async (query: string) => {
      const { json } = await post(port, query)
      expect(json.errors).toBeUndefined()
      return json.data
    }
    for (let time = 0; time < 2; time++) {
      expect(await answer(run)).toMatchObject({
        executeWorkflow: {
          event: {
            status: 'SUCCESS',
            data: { sum: 6 },
            logs: { nodes: [{ message: expect.stringContaining('adding') }] },
          },
        },
      })
      expect(await answer(save)).toMatchObject({ saveWorkflow: { workflow: { name: 'countdown' } } })
      expect(await answer(create)).toMatchObject({ createEvent: { event: { id: expect.stringMatching(/^evt_/) } } })
    }
    const socket = await connect(port)
    socket.subscribe('watch', watch)
    const seen: string[] = []
    await eventually(async () => {
      const { payload } = await socket.next()
      seen.push(JSON.stringify(payload?.data))
      return payload && JSON.stringify(payload).includes('"status":"SUCCESS"') ? true : undefined
    }, 60)
    expect(seen.some((item) => item.includes('"USER_ERROR"'))).toBe(true)
    expect(seen.at(-1)).toContain('"liftoff":true')
    const looked = JSON.stringify(await answer(look))
    expect(looked).toContain('lost count at 8')
    expect(looked).toContain('"sum":6')
  })
})
