import { AsyncLocalStorage } from 'node:async_hooks'
import { hash, randomUUID } from 'node:crypto'
import type { Platform } from '../guard/platform.ts'

/** The guard on Node: synchronous hashing, and run context that follows every await. */
export const nodePlatform: Platform = {
  sha256Hex: (text) => hash('sha256', text, 'hex'),
  defer: (task) => void setImmediate(task),
  createCarrier<T>() {
    const storage = new AsyncLocalStorage<T>()
    return { run: <R>(value: T, fn: () => R) => storage.run(value, fn), current: () => storage.getStore() }
  },
  randomId: () => randomUUID(),
  now: () => Date.now(),
}
