// Started by hand, vitest would run on whatever Node is first on the PATH and prove nothing about ours.
const major = Number(process.versions.node.split('.')[0])
if (major < 26) {
  throw new Error(`Tests run on Node 26 or later, this is ${process.version}: start them with npm test`)
}
