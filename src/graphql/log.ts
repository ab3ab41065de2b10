import type { LogLine, LogPosition } from '../ports.ts'
import { builder } from './builder.ts'

const LogLevelEnum = builder.enumType('LogLevel', {
  values: {
    DEBUG: { value: 'debug' },
    INFO: { value: 'info' },
    WARN: { value: 'warn' },
    ERROR: { value: 'error' },
  } as const,
})

export const LogLineType = builder.objectRef<LogLine>('LogLine').implement({
  fields: (t) => ({
    seq: t.exposeInt('seq'),
    attempt: t.exposeInt('attempt'),
    at: t.expose('at', { type: 'DateTime' }),
    level: t.expose('level', { type: LogLevelEnum }),
    message: t.exposeString('message'),
  }),
})

export const LogConnection = builder.connectionObject({ type: LogLineType, name: 'LogConnection' }, { name: 'LogEdge' })

export function formatLogCursor({ attempt, seq }: LogPosition): string {
  return `${attempt}.${seq}`
}

export function parseLogCursor(cursor: string): LogPosition | undefined {
  const [, attempt, seq] = /^(\d{1,9})\.(\d{1,9})$/.exec(cursor) ?? []
  return attempt === undefined || seq === undefined ? undefined : { attempt: Number(attempt), seq: Number(seq) }
}
