// Lists what schema/ changes against an earlier state of it, and fails when that breaks clients and schema/BREAKING.md
// does not say so. `npm run schema:diff [-- GIT_REF]`; the default is the last tag, without one the main branch.
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildASTSchema, parse } from 'graphql'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

function lastRelease(): string {
  for (const args of [
    ['describe', '--tags', '--abbrev=0'],
    ['rev-parse', '--verify', '--quiet', 'origin/main'],
  ]) {
    try {
      return git(...args).trim()
    } catch {
      // There is none; the next may be there.
    }
  }
  return 'main'
}

const schemaOf = (texts: readonly string[]) => buildASTSchema(parse(texts.join('\n')))
const isSdl = (name: string) => name.endsWith('.graphql')

const ref = process.argv[2] ?? lastRelease()
const before = git('ls-tree', '--name-only', ref, 'schema/').split('\n').filter(isSdl)
const after = readdirSync('schema').filter(isSdl)
const changes = await diff(
  schemaOf(before.map((path) => git('show', `${ref}:${path}`))),
  schemaOf(after.map((name) => readFileSync(`schema/${name}`, 'utf8'))),
)

const announced = existsSync('schema/BREAKING.md') ? readFileSync('schema/BREAKING.md', 'utf8') : ''
for (const level of [CriticalityLevel.Breaking, CriticalityLevel.Dangerous, CriticalityLevel.NonBreaking]) {
  for (const { message } of changes.filter(({ criticality }) => criticality.level === level)) {
    console.log(`${level}: ${message}`)
  }
}
console.log(`${changes.length} changes since ${ref}`)
const silent = changes.filter(
  ({ criticality, path }) =>
    criticality.level === CriticalityLevel.Breaking && !announced.includes(`\`${path ?? ''}\``),
)
if (silent.length > 0) {
  console.error(`schema/BREAKING.md does not name: ${silent.map(({ path }) => path).join(', ')}`)
  process.exitCode = 1
}
