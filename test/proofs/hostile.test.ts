import { expect, test } from 'vitest'
import { kinds } from '../hostile/all.ts'
import { attack, saveCanary } from '../hostile/attack.ts'
import { openAddress, openDoors } from '../hostile/doors.ts'
import { probeHealth } from '../hostile/health.ts'
import { descendants, quiet, usageOf, watchMemory } from '../hostile/processes.ts'
import { mismatch, type Program } from '../hostile/program.ts'
import { inParallel, startServer } from '../harness.ts'
import { scratchDir } from '../scratch.ts'

/** Programs that run at a time, each in a process of its own. Those that fill memory share the machine with fewer. */
const width = { light: 4, heavy: 2 }
const memoryMb = 128

/** Only programs whose kind and name match this, to look at some of them. */
const only = new RegExp(process.env['HOSTILE'] ?? '')

test('every hostile program ends as it should, and hurts nobody', { timeout: 600_000 }, async () => {
  const doors = await openDoors()
  const server = await startServer({
    DATA_DIR: await scratchDir(),
    FETCH_ALLOW_PRIVATE: openAddress,
    OPERATORS_SECRET: 'hunter2',
  })
  const canary = await saveCanary(server.url)
  const slow = await slowness(canary)
  const rssBefore = usageOf(server.pid)?.rssMb ?? 0
  const running = new Set<string>()
  const memory = watchMemory(server.pid, 3 * memoryMb, () => [...running].join(', '))
  const health = await probeHealth(server.url)
  const faults: string[] = []
  // Told at once too, so that a run that is stopped halfway has said what it found.
  const fault = (text: string) => {
    faults.push(text)
    console.log(`FAULT ${text}`)
  }
  /** Programs that did not end as stated beside others. A busy machine can do that, so each is run again, alone. */
  const doubtful = new Map<Program, string>()
  const canaries: number[] = []
  let latest = { over: 0, name: '' }

  async function run(program: Program, isAlone = false): Promise<void> {
    const name = `${program.kind}: ${program.name}`
    running.add(name)
    try {
      const input = program.kind === 'ssrf' ? { port: String(doors.port), open: doors.open } : program.input
      const { found, tookMs } = await attack(server.url, program, input)
      const problem = mismatch(program, found)
      if (problem && isAlone) fault(`${name}: ${problem}`)
      else if (problem) doubtful.set(program, problem)
      const over = tookMs - program.timeoutMs
      if (over > latest.over) latest = { over, name }
      if (over > 1500 * slow)
        fault(`${name}: expected an end within ${program.timeoutMs} ms, got one after ${tookMs} ms`)
    } catch (error) {
      fault(`${name}: ${String(error)}`)
    }
    running.delete(name)
    const after = await canary().catch((error: unknown) => ({ problem: String(error), tookMs: 0 }))
    canaries.push(after.tookMs)
    if (after.problem) fault(`${name}: the canary after it: ${after.problem}`)
    if (after.tookMs > 2000 * slow) fault(`${name}: the canary after it took ${Math.round(after.tookMs)} ms`)
  }

  async function runAll(programs: readonly Program[], lanes: number): Promise<void> {
    await inParallel(lanes, programs.length, async (index) => {
      const program = programs[index]
      if (program) await run(program)
    })
    const burning = await quiet(server.pid, 2000 * slow)
    if (burning) fault(`after ${programs.at(-1)?.kind}: still burning: ${burning}`)
  }

  const chosen = kinds
    .map((kind) => kind.filter((it) => only.test(`${it.kind}: ${it.name}`)))
    .filter((it) => it.length > 0)
  for (const kind of chosen) {
    const start = performance.now()
    await runAll(
      kind.filter((it) => !it.isHeavy),
      width.light,
    )
    await runAll(
      kind.filter((it) => it.isHeavy),
      width.heavy,
    )
    console.log(`${kind[0]?.kind}: ${kind.length} programs in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  }

  for (const [program, problem] of doubtful) {
    console.log(`again, alone: ${program.kind}: ${program.name}: ${problem}`)
    await run(program, true)
  }

  const answered = await health.stop()
  memory.stop()
  const grownMb = (usageOf(server.pid)?.rssMb ?? Infinity) - rssBefore
  canaries.sort((a, b) => a - b)
  console.log(
    `${chosen.flat().length} programs; this machine counts as ${slow.toFixed(1)} times slower; ` +
      `latest end ${latest.over} ms after its timeout (${latest.name}); ` +
      `canary p50 ${canaries[Math.floor(canaries.length / 2)]?.toFixed(0)} ms, slowest ${canaries.at(-1)?.toFixed(0)} ms; ` +
      `slowest of ${answered.answers} answers of /health ${answered.server.toFixed(0)} ms, of an idle server ${answered.idle.toFixed(0)} ms; ` +
      `the server grew by ${grownMb.toFixed(0)} MB; the largest child held ${memory.peakMb().toFixed(0)} MB; ` +
      `${descendants(server.pid).length} children at the end`,
  )
  for (const it of memory.over) fault(`a child held ${it}`)
  for (const it of doors.entered) fault(it)
  expect(faults).toEqual([])
  expect(answered.server).toBeLessThan(Math.max(500, 5 * answered.idle))
  expect(grownMb).toBeLessThan(200)
  expect(server.log.filter((line) => line['level'] === 50 || line['level'] === 60)).toEqual([])
  expect(server.errors()).toBe('')
})

/** How much slower than the machine these limits were made on, at least 1: by what runs take when nothing else does. */
async function slowness(canary: () => Promise<{ tookMs: number }>): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 30; n++) times.push((await canary()).tookMs)
  times.sort((a, b) => a - b)
  return Math.max(1, (times[15] ?? 0) / 12)
}
