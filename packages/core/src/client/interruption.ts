/** How long something may take, and what it is told otherwise. */
export interface TimeLimit {
  readonly ms: number
  readonly error: Error
}

/** Ends work on the network before it is done: when the caller gives up, or when its time is over. */
export class Interruption {
  readonly #abort = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = (): void => this.#abort.abort(this.#caller?.reason)

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller
    caller?.addEventListener('abort', this.#onAbort, { once: true })
    if (caller?.aborted) this.#onAbort()
  }

  /** For whatever does the work. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** What the promise comes to, unless the limit or the caller ends it before: then that reason is thrown, and the work told. */
  async race<T>(work: Promise<T>, { ms, error }: TimeLimit): Promise<T> {
    const { signal } = this.#abort
    let cleanUp: (() => void) | undefined
    // A `fetch` that was handed in may not heed the signal, so its answer is not waited for.
    const interrupted = new Promise<never>((_, reject) => {
      const onAbort = (): void => reject(signal.reason)
      const timer = setTimeout(() => this.#abort.abort(error), ms)
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      cleanUp = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
    })
    try {
      return await Promise.race([work, interrupted])
    } finally {
      cleanUp?.()
    }
  }

  /** Nobody wants what is still under way. */
  abort(): void {
    this.#abort.abort()
  }

  /** The work is over: the caller's signal is let go. */
  end(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}
