import type { Carrier, Platform } from './platform.ts'

/** The guard on edge runtimes and in browsers: Web Crypto and timers, nothing else. */
export const webPlatform: Platform = {
  async sha256Hex(text) {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  },
  defer: (task) => void setTimeout(task, 0),
  createCarrier: <T>() => new SynchronousCarrier<T>(),
  randomId: () => crypto.randomUUID(),
  now: () => Date.now(),
}

/** Without AsyncLocalStorage a value reaches only what `fn` calls before its first await; pass `runId` explicitly beyond that. */
class SynchronousCarrier<T> implements Carrier<T> {
  #current: T | undefined

  run<R>(value: T, fn: () => R): R {
    const before = this.#current
    this.#current = value
    try {
      return fn()
    } finally {
      this.#current = before
    }
  }

  current(): T | undefined {
    return this.#current
  }
}
