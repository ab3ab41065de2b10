// What every client of the API in the tests and the chaos runs does.
import type { TypedDocumentString } from '../src/gen/graphql.ts'

/** Sends one operation and resolves to its data; rejects with what the server says is wrong. */
export async function request<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Record<string, string> = {},
): Promise<Result> {
  const { data, errors } = await send(url, document, variables, headers)
  if (errors || !data) throw new Error(`The server answered with errors: ${JSON.stringify(errors)}`)
  return data
}

/** Sends one operation and resolves to the whole answer. */
export async function send<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  headers: Record<string, string> = {},
): Promise<{ data?: Result | null; errors?: { message: string; extensions?: Record<string, unknown> }[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query: document.toString(), variables }),
  })
  return JSON.parse(await response.text())
}

/** Resolves once `check` gives something; looks again as soon as it has answered, at most `seconds` long. */
export async function eventually<T>(check: () => Promise<T | undefined> | T | undefined, seconds = 40): Promise<T> {
  const deadline = Date.now() + 1000 * seconds
  for (;;) {
    const value = await check()
    if (value !== undefined) return value
    if (Date.now() > deadline) throw new Error(`What was waited for did not happen within ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Runs at most `width` of the tasks at a time. */
export async function inParallel<T>(width: number, count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
