import type { Caps } from '../caps.ts'
import { cpuTime } from './cpu-time.ts'
import type { Launch, Role } from './launch.ts'
import type { MemoryLimit, MemoryWatch } from './memory-watch.ts'
import { busyNice, changePriority, childNice } from './priority.ts'
import {
  readChildMessage,
  type CheckMessage,
  type ChildMessage,
  type ReplyMessage,
  type RunMessage,
} from './protocol.ts'

/** How long a child may take to start, and how much of the processor, in milliseconds. It needs some 200. */
const boot = { ms: 15_000, cpuMs: 2000 } as const
/** The same for getting ready again, which takes a few: whatever goes on in it for longer is not ours. */
const renewal = { ms: 1500, cpuMs: 200 } as const
/** How often a child gets that time once more that was late without having got so much of the processor. */
const patience = 3
/** Memory of a child that starts, before any code of users gets there, in bytes. */
const bootLimit = { most: 512 * 1024 * 1024, lasting: Infinity }
const stderrLength = 4096

/** How a child ended that nobody asked to. */
export interface ChildEnd {
  readonly reason: string
  readonly outOfMemory: boolean
}

/** What a child is busy with. Neither is called after the child was killed or released. */
export interface Task {
  message(message: Exclude<ChildMessage, { type: 'ready' }>): void
  lost(end: ChildEnd): void
}

export interface Owner {
  ready(child: Child): void
  /** It is dying or dead. Called once. `bootProblem`: why it never got ready, if it did not. */
  gone(child: Child, bootProblem: string | undefined, cause: string): void
}

/** `busy` from when it is taken until it is released; `warming` until it reports ready again. */
export type ChildState = 'booting' | 'ready' | 'busy' | 'warming' | 'dying'

export interface Child {
  readonly pid: number | undefined
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>
  state(): ChildState
  /** Memory it held when it was last ready, in bytes. Undefined where that cannot be read. */
  baseRss(): number | undefined
  /** How often it was taken. */
  uses(): number
  take(): void
  /** Processor time it has used since it was taken, in milliseconds. Undefined where that cannot be read. */
  cpuUsed(): number | undefined
  /** It is killed when it holds more memory than `limit`, until it is given something else to do. */
  send(message: RunMessage | CheckMessage, limit: MemoryLimit, task: Task): void
  /** Says something more about what it is busy with. */
  tell(message: ReplyMessage): void
  /** Lets all others go before it, until it is released. */
  giveWay(): void
  /** It is used again, unless it had to give way and this server may not raise its priority again. */
  release(): void
  /** `cause` is a word for the metrics. */
  kill(cause: string): void
}

export interface SpawnOptions {
  readonly role: Role
  readonly launch: Launch
  /** Bound what it may say. */
  readonly caps: Caps
  readonly memory: MemoryWatch
}

