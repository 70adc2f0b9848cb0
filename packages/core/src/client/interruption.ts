/** How long something may take, and what it is told otherwise. */
export interface TimeLimit {
  readonly ms: number
  readonly error: Error
}

/** Ends work on the network before it is done: when the caller gives up, or when its time is over. */
export class Interruption {
  readonly #abort = new AbortController()
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = (): void => this.abort(this.#caller?.reason)
  /** Ends the race that is on. Called by `abort` and not by a listener, of which every request would pay for one. */
  #reject: ((reason: unknown) => void) | undefined

  constructor(caller: AbortSignal | undefined) {
    this.#caller = caller
    caller?.addEventListener('abort', this.#onAbort, { once: true })
    if (caller?.aborted) this.#onAbort()
  }

  /** For whatever does the work. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /**
   * What the promise comes to, unless the limit or the caller ends it before: then that reason is thrown, and the work told. One race
   * at a time.
   */
  async race<T>(work: Promise<T>, { ms, error }: TimeLimit): Promise<T> {
    // A `fetch` that was handed in may not heed the signal, so its answer is not waited for.
    const interrupted = new Promise<never>((_, reject) => {
      this.#reject = reject
    })
    if (this.signal.aborted) this.#reject?.(this.signal.reason)
    const timer = setTimeout(() => this.abort(error), ms)
    try {
      return await Promise.race([work, interrupted])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Nobody wants what is still under way. */
  abort(reason?: unknown): void {
    this.#abort.abort(reason)
    this.#reject?.(this.signal.reason)
  }

  /** The work is over: the caller's signal is let go. */
  end(): void {
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}
