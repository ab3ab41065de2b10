import type { Limits } from '../program.ts'
import { builder } from './builder.ts'

export const LimitsType = builder.objectRef<Limits>('Limits').implement({
  fields: (t) => ({
    timeoutMs: t.exposeInt('timeoutMs'),
    memoryMb: t.exposeInt('memoryMb'),
    maxAttempts: t.exposeInt('maxAttempts'),
  }),
})

export const LimitOverridesType = builder.objectRef<Partial<Limits>>('LimitOverrides').implement({
  fields: (t) => ({
    timeoutMs: t.int({ nullable: true, resolve: ({ timeoutMs }) => timeoutMs }),
    memoryMb: t.int({ nullable: true, resolve: ({ memoryMb }) => memoryMb }),
    maxAttempts: t.int({ nullable: true, resolve: ({ maxAttempts }) => maxAttempts }),
  }),
})

export const LimitsInput = builder.inputType('LimitsInput', {
  fields: (t) => ({ timeoutMs: t.int(), memoryMb: t.int(), maxAttempts: t.int() }),
})
