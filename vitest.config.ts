import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Without this alias vitest loads graphql's development build for our files while Node loads the other for its
// packages, and two copies of graphql refuse each other's schemas.
const graphql = fileURLToPath(import.meta.resolve('graphql'))

const onlyMongo = ['test/mongo-store.test.ts']
const onMongo = [
  ...onlyMongo,
  'test/api*.test.ts',
  'test/{admission,events,fairness,http-audits,live,retention,runner,streams,tabs,websocket}.test.ts',
]

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'workcell', include: ['test/**/*.test.ts'], exclude: [...onlyMongo, 'test/{faults,proofs}/**'] },
      },
      // What takes minutes. Faults mostly wait, for leases and for servers to start again, and do that beside each other;
      // proofs measure, or take the whole machine, and run one at a time.
      {
        extends: true,
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 180_000 },
      },
      {
        extends: true,
        test: { name: 'proofs', include: ['test/proofs/**/*.test.ts'], fileParallelism: false, testTimeout: 180_000 },
      },
      // The API and the core once more, with MongoDB as their store: what npm run test:mongo runs on a server of yours.
      { extends: true, test: { name: 'mongodb', include: onMongo, env: { TEST_STORE: 'mongodb' } } },
    ],
    setupFiles: ['test/setup.ts'],
    // Two even where vitest would take one: most of the time they wait, for a kill, a timer or a browser.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
