const DAY_MS = 86_400_000
/** How long after its start a host sweeps for the first time: whoever only looks something up is gone by then. */
const FIRST_AFTER_MS = 60_000

/** Does something once after a start and then once a day; what fails is tried again the next day. Keeps no process alive. */
export class RetentionSweep {
  readonly #sweep: () => Promise<void>
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: { readonly sweep: () => Promise<void>; readonly onError: (error: unknown) => void }) {
    this.#sweep = options.sweep
    this.#onError = options.onError
  }

  start(): void {
    this.#schedule(FIRST_AFTER_MS)
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#running
  }

  #schedule(afterMs: number): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep()
        .catch(this.#onError)
        .finally(() => this.#schedule(DAY_MS))
    }, afterMs)
    this.#timer.unref()
  }
}
