/**
 * Stops asking a provider that failed several times in a row. Other than the evaluator's breaker it closes completely when its
 * time is over, without a probe, and counts anew.
 */
export class ProviderBreaker {
  readonly #limit: number
  readonly #resetMs: number
  readonly #now: () => number
  #failures = 0
  #openUntil: number | null = null

  /** @param settings.failures - Failures in a row that open it; 0 = never. */
  constructor(settings: { readonly failures: number; readonly resetMs: number; readonly now: () => number }) {
    this.#limit = settings.failures
    this.#resetMs = settings.resetMs
    this.#now = settings.now
  }

  get isOpen(): boolean {
    if (this.#openUntil === null) return false
    if (this.#now() < this.#openUntil) return true
    this.succeed()
    return false
  }

  succeed(): void {
    this.#failures = 0
    this.#openUntil = null
  }

  fail(): void {
    this.#failures++
    if (this.#limit > 0 && this.#failures >= this.#limit) this.#openUntil = this.#now() + this.#resetMs
  }
}
