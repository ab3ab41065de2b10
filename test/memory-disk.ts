import { spawnSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { scratchDir } from './scratch.ts'

/** A directory on a file system of its own, in memory, until the test has finished. Undefined: that needs root. */
export async function mountMemoryDisk(options: string): Promise<string | undefined> {
  const dir = await scratchDir()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]).status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['-l', dir]))
  return dir
}
