// Writes all that the store of this configuration keeps to a file: `npm run export -- FILE`. Stop the servers first.
import { exportStore } from '../src/archive.ts'
import { runArchive, summary } from './archive.ts'

await runArchive('export', async (options) => {
  const counts = await exportStore(options)
  return summary((kind) => `${counts[kind]} written`)
})
