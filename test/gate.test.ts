import { expect, test } from 'vitest'
import { createGate } from '../src/gate.ts'

test('many go in together; one who must be alone waits for them, and they for it', async () => {
  const gate = createGate()
  const order: string[] = []
  const enter = async (name: string, alone: boolean) => {
    const leave = await gate.enter(alone)
    order.push(name)
    return leave
  }
  const first = await enter('first', false)
  const second = await enter('second', false)
  const alone = enter('alone', true)
  const late = enter('late', false)
  const latest = enter('latest', false)
  await Promise.resolve()
  expect(order).toEqual(['first', 'second'])
  first()
  first()
  await Promise.resolve()
  expect(order).toEqual(['first', 'second'])
  second()
  const leaveAlone = await alone
  expect(order).toEqual(['first', 'second', 'alone'])
  leaveAlone()
  await Promise.all([late, latest])
  expect(order).toEqual(['first', 'second', 'alone', 'late', 'latest'])
})
