import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'

/**
 * The bytes of `-shm` that a connection locks while it reads from the write-ahead log: WAL_READ_LOCK(0) to (4), see
 * https://sqlite.org/walformat.html#locks.
 */
const readLocks = { first: 123, last: 127 } as const

/**
 * Other processes that read a database in WAL mode now, like "process 4711 (sqlite3)", as the kernel lists its locks.
 * Empty where it does not, as outside Linux.
 */
export function readersOf(shmFile: string): readonly string[] {
  try {
    const { ino } = statSync(shmFile)
    const pids = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map(toLock)
      .filter((lock) => lock.inode === ino && lock.from <= readLocks.last && lock.to >= readLocks.first)
      .map(({ pid }) => pid)
    return [...new Set(pids)].filter((pid) => pid > 0 && pid !== process.pid).map(inWords)
  } catch {
    return []
  }
}

/** A line like `1: POSIX  ADVISORY  READ 4990 fe:00:2146402 124 124`: process, device and inode, first and last byte. */
function toLock(line: string): {
  readonly pid: number
  readonly inode: number
  readonly from: number
  readonly to: number
} {
  const [pid, place = '', from, to] = line.trim().split(/\s+/).slice(4)
  return { pid: Number(pid), inode: Number(place.split(':')[2]), from: Number(from), to: Number(to) }
}

function inWords(pid: number): string {
  const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  return `process ${pid} (${basename(program)})`
}
