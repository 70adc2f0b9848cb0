/** Whether a request may be made now; `probe` is the one request that a half-open breaker lets through. */
export type BreakerPermit = 'closed' | 'probe' | 'open'

/**
 * Stops asking an evaluator that keeps failing: opens after `failures` failures in a row, stays open for `resetMs`, then lets
 * one probe through, whose success closes it and whose failure opens it again.
 */
export class CircuitBreaker {
  readonly #limit: number
  readonly #resetMs: number
  readonly #now: () => number
  #failures = 0
  #openUntil = Number.NEGATIVE_INFINITY
  #isProbing = false

  constructor(options: { failures: number; resetMs: number; now: () => number }) {
    this.#limit = options.failures
    this.#resetMs = options.resetMs
    this.#now = options.now
  }

  permit(): BreakerPermit {
    if (this.#failures < this.#limit) return 'closed'
    if (this.#isProbing || this.#now() < this.#openUntil) return 'open'
    this.#isProbing = true
    return 'probe'
  }

  succeed(): void {
    this.#failures = 0
    this.#isProbing = false
  }

  fail(): void {
    this.#failures++
    this.#isProbing = false
    if (this.#failures >= this.#limit) this.#openUntil = this.#now() + this.#resetMs
  }

  /** The request was given up by its caller: no evidence about the evaluator either way. */
  abandon(): void {
    this.#isProbing = false
  }
}
