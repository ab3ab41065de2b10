// Runs code that is sent along and prints its changes of status and its log lines as they happen, with nothing but
// `fetch`: the subscription answers with server-sent events. Start the server with `npm start`, then `npm run example:sse`.
import { readFile } from 'node:fs/promises'
import { graphql } from '../../src/gen/index.ts'
import type { TypedDocumentString } from '../../src/gen/graphql.ts'

const url = process.argv[2] ?? 'http://127.0.0.1:4000/graphql'
const apiKey = process.argv[3]

const FindPrimes = graphql(`
  mutation FindPrimes($input: ExecuteWorkflowInput!) {
    executeWorkflow(input: $input) {
      ... on ExecuteWorkflowPayload {
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

const FollowPrimes = graphql(`
  subscription FollowPrimes($id: ID!) {
    eventStream(id: $id) {
      ... on EventStatusChange {
        event {
          status
          data
          error {
            message
          }
        }
      }
      ... on EventLogLine {
        line {
          at
          message
        }
      }
    }
  }
`)

function send(accept: string, document: TypedDocumentString<unknown, never>, variables: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept, ...(apiKey && { authorization: `Bearer ${apiKey}` }) }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: document.toString(), variables }) })
}

async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await send('application/graphql-response+json', document, variables)
  return parse<Result>(await response.text())
}

/** The results of a subscription. In the stream, an event ends with an empty line and holds one `data:` line. */
async function* subscribe<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  const response = await send('text/event-stream', document, variables)
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = (text + chunk).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = event.split('\n').find((line) => line.startsWith('data: {'))
      if (data) yield parse<Result>(data.slice('data: '.length))
    }
  }
}

function parse<Result>(text: string): Result {
  const { data, errors }: { data?: Result; errors?: { message: string }[] } = JSON.parse(text)
  if (errors || !data) throw new Error(errors?.map((error) => error.message).join('; ') ?? 'no data')
  return data
}

const code = await readFile(new URL('../workflows/prime-search.ts', import.meta.url), 'utf8')
const { executeWorkflow } = await request(FindPrimes, { input: { code, input: { upTo: 2_000_000, steps: 5 } } })
if (!('event' in executeWorkflow)) throw new Error(executeWorkflow.message)
console.log(`created ${executeWorkflow.event.id}`)

for await (const { eventStream: item } of subscribe(FollowPrimes, { id: executeWorkflow.event.id })) {
  if ('line' in item) console.log(`${item.line.at}  ${item.line.message}`)
  else console.log(`${item.event.status}  ${JSON.stringify(item.event.data ?? item.event.error)}`)
}
