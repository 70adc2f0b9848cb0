/** Before any outcome: this share is bad, with the weight of this many outcomes (risk-model.md §10). */
const PRIOR_RATE = 0.25
const PRIOR_WEIGHT = 3
/** Outcomes after which an old one counts for 1/e. */
const WINDOW = 1000

/**
 * Share of bad outcomes among those that arrived, slowly forgetting. Simple on purpose: it takes late outcomes as they come,
 * so that while many are open it is the rate of the early ones. The full model corrects for that.
 */
export class BaseRate {
  #weight = PRIOR_WEIGHT
  #bad = PRIOR_RATE * PRIOR_WEIGHT

  get probability(): number {
    return this.#bad / this.#weight
  }

  learn(label: 0 | 1): void {
    const keep = 1 - 1 / WINDOW
    // The assumption never fades entirely: a rate of 0 or 1 would be a claim that no data can make.
    this.#weight = Math.max(PRIOR_WEIGHT, this.#weight * keep) + 1
    this.#bad = this.#bad * keep + label
  }

  /** An outcome turned out otherwise. Null takes it back: it was no evidence. */
  correct(before: 0 | 1, label: 0 | 1 | null): void {
    if (label === null) this.#weight = Math.max(PRIOR_WEIGHT, this.#weight - 1)
    this.#bad = Math.min(this.#weight, Math.max(0, this.#bad + (label ?? 0) - before))
  }

  snapshot(): unknown {
    return { weight: this.#weight, bad: this.#bad }
  }

  restore(snapshot: unknown): void {
    const { weight, bad } = snapshot as { weight: number; bad: number }
    this.#weight = weight
    this.#bad = bad
  }
}