export function spawnChild({ role, launch, caps, memory }: SpawnOptions, owner: Owner): Child {
  const subprocess = launch(role)
  const { pid } = subprocess
  if (pid !== undefined) changePriority(pid, childNice)
  let state: ChildState = 'booting'
  let task: Task | undefined
  let taskId: number | undefined
  let uses = 0
  let isBusy = false
  let baseRss: number | undefined
  let stderr = ''
  let cpuBefore = 0
  let readyTimer: NodeJS.Timeout | undefined
  const watched = pid === undefined ? undefined : memory.add(pid, () => fail('it held too much memory', true))
  watched?.limit(bootLimit)
  expectReady(boot)

  subprocess.stderr?.setEncoding('latin1').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrLength)
  })
  subprocess.on('message', (value: unknown) => {
    // What a child says after it was given up has no meaning: its run may have ended differently by then.
    if (state === 'dying') return
    const message = readChildMessage(value, caps)
    if (!message) fail('it sent what no sound child sends')
    else if (message.type !== 'ready') deliver(message)
    else if (state === 'booting' || state === 'warming') becomeReady()
    else fail('it was ready while it ran something')
  })

  const exited = new Promise<void>((resolve) => {
    // `close` comes after `exit`, when all of stderr has been read.
    subprocess.on('close', (code, signal) => {
      resolve()
      if (state !== 'dying') fail(signal ? `signal ${signal}` : `exit code ${code}`)
    })
    // No process came to be, or a message could not be sent to one that just ended.
    subprocess.on('error', (error) => {
      if (pid === undefined) resolve()
      if (state !== 'dying') fail(error.message)
    })
  })

  function deliver(message: Exclude<ChildMessage, { type: 'ready' }>): void {
    if (state === 'busy' && message.id === taskId) task?.message(message)
  }

  function becomeReady(): void {
    clearTimeout(readyTimer)
    readyTimer = undefined
    state = 'ready'
    baseRss = watched?.rss()
    owner.ready(child)
  }

  function fail(reason: string, heldTooMuch = false): void {
    const lost = task
    const outOfMemory = heldTooMuch || diedOfMemory(stderr) || watched?.wasNear() === true
    end(reason, outOfMemory ? 'out_of_memory' : 'crash')
    lost?.lost({ reason, outOfMemory })
  }

  /** On a machine that is busy with other things it may get next to nothing of it: to start anew takes more still. */
  function expectReady({ ms, cpuMs }: typeof boot | typeof renewal): void {
    let given = 0
    const expire = () => {
      const isStarved = (cpuUsed() ?? cpuMs) < cpuMs
      if (isStarved && given++ < patience) readyTimer = setTimeout(expire, ms)
      else fail('it was not ready in time')
    }
    readyTimer = setTimeout(expire, ms)
  }

  function cpuUsed(): number | undefined {
    const now = cpuTime(pid)
    return now === undefined ? undefined : now - cpuBefore
  }

  function end(reason: string, cause: string): void {
    const bootProblem = state === 'booting' ? [reason, lastLine(stderr)].filter(Boolean).join(': ') : undefined
    state = 'dying'
    task = undefined
    clearTimeout(readyTimer)
    watched?.stop()
    subprocess.kill('SIGKILL')
    owner.gone(child, bootProblem, bootProblem === undefined ? cause : 'boot')
  }

  function kill(cause: string): void {
    if (state !== 'dying') end('it was killed', cause)
  }

  const child: Child = {
    pid,
    exited,
    state: () => state,
    baseRss: () => baseRss,
    uses: () => uses,
    take: () => {
      state = 'busy'
      uses++
      cpuBefore = cpuTime(pid) ?? 0
    },
    cpuUsed,
    send: (message, limit, newTask) => {
      // Between being taken and this it may have died.
      if (state !== 'busy') {
        newTask.lost({ reason: 'it died before', outOfMemory: false })
        return
      }
      watched?.limit(limit)
      task = newTask
      taskId = message.id
      subprocess.send(message)
    },
    tell: (message) => {
      if (state === 'busy' && message.id === taskId) subprocess.send(message)
    },
    giveWay: () => {
      if (state !== 'busy' || pid === undefined) return
      changePriority(pid, busyNice)
      isBusy = true
    },
    release: () => {
      if (isBusy && pid !== undefined && !changePriority(pid, childNice)) return kill('spent')
      isBusy = false
      task = undefined
      state = 'warming'
      expectReady(renewal)
    },
    kill,
  }
  return child
}

/**
 * Whether V8 or the C++ library gave up for want of memory, by what they wrote to stderr, where user code cannot write.
 * An "invalid size" is that of a list or text larger than V8 could ever hold.
 */
function diedOfMemory(stderr: string): boolean {
  return /out of memory|invalid size error|invalid (array|string|table) |bad_alloc|Last few GCs|allocation failed/i.test(
    stderr,
  )
}

/** Of an error that Node printed, the line that says what it is. */
function lastLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.findLast((line) => /\w*Error\b/.test(line)) ?? lines.at(-1)
}
