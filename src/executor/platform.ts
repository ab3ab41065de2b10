import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What the machine under the server offers to keep its child processes in bounds. */
export interface Platform {
  readonly name: NodeJS.Platform
  /** A shell that can set the limits of what it then becomes. Undefined: there is none. */
  readonly shell: string | undefined
  /** Whether `/proc` tells how much memory a process holds. */
  readonly hasProc: boolean
  /** Whether the kernel lets a process say that it is to be ended first when memory runs out. */
  readonly hasOomScore: boolean
  /** Whether Node can keep a process from files, sockets and other processes. */
  readonly hasPermissions: boolean
}

const shell = '/bin/sh'

/** Finds out by trying, since a name says little: containers and C libraries differ. */
export function readPlatform(): Platform {
  const hasShell = existsSync(shell) && spawnSync(shell, ['-c', 'ulimit -c 0 && ulimit -d'], { env: {} }).status === 0
  return {
    name: process.platform,
    shell: hasShell ? shell : undefined,
    hasProc: existsSync('/proc/self/statm'),
    hasOomScore: existsSync('/proc/self/oom_score_adj'),
    hasPermissions: process.allowedNodeEnvironmentFlags.has('--permission'),
  }
}

/** What a platform lacks, as one sentence for the operator. Undefined: nothing. */
export function lacking({ name, shell: found, hasProc, hasOomScore, hasPermissions }: Platform): string | undefined {
  const missing = [
    !hasPermissions &&
      'code that breaks out of V8 is not kept from files and sockets (this Node has no permission model)',
    !hasProc && 'memory outside the heap is not watched (there is no /proc)',
    found === undefined
      ? 'the memory of a process is not limited by the kernel and a crash may leave a core dump (there is no /bin/sh)'
      : name !== 'linux' && `the memory of a process is not limited by the kernel (${name} does not count it)`,
    !hasOomScore && 'the kernel is not told to end processes of user code first when memory runs out',
  ].filter((it) => it !== false)
  if (missing.length === 0) return undefined
  return `This platform lacks defences against hostile code: ${missing.join('; ')}. Run only code that you trust, or use Linux`
}
