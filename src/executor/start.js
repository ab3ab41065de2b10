// The first thing a child process runs. The server sends it the modules of its program, from which types were taken.
import { registerHooks } from 'node:module'

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.once('message', ({ entry, modules }) => {
  registerHooks({
    resolve(specifier, context, next) {
      const url = URL.canParse(specifier, context.parentURL) ? new URL(specifier, context.parentURL).href : ''
      return Object.hasOwn(modules, url) ? { url, format: 'module', shortCircuit: true } : next(specifier, context)
    },
    load(url, context, next) {
      if (!Object.hasOwn(modules, url)) return next(url, context)
      return { format: 'module', source: modules[url], shortCircuit: true }
    },
  })
  void import(entry)
})
