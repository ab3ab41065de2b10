import { z } from 'zod'
import type { Event } from '../event.ts'
import { isId } from '../id.ts'
import type { Program } from '../program.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'

const maxIds = 100

const nodeId = z.string().refine((id) => isId('evt', id) || isId('wfl', id) || isId('fun', id), {
  error: 'an id that begins with evt_, wfl_ or fun_',
})

const nodeIds = z.array(nodeId).max(maxIds, { error: `at most ${maxIds} ids` })

builder.queryFields((t) => ({
  node: t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    args: { id: t.arg.id({ required: true, validate: nodeId }) },
    resolve: (_root, { id }, context) => load(id, context),
  }),
  nodes: t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    args: { ids: t.arg.idList({ required: true, validate: nodeIds }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: ids.length }),
    resolve: (_root, { ids }, context) => ids.map((id) => load(id, context)),
  }),
}))

function load(id: string, { api }: Context): Promise<Event | Program | undefined> {
  return isId('evt', id) ? api.loadEvent(id) : api.loadProgram(id)
}
