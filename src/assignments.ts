import { hash } from 'node:crypto'
import { InvalidInputError } from './errors.ts'
import type { Assignment } from './event.ts'
import type { LimitsInput } from './inputs.ts'
import type { Json } from './json.ts'
import { canonicalJson } from './json.ts'
import type { Language, Limits } from './program.ts'
import type { Store } from './ports.ts'
import type { Programs } from './programs.ts'
import { givenLimits } from './programs.ts'

/** What the mutations that make or run an event have in common. */
export interface Request {
  readonly type: string
  readonly input?: Json | undefined
  readonly workflow?: string | null | undefined
  readonly execution?: string | null | undefined
  readonly code?: string | null | undefined
  readonly language?: Language | null | undefined
  readonly idempotencyKey?: string | null | undefined
  readonly runAt?: Date | null | undefined
  readonly limits?: LimitsInput
}

/** The limits that hold where nothing else is said, and those that nobody can exceed. */
export interface ServerLimits {
  readonly defaults: Limits
  readonly maxima: Limits
}

/** Finds out what a request asks to run. */
export function createAssignments(store: Pick<Store, 'now'>, programs: Programs, { defaults, maxima }: ServerLimits) {
  /** What the request says, else what the program says, else the defaults, and never more than the maxima. */
  function limitsOf(program: Partial<Limits>, request: Request): Limits {
    const wanted = { ...defaults, ...program, ...givenLimits(request.limits) }
    return {
      timeoutMs: Math.min(wanted.timeoutMs, maxima.timeoutMs),
      memoryMb: Math.min(wanted.memoryMb, maxima.memoryMb),
      maxAttempts: Math.min(wanted.maxAttempts, maxima.maxAttempts),
    }
  }

  return {
    /** Null for a plain record. Throws a `UserError` for what does not exist or cannot run. */
    async of(request: Request): Promise<Assignment | null> {
      const runAt = Math.max(request.runAt?.getTime() ?? 0, store.now())
      if (request.code != null) {
        const version = await programs.keepVersion({ language: request.language ?? 'TypeScript', code: request.code })
        return { workflow: null, execution: null, version: version.hash, limits: limitsOf({}, request), runAt }
      }
      const kind = request.workflow != null ? 'workflow' : 'function'
      const name = request.workflow ?? request.execution
      if (name != null) {
        const program = await programs.find(kind, name, pathOf(request))
        return {
          workflow: kind === 'workflow' ? program.id : null,
          execution: kind === 'function' ? program.id : null,
          version: program.version,
          limits: limitsOf(program.limits, request),
          runAt,
        }
      }
      if (request.runAt == null) return null
      throw new InvalidInputError({
        path: 'input.runAt',
        expected: 'something to run then',
        received: 'a plain record',
      })
    },
  }
}

/** The same for the same request and different for any other. */
export function hashRequest({ type, input, workflow, execution, code, language, runAt, limits }: Request): string {
  const what = [type, input ?? null, workflow ?? null, execution ?? null, code ?? null, language ?? null]
  const how = [runAt?.getTime() ?? null, { ...givenLimits(limits) }]
  return hash('sha256', canonicalJson([what, how]))
}

/** The argument that named the program. */
function pathOf(request: Request): string {
  if (request.workflow != null) return 'input.workflow'
  return request.type === 'function.execute' ? 'input.function' : 'input.execution'
}
