// Keeps all that an export has in the store of this configuration: `npm run import -- FILE`.
import { importStore } from '../src/archive.ts'
import { runArchive, summary } from './archive.ts'

await runArchive('import', async (options) => {
  const { read, kept } = await importStore(options)
  return summary((kind) => `${read[kind]} read, ${kept[kind]} kept, ${read[kind] - kept[kind]} already there`)
})
