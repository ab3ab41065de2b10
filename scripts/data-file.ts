import { parseConfig } from '../src/config.ts'
import { StartError } from '../src/errors.ts'
import { BackupError } from '../src/store/sqlite-backup.ts'

interface Task {
  readonly dataDir: string
  /** The one that the command line names. */
  readonly file: string
  /** Those of the known ones that the command line has. */
  readonly flags: ReadonlySet<string>
}

/** Runs what works on a data file. Prints the line it resolves to, or one on stderr that says why it could not. */
export async function runOnDataFile(
  verb: 'backup' | 'restore',
  known: readonly string[],
  run: (task: Task) => Promise<string>,
): Promise<void> {
  try {
    const given = process.argv.slice(2)
    const flags = new Set(given.filter((word) => known.includes(word)))
    const [file, ...others] = given.filter((word) => !flags.has(word))
    if (file === undefined || file === '' || file.startsWith('-') || others.length > 0) {
      const example = [`npm run ${verb} -- FILE`, ...known.map((flag) => `[${flag}]`)].join(' ')
      throw new BackupError(`FILE: expected the name of one file, as in "${example}", got "${given.join(' ')}"`)
    }
    const { dataDir, mongodbUri } = parseConfig()
    if (mongodbUri !== undefined) {
      const tool = verb === 'backup' ? 'mongodump' : 'mongorestore'
      throw new BackupError(
        `MONGODB_URI: expected not to be set, since this works on a data file; use ${tool} for MongoDB`,
      )
    }
    process.stdout.write(`${await run({ dataDir, file, flags })}\n`)
  } catch (error) {
    // What the file system or SQLite says is for the operator too, as on a full disk.
    const isTold = error instanceof StartError || error instanceof BackupError || isSystemError(error)
    if (!isTold) throw error
    process.stderr.write(`Workcell cannot ${verb === 'backup' ? 'back up' : verb}. ${error.message}\n`)
    process.exit(1)
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && ('syscall' in error || 'errcode' in error)
}
