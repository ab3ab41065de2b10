import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Caps } from '../caps.ts'
import { ownModules } from './own-modules.ts'
import { lacking, readPlatform, type Platform } from './platform.ts'

export type Role = 'child' | 'checker'

/** Starts a process of that role. */
export type Launch = (role: Role) => ChildProcess

export interface LaunchOptions {
  /** The most memory a run may ask for, in megabytes. Sizes the kernel's limit on the process. */
  readonly maxMemoryMb: number
  /** What the process is told to allow. */
  readonly caps: Caps
  /** Whether user code runs without a compiler. */
  readonly jitless?: boolean
  readonly platform?: Platform
  readonly warn: (message: string) => void
}

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Address space that V8 reserves for the code of two isolates and takes no memory for, in megabytes. The kernel counts
 * it all the same: with less no child starts. Without a compiler there is no code to make room for.
 */
const codeRangesMb = 1200
/** What Node and the isolates need besides the heap of user code, in megabytes. */
const overheadMb = 400
/**
 * Stack for the checker, in kilobytes: the stripper of types and the parser of V8 go down a level with each bracket.
 * The kernel gives the first thread of a process 8 MB.
 */
const checkerStackKb = 3000

/** Decides once what this platform allows, so that what is missing is said once. */
export function createLaunch(options: LaunchOptions): Launch {
  const { maxMemoryMb, caps, jitless = false, platform = readPlatform(), warn } = options
  const missing = lacking(platform)
  if (missing !== undefined) warn(missing)
  const heapMb = Math.ceil(1.5 * maxMemoryMb)
  const common = ['--no-node-snapshot', '--v8-pool-size=1', ...(platform.hasPermissions ? permissions() : [])]
  // The checker runs no code of users, and its stripper is WebAssembly, which needs the compiler.
  const roles = {
    child: role('child', jitless ? ['--jitless'] : [], (jitless ? 0 : codeRangesMb) + overheadMb + heapMb),
    checker: role('checker', [`--stack-size=${checkerStackKb}`], codeRangesMb + overheadMb + 768),
  }

  function role(name: Role, flags: readonly string[], dataMb: number) {
    return { program: ownModules(`${name}.ts`), ...command(platform, [...common, ...flags], dataMb) }
  }

  return (name) => {
    const { program, execPath, execArgv } = roles[name]
    const child = fork(join(here, 'start.js'), [JSON.stringify(caps)], {
      execPath,
      execArgv,
      // Nothing of the server's environment: what a child holds in memory, code that breaks out of V8 can read.
      env: { MALLOC_ARENA_MAX: '2' },
      cwd: '/',
      // Faster than the other format for small messages, and no deserializer of V8 is fed by a child gone bad.
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // One that did not start, or ended at once, is known by its exit.
    if (child.connected) child.send(program, () => {})
    return child
  }
}

/** How Node is started so that it finds its limits in place. Only a shell can set them on what it then becomes. */
function command({ shell, hasOomScore }: Platform, flags: string[], dataMb: number) {
  if (shell === undefined) return { execPath: process.execPath, execArgv: flags }
  const steps = [
    'ulimit -c 0',
    `ulimit -d ${dataMb * 1024}`,
    ...(hasOomScore ? ['echo 1000 >/proc/self/oom_score_adj'] : []),
    'unset PWD OLDPWD',
    // `$0` is Node, `$@` its arguments.
    'exec "$0" "$@"',
  ]
  return { execPath: shell, execArgv: ['-c', steps.join('; '), process.execPath, ...flags] }
}

/** A child may read its own code and nothing else; no writing, no processes, no sockets, no inspector. */
function permissions(): string[] {
  const require = createRequire(import.meta.url)
  const isolatedVm = dirname(require.resolve('isolated-vm'))
  const loader = dirname(createRequire(join(isolatedVm, 'x.js')).resolve('node-gyp-build'))
  const coreJs = dirname(require.resolve('core-js/package.json'))
  const amaro = dirname(dirname(require.resolve('amaro')))
  const readable = [`${here}/*`, `${isolatedVm}/*`, `${loader}/*`, `${amaro}/*`, `${coreJs}/*`, '/etc/alpine-release']
  return [
    '--permission',
    '--allow-addons',
    '--disable-warning=PERM0001',
    ...readable.map((path) => `--allow-fs-read=${path}`),
  ]
}
