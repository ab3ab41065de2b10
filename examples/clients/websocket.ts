// Saves a workflow, creates an event that runs it, and prints every change of its status as it happens: mutations and
// the subscription go through one WebSocket. Start the server with `npm start`, then `npm run example:websocket`.
import { createClient } from 'graphql-ws'
import { readFile } from 'node:fs/promises'
import { graphql } from '../../src/gen/index.ts'
import type { TypedDocumentString } from '../../src/gen/graphql.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:4000/graphql'
const apiKey = process.argv[3]

const SaveWorkflow = graphql(`
  mutation SaveOrderTotal($input: SaveWorkflowInput!) {
    saveWorkflow(input: $input) {
      ... on SaveWorkflowPayload {
        workflow {
          id
          name
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateEventInput!) {
    createEvent(input: $input) {
      ... on CreateEventPayload {
        event {
          id
        }
      }
      ... on UserError {
        message
      }
    }
  }
`)

const WatchOrder = graphql(`
  subscription WatchOrder($id: ID!) {
    eventStatus(id: $id) {
      rev
      status
      data
      error {
        name
        message
        codeFrame
      }
      logs {
        nodes {
          level
          message
        }
      }
    }
  }
`)

const client = createClient({
  url: url.replace(/^http/, 'ws'),
  ...(apiKey && { connectionParams: { authorization: `Bearer ${apiKey}` } }),
})

interface Answer<Result> {
  readonly data?: Result | null | undefined
  readonly errors?: readonly { readonly message: string }[] | undefined
}

/** The results of an operation, one by one; a query or a mutation has one. */
async function* run<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  for await (const result of client.iterate<Result>({ query: document.toString(), variables })) yield dataOf(result)
}

async function first<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  for await (const result of run(document, variables)) return result
  throw new Error('The server answered with nothing')
}

function dataOf<Result>({ data, errors }: Answer<Result>): Result {
  if (errors || !data) throw new Error(errors?.map((error) => error.message).join('; ') ?? 'no data')
  return data
}

const code = await readFile(new URL('../workflows/order-total.ts', import.meta.url), 'utf8')
const { saveWorkflow } = await first(SaveWorkflow, { input: { name: 'order-total', code } })
if (!('workflow' in saveWorkflow)) throw new Error(saveWorkflow.message)
console.log(`saved   ${saveWorkflow.workflow.name} as ${saveWorkflow.workflow.id}`)

const order = { customer: 'Ada', country: 'NL', items: [{ sku: 'tea', quantity: 2, unitPrice: 4.5 }] }
const { createEvent } = await first(CreateOrder, {
  input: { type: 'order.placed', workflow: 'order-total', input: order },
})
if (!('event' in createEvent)) throw new Error(createEvent.message)
console.log(`created ${createEvent.event.id}`)

for await (const { eventStatus: event } of run(WatchOrder, { id: createEvent.event.id })) {
  console.log(`rev ${event.rev}   ${event.status}`)
  for (const line of event.logs.nodes) console.log(`        ${line.level}: ${line.message}`)
  if (event.data !== null) console.log(`        ${JSON.stringify(event.data)}`)
  if (event.error) console.log(`        ${event.error.name}: ${event.error.message}`)
}
await client.dispose()
