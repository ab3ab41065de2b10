import { ConflictError, InvalidCodeError, NotFoundError } from './errors.ts'
import { isId, newId } from './id.ts'
import type { InputSchemas, LimitsInput } from './inputs.ts'
import { parseInput } from './inputs.ts'
import type { Executor, Source, Store } from './ports.ts'
import type { Limits, Program, ProgramKind, Version } from './program.ts'
import { idPrefix, versionHash } from './program.ts'
import type { Versions } from './versions.ts'

/** How often a compare-and-set is tried anew after another writer was first. */
export const maxRaces = 50

export interface Programs {
  save(kind: ProgramKind, input: unknown): Promise<Program>
  delete(kind: ProgramKind, input: unknown): Promise<Program>
  /** The living program of that kind with that name or id. Throws `NotFoundError`. */
  find(kind: ProgramKind, nameOrId: string, path: string): Promise<Program>
  /** The version for a source, kept in the store. Throws `InvalidCodeError` when the source cannot run. */
  keepVersion(source: Source): Promise<Version>
}

interface Needs {
  readonly store: Store
  readonly executor: Pick<Executor, 'prepare'>
  readonly schemas: InputSchemas
  readonly versions: Versions
}

export function createPrograms({ store, executor, schemas, versions }: Needs): Programs {
  return {
    async save(kind, input) {
      const parsed = parseInput(schemas.save, input)
      const { version } = await check({ language: parsed.language ?? 'TypeScript', code: parsed.code })
      for (let race = 0; race < maxRaces; race++) {
        const found = await store.findProgram(kind, parsed.name)
        const settings = {
          name: parsed.name,
          description: parsed.description ?? found?.description ?? null,
          version: version.hash,
          limits: givenLimits(parsed.limits) ?? found?.limits ?? {},
        }
        const next = nextProgram(kind, found, settings, store.now())
        if (next === found || (await store.saveProgram(next, version))) return next
      }
      throw new ConflictError({
        path: 'input.name',
        expected: 'a name that nobody else is saving',
        received: parsed.name,
      })
    },

    async delete(kind, input) {
      const { id } = parseInput(kind === 'workflow' ? schemas.deleteWorkflow : schemas.deleteFunction, input)
      for (let race = 0; race < maxRaces; race++) {
        const found = await living(kind, id)
        if (!found) break
        const version = await store.getVersion(found.version)
        if (!version) break
        const now = store.now()
        const next = { ...found, rev: found.rev + 1, updatedAt: now, deletedAt: now }
        if (await store.saveProgram(next, version)) return next
      }
      throw new NotFoundError({ path: 'input.id', expected: `the id of a ${kind}`, received: id })
    },

    async find(kind, nameOrId, path) {
      const found = (await living(kind, nameOrId)) ?? (await store.findProgram(kind, nameOrId))
      if (found) return found
      throw new NotFoundError({ path, expected: `the name or id of a ${kind}`, received: JSON.stringify(nameOrId) })
    },

    async keepVersion(source) {
      const { version, isKept } = await check(source)
      if (!isKept) await store.saveVersion(version)
      versions.add(version)
      return version
    },
  }

  async function living(kind: ProgramKind, id: string): Promise<Program | undefined> {
    if (!isId(idPrefix[kind], id)) return undefined
    const found = await store.getProgram(id)
    return found?.kind === kind && found.deletedAt === null ? found : undefined
  }

  /** What a kept version says of a source needs no second look: it was checked before it was kept. */
  async function check(source: Source): Promise<{ version: Version; isKept: boolean }> {
    const hash = versionHash(source.language, source.code)
    const known = await versions.get(hash)
    if (known) return { version: known, isKept: true }
    const prepared = await executor.prepare(source)
    if (prepared.kind === 'Failure') throw new InvalidCodeError('input.code', prepared.failure)
    return { version: { hash, ...source, script: prepared.script, createdAt: store.now() }, isKept: false }
  }
}

/** The limits that were given, or undefined when none were. */
export function givenLimits(limits: LimitsInput): Partial<Limits> | undefined {
  if (!limits) return undefined
  const { timeoutMs, memoryMb, maxAttempts } = limits
  return {
    ...(timeoutMs != null && { timeoutMs }),
    ...(memoryMb != null && { memoryMb }),
    ...(maxAttempts != null && { maxAttempts }),
  }
}

type Settings = Pick<Program, 'name' | 'description' | 'version' | 'limits'>

/** The program after a save, or the very same one when the save changes nothing. */
function nextProgram(kind: ProgramKind, found: Program | undefined, settings: Settings, now: number): Program {
  if (!found) {
    const id = newId(idPrefix[kind])
    return { id, kind, ...settings, createdAt: now, updatedAt: now, rev: 1, deletedAt: null }
  }
  const next = { ...found, ...settings }
  if (JSON.stringify(next) === JSON.stringify(found)) return found
  return { ...next, updatedAt: now, rev: found.rev + 1 }
}
