import { cpu } from './cpu.ts'
import { escape } from './escape.ts'
import { flood } from './flood.ts'
import { log } from './log.ts'
import { memory } from './memory.ts'
import { module } from './module.ts'
import { pollution } from './pollution.ts'
import type { Program } from './program.ts'
import { result } from './result.ts'
import { ssrf } from './ssrf.ts'
import { stack } from './stack.ts'
import { throwing } from './throw.ts'
import { timer } from './timer.ts'
import { typescript } from './typescript.ts'
import { wait } from './wait.ts'

/** Every hostile program, by kind. */
export const kinds: readonly (readonly Program[])[] = [
  cpu,
  wait,
  memory,
  stack,
  escape,
  pollution,
  throwing,
  flood,
  log,
  result,
  module,
  timer,
  ssrf,
  typescript,
]
