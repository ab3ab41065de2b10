import { createAdmission } from './admission.ts'
import type { Request, ServerLimits } from './assignments.ts'
import { createAssignments, hashRequest } from './assignments.ts'
import { ConflictError, NotFoundError, UnavailableError } from './errors.ts'
import type { Assignment, Event } from './event.ts'
import { isFinal } from './event.ts'
import { onEventCreate } from './hooks.ts'
import { newId } from './id.ts'
import type { InputSchemas } from './inputs.ts'
import { parseInput } from './inputs.ts'
import type { Json } from './json.ts'
import type { Live } from './live.ts'
import type { Executor, Hub, Queue, Store } from './ports.ts'
import type { Program } from './program.ts'
import { createPrograms, maxRaces } from './programs.ts'
import { assignEvent, cancelEvent, newEvent } from './transitions.ts'
import type { Versions } from './versions.ts'

/**
 * What a client may ask for. Each command checks its input itself and throws a `UserError` for what the caller can
 * mend, an `UnavailableError` for what may pass. It resolves once the change is durable; where `waitMs` was given,
 * once the event is final or the time is up. `signal` ends the waiting, never the work.
 */
export interface Commands {
  createEvent(input: unknown, signal?: AbortSignal): Promise<Event>
  executeWorkflow(input: unknown, signal?: AbortSignal): Promise<Event>
  executeFunction(input: unknown, signal?: AbortSignal): Promise<Event>
  cancelEvent(input: unknown): Promise<Event>
  rerunEvent(input: unknown, signal?: AbortSignal): Promise<Event>
  saveWorkflow(input: unknown): Promise<Program>
  saveFunction(input: unknown): Promise<Program>
  deleteWorkflow(input: unknown): Promise<Program>
  deleteFunction(input: unknown): Promise<Program>
}

interface Needs {
  readonly store: Store
  readonly queue: Queue
  readonly executor: Pick<Executor, 'prepare'>
  readonly hub: Hub
  readonly live: Pick<Live, 'untilFinal'>
  readonly versions: Versions
  readonly limits: ServerLimits
  readonly schemas: InputSchemas
  /** Unfinished events beyond which no more are taken. */
  readonly maxPending: number
  /** A sentence while the server takes no new work, else undefined. */
  readonly closing: () => string | undefined
}

