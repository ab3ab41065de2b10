import { registerHooks } from 'node:module'

/** A fault that the simulation has to notice: a piece of a source and what stands there instead. */
export interface Mutation {
  readonly file: string
  readonly find: string
  readonly put: string
}

export const mutations: Record<string, Mutation> = {}

/** Makes every later import load the sources with that fault in them. */
export function mutate(name: string): void {
  const mutation = mutations[name]
  if (!mutation) throw new Error(`There is no mutation ${name}: ${Object.keys(mutations).join(', ')}`)
  const target = new URL(`../../${mutation.file}`, import.meta.url).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== target) return loaded
      const source = String(loaded.source)
      if (source.split(mutation.find).length !== 2)
        throw new Error(`${mutation.file} does not have once: ${mutation.find}`)
      return { ...loaded, source: source.replace(mutation.find, () => mutation.put) }
    },
  })
}
