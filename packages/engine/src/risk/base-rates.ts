import { clip } from '../math/log-odds.ts'

/** Before any outcome: this share is bad, with the weight of this many outcomes (risk-model.md §10). */
export const PRIOR_RATE = 0.25
export const PRIOR_WEIGHT = 3
/** Outcomes that the slow mean looks back on, and the fast one. */
const WINDOW = 1000
const FAST_WINDOW = 150

/**
 * Rates of bad outcomes among those that arrive: a running mean over about the last 1000 and an exponential mean over about the
 * last 150. While many outcomes are open these are the rates of the early ones; the delay model corrects for that.
 */
export class BaseRates {
  #bad = PRIOR_RATE * PRIOR_WEIGHT
  #count = PRIOR_WEIGHT
  #fast = PRIOR_RATE
  #fastCount = 1

  /** Outcomes that the slow mean rests on, at most 1000. */
  get outcomes(): number {
    return this.#count - PRIOR_WEIGHT
  }

  get fast(): number {
    return this.#fast
  }

  /** Rate of the outcomes that arrive, the faster mean the more decisions are open; in [0.002, 0.998]. */
  ofArrivals(openness: number): number {
    return clip(((1 - openness) * this.#bad) / this.#count + openness * this.#fast, 0.002, 0.998)
  }

  learn(label: 0 | 1, importance: number): void {
    this.#bad += label * importance
    this.#count += importance
    if (this.#count > WINDOW) {
      const keep = WINDOW / this.#count
      this.#bad *= keep
      this.#count *= keep
    }
    this.#fastCount++
    this.#fast += importance * (label - this.#fast) * Math.max(1 / (this.#fastCount + 4), 1 / FAST_WINDOW)
  }

  /** An outcome turned out otherwise. Null takes it back. The fast mean forgets the mistake by itself. */
  correct(before: 0 | 1, label: 0 | 1 | null): void {
    if (label === null) this.#count = Math.max(PRIOR_WEIGHT, this.#count - 1)
    this.#bad = clip(this.#bad + (label ?? 0) - before, PRIOR_RATE * PRIOR_WEIGHT * 1e-3, this.#count)
  }

  snapshot(): unknown {
    return { bad: this.#bad, count: this.#count, fast: this.#fast, fastCount: this.#fastCount }
  }

  restore(snapshot: unknown): void {
    const { bad, count, fast, fastCount } = snapshot as Record<'bad' | 'count' | 'fast' | 'fastCount', number>
    this.#bad = bad
    this.#count = count
    this.#fast = fast
    this.#fastCount = fastCount
  }
}
