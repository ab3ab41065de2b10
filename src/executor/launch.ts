import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Caps } from '../caps.ts'

export type Role = 'child' | 'checker'

/** Starts a process of that role. */
export type Launch = (role: Role) => ChildProcess

export interface LaunchOptions {
  /** The most memory a run may ask for, in megabytes. Sizes the kernel's limit on the process. */
  readonly maxMemoryMb: number
  /** What the process is told to allow. */
  readonly caps: Caps
  readonly warn: (message: string) => void
}

const shell = '/bin/sh'
const here = dirname(fileURLToPath(import.meta.url))

/**
 * Address space V8 reserves for code and takes no memory for, together with what Node itself uses, in megabytes.
 * The kernel counts it all the same: below this no child starts.
 */
const reservedMb = 1200

/** Decides once what this platform allows, so that a missing defence is said once. */
export function createLaunch({ maxMemoryMb, caps, warn }: LaunchOptions): Launch {
  const flags = ['--no-node-snapshot', '--v8-pool-size=1']
  if (process.allowedNodeEnvironmentFlags.has('--permission')) flags.push(...permissions())
  else warn('This Node has no permission model: child processes are not kept from files and sockets')
  // Only a shell can set limits on what it then becomes; `$0` is Node, `$@` its arguments. Nice, so that the server
  // itself is served first when children use every core.
  const dataKb = (reservedMb + 400 + Math.ceil(1.5 * maxMemoryMb)) * 1024
  const limits = `ulimit -c 0; ulimit -d ${dataKb}; echo 1000 >/proc/self/oom_score_adj; unset PWD OLDPWD; exec nice -n 10 "$0" "$@"`
  const hasShell = process.platform === 'linux' && existsSync(shell)
  if (!hasShell) warn('The memory of child processes is limited on Linux only: here one run can exhaust the machine')
  return (role) =>
    fork(join(here, `${role}.ts`), [JSON.stringify(caps)], {
      execPath: hasShell ? shell : process.execPath,
      execArgv: hasShell ? ['-c', limits, process.execPath, ...flags] : flags,
      // Nothing of the server's environment: what a child holds in memory, code that breaks out of V8 can read.
      env: { MALLOC_ARENA_MAX: '2' },
      cwd: '/',
      // Faster than the other format for small messages, and no deserializer of V8 is fed by a child gone bad.
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
}

/** A child may read its own code and nothing else; no writing, no processes, no sockets, no inspector. */
function permissions(): string[] {
  const require = createRequire(import.meta.url)
  const isolatedVm = dirname(require.resolve('isolated-vm'))
  const loader = dirname(createRequire(join(isolatedVm, 'x.js')).resolve('node-gyp-build'))
  const amaro = dirname(dirname(require.resolve('amaro')))
  const readable = [`${here}/*`, `${isolatedVm}/*`, `${loader}/*`, `${amaro}/*`, '/etc/alpine-release']
  return [
    '--permission',
    '--allow-addons',
    '--disable-warning=PERM0001',
    ...readable.map((path) => `--allow-fs-read=${path}`),
  ]
}