export function createCommands(needs: Needs): Commands {
  const { store, queue, executor, hub, live, versions, limits, schemas, maxPending, closing } = needs
  const programs = createPrograms({ store, executor, schemas, versions })
  const assignments = createAssignments(store, programs, limits)
  const admission = createAdmission(store, maxPending)

  return {
    async createEvent(input, signal) {
      refuseWhileClosing()
      const request = parseInput(schemas.createEvent, input)
      const event = await create({ ...request, input: request.input ?? undefined })
      return live.untilFinal(event, request.waitMs ?? 0, signal)
    },

    async executeWorkflow(input, signal) {
      refuseWhileClosing()
      const parsed = parseInput(schemas.executeWorkflow, input)
      const request = { ...parsed, type: 'workflow.execute' }
      const event = parsed.eventId ? await assign(parsed.eventId, request) : await create(request)
      return live.untilFinal(event, parsed.waitMs ?? 0, signal)
    },

    async executeFunction(input, signal) {
      refuseWhileClosing()
      const parsed = parseInput(schemas.executeFunction, input)
      const { function: execution, ...request } = parsed
      const event = await create({ ...request, input: request.input ?? undefined, execution, type: 'function.execute' })
      return live.untilFinal(event, parsed.waitMs ?? 0, signal)
    },

    async cancelEvent(input) {
      const { id } = parseInput(schemas.cancelEvent, input)
      return change(id, 'input.id', (event) => {
        if (event.status === 'Canceled') {
          // Perhaps by an earlier call whose answer was lost, so that nobody was told.
          hub.notify({ kind: 'Event', event })
          return event
        }
        const next = cancelEvent(event, store.now())
        if (next) return next
        throw new ConflictError({ path: 'input.id', expected: 'an event that is not final', received: stands(event) })
      })
    },

    async rerunEvent(input, signal) {
      refuseWhileClosing()
      const { id, version, waitMs } = parseInput(schemas.rerunEvent, input)
      const old = await getEvent(id, 'input.id')
      if (!isFinal(old)) {
        throw new ConflictError({ path: 'input.id', expected: 'an event that is final', received: stands(old) })
      }
      const pinned = version === 'Latest' ? await latestVersion(old) : old.version
      if (pinned === null) {
        throw new ConflictError({
          path: 'input.id',
          expected: 'an event that ran something',
          received: 'a plain record',
        })
      }
      const { type, workflow, execution, limits: same } = old
      const assignment = { workflow, execution, version: pinned, limits: same, runAt: store.now() }
      const event = await admission.admit(() => keep(type, old.input, assignment, { rerunOf: old.id }))
      return live.untilFinal(event, waitMs ?? 0, signal)
    },

    saveWorkflow: (input) => programs.save('workflow', input),
    saveFunction: (input) => programs.save('function', input),
    deleteWorkflow: (input) => programs.delete('workflow', input),
    deleteFunction: (input) => programs.delete('function', input),
  }

  function refuseWhileClosing(): void {
    const reason = closing()
    if (reason !== undefined) throw new UnavailableError(reason)
  }

  /** Keeps a new event, or finds the one that the same request made before. */
  async function create(request: Request): Promise<Event> {
    const key = request.idempotencyKey ?? null
    const requestHash = key === null ? null : hashRequest(request)
    if (key !== null) {
      const [earlier] = await store.listEvents({ idempotencyKey: key }, { limit: 1 })
      if (earlier) return sameRequest(earlier, requestHash)
    }
    const make = async () => {
      const assignment = await assignments.of(request)
      return keep(request.type, request.input ?? null, assignment, { idempotencyKey: key, requestHash })
    }
    // Before its code is checked, which is most of the work. A record is finished once it is kept.
    return asksToRun(request) ? admission.admit(make) : make()
  }

  async function keep(
    type: string,
    input: Json,
    assignment: Assignment | null,
    origin: Partial<Pick<Event, 'idempotencyKey' | 'requestHash' | 'rerunOf'>>,
  ): Promise<Event> {
    const { idempotencyKey = null, requestHash = null, rerunOf = null } = origin
    const made = {
      id: newId('evt'),
      type,
      input,
      assignment,
      limits: limits.defaults,
      idempotencyKey,
      requestHash,
      rerunOf,
    }
    const event = newEvent(made, store.now())
    const [kept = event] = await store.createEvents([event])
    if (kept.id !== event.id) return sameRequest(kept, requestHash)
    onEventCreate({ hub, queue }, kept)
    return kept
  }

  /** Points an existing event at something to run. */
  async function assign(id: string, request: Request): Promise<Event> {
    const { status } = await getEvent(id, 'input.eventId')
    const point = () => assignTo(id, request)
    return status === 'Pending' ? point() : admission.admit(point)
  }

  async function assignTo(id: string, request: Request): Promise<Event> {
    const assignment = await assignments.of(request)
    if (!assignment) throw new Error('A request without workflow and code got past its schema')
    return change(id, 'input.eventId', (event) => {
      const next = assignEvent(event, assignment, request.input)
      if (next) return next
      throw new ConflictError({
        path: 'input.eventId',
        expected: 'an event that is not PROCESSING',
        received: stands(event),
      })
    })
  }

  async function latestVersion(event: Event): Promise<string | null> {
    const id = event.workflow ?? event.execution
    if (id === null) return event.version
    return (await programs.find(event.workflow ? 'workflow' : 'function', id, 'input.version')).version
  }

  async function getEvent(id: string, path: string): Promise<Event> {
    const event = await store.getEvent(id)
    if (event) return event
    throw new NotFoundError({ path, expected: 'the id of an event', received: id })
  }

  /** Applies a transition to whatever the event is by then, and tells of it. Unchanged means nothing to do. */
  async function change(id: string, path: string, transition: (event: Event) => Event): Promise<Event> {
    for (let race = 0; race < maxRaces; race++) {
      const event = await getEvent(id, path)
      const next = transition(event)
      if (next === event) return event
      if (await store.updateEvent(next)) {
        onEventCreate({ hub, queue }, next)
        return next
      }
    }
    throw new ConflictError({ path, expected: 'an event that nobody else keeps changing', received: id })
  }
}

function asksToRun({ code, workflow, execution }: Request): boolean {
  return (code ?? workflow ?? execution ?? null) !== null
}

function sameRequest(event: Event, requestHash: string | null): Event {
  if (event.requestHash === requestHash) return event
  throw new ConflictError({
    path: 'input.idempotencyKey',
    expected: 'a key that was not used, or the request it was used for',
    received: `the key of another request, which made ${event.id}`,
  })
}

/** How an event stands, in the words of the API. */
function stands(event: Event): string {
  return `an event that is ${event.status.toUpperCase()}`
}
