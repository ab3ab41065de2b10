// Puts a backup in the place of the data file of this configuration: `npm run restore -- FILE [--force]`.
import { restore } from '../src/store/sqlite-backup.ts'
import { runOnDataFile } from './data-file.ts'

await runOnDataFile('restore', ['--force'], async ({ dataDir, file, flags }) => {
  const { events, aside } = restore({ dataDir, file, force: flags.has('--force') })
  const before = aside === undefined ? '' : ` What was there before is ${aside} now.`
  return `${dataDir} has the ${events} events of ${file}.${before}`
})
