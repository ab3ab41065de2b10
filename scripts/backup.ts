// Copies the data file of this configuration, also while a server is running: `npm run backup -- FILE`.
import { SingleBar, Presets } from 'cli-progress'
import { backUp } from '../src/store/sqlite-backup.ts'
import { runOnDataFile } from './data-file.ts'

await runOnDataFile('backup', [], async ({ dataDir, file }) => {
  const bar = process.stderr.isTTY ? new SingleBar({ stream: process.stderr }, Presets.shades_classic) : undefined
  bar?.start(1, 0)
  const progress = (copied: number, total: number) => {
    bar?.setTotal(total)
    bar?.update(copied)
  }
  const { events } = await backUp({ dataDir, file, progress }).finally(() => bar?.stop())
  return `${file} has ${events} events and was checked.`
})
