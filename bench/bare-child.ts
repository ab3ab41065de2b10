// The least that runs code in an isolate in a process of its own.
import ivm from 'isolated-vm'

process.on('message', ({ id, code, input }: { id: string; code: string; input: string }) => {
  const isolate = new ivm.Isolate({ memoryLimit: 128 })
  const context = isolate.createContextSync()
  const script = `${code.replace('export default', 'const run =')}; JSON.stringify(run({ input: ${input} }))`
  const data: unknown = isolate.compileScriptSync(script).runSync(context, { timeout: 5000 })
  isolate.dispose()
  process.send?.({ id, data })
})
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.send?.('ready')
