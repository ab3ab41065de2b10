import { defineProperty, reflect, toStringTag } from '../primordials.js'

/** A property as those of built-ins are: changeable, and not listed. */
export function define(object, key, value) {
  defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: false, configurable: true })
}

/** A property that stays as it is. */
export function constant(object, key, value) {
  defineProperty(object, key, { __proto__: null, value, writable: false, enumerable: true, configurable: false })
}

/** Names a class as its instances are named by `Object.prototype.toString`, and lists its members as the web does. */
export function finish(constructor, name) {
  const { prototype } = constructor
  const keys = reflect.ownKeys(prototype)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    if (key === 'constructor' || typeof key === 'symbol') continue
    const found = reflect.getOwnPropertyDescriptor(prototype, key)
    defineProperty(prototype, key, { __proto__: null, ...found, enumerable: true })
  }
  defineProperty(prototype, toStringTag, { __proto__: null, value: name, configurable: true })
}
