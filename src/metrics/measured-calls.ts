import type { Commands } from '../commands.ts'
import { OverloadedError } from '../errors.ts'
import type { FetchAnswer, Fetcher } from '../executor/fetch-types.ts'
import type { Metrics } from './prometheus.ts'

/** The same commands, with those counted that were refused for want of room. */
export function measureCommands(commands: Commands, { overloaded }: Metrics): Commands {
  const counted =
    <Given extends readonly unknown[], T>(call: (...given: Given) => Promise<T>) =>
    async (...given: Given) => {
      try {
        return await call(...given)
      } catch (error) {
        if (error instanceof OverloadedError) overloaded.inc()
        throw error
      }
    }
  return {
    ...commands,
    createEvent: counted(commands.createEvent),
    executeWorkflow: counted(commands.executeWorkflow),
    executeFunction: counted(commands.executeFunction),
    rerunEvent: counted(commands.rerunEvent),
  }
}

/** The same fetcher, with what came of each fetch counted. */
export function measureFetcher(fetcher: Fetcher, { fetches }: Metrics): Fetcher {
  return {
    ...fetcher,
    async fetch(...given) {
      const answer = await fetcher.fetch(...given)
      fetches.inc({ result: resultOf(answer) })
      return answer
    },
  }
}

function resultOf(answer: FetchAnswer): string {
  if (answer.kind === 'answer') return `${Math.floor(answer.status / 100)}xx`
  return { TypeError: 'failed', AbortError: 'aborted', TimeoutError: 'timed_out' }[answer.name]
}
