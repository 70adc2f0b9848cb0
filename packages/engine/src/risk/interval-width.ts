import { clip, logit } from '../math/log-odds.ts'
import { wilsonInterval } from '../math/wilson-interval.ts'

/** Quantile of the normal distribution for an interval of 90 %. */
export const Z_90 = 1.645
/** Buckets of estimates, one unit of log-odds each, around ½. */
const BUCKETS = 12
/** Sums of a bucket: outcomes, bad ones, lower ends, upper ends. */
const WIDTH = 4
/** Outcomes that a bucket looks back on, and that it needs. */
const WINDOW = 500
const LEAST_OUTCOMES = 20
/** Share of buckets that may lie outside, the pace of widening, and the most that is widened. */
const MISSES = 0.1
const PACE = 0.01
const MOST = 4

/**
 * How wide an interval must be so that it covers: the factor on σ(z ± k·√(V + 1/(n + 1))). Estimates are put into buckets; after each
 * outcome the bucket's observed rate lies between its mean bounds, its own sampling error allowed for, or it does not. A miss
 * widens all intervals by 1 %, a hit narrows them by a ninth of that, so that a tenth are misses; never below the start.
 *
 * Late outcomes widen it late. It judges averages of buckets: a single probability is never observed.
 *
 * @see Gibbs and Candès (2021), Adaptive conformal inference under distribution shift, for the rule.
 */
export class IntervalWidth {
  readonly #sums = new Float64Array(BUCKETS * WIDTH)
  #factor = 1

  /** Half the width in log-odds. @param deviation - √(V + 1/(n + 1)). */
  halfWidth(deviation: number): number {
    return Z_90 * this.#factor * deviation
  }

  learn(probability: number, bounds: readonly [number, number], label: 0 | 1): void {
    const sums = this.#sums
    const at = clip(Math.floor(logit(probability)) + BUCKETS / 2, 0, BUCKETS - 1) * WIDTH
    for (let offset = 0; offset < WIDTH; offset++) sums[at + offset] = (sums[at + offset] ?? 0) * (1 - 1 / WINDOW)
    for (const [offset, value] of [1, label, bounds[0], bounds[1]].entries())
      sums[at + offset] = (sums[at + offset] ?? 0) + value
    const count = sums[at] ?? 0
    if (count < LEAST_OUTCOMES) return
    // One standard error. Wilson's, because a rate of 0 over few outcomes has one too: without it, calls of which none ever went
    // wrong would lie below every bound and widen all intervals for good.
    const [least, most] = wilsonInterval(sums[at + 1] ?? 0, count, 1)
    const isInside = most >= (sums[at + 2] ?? 0) / count && least <= (sums[at + 3] ?? 0) / count
    const step = isInside ? -PACE * (MISSES / (1 - MISSES)) : PACE
    this.#factor = clip(this.#factor * (1 + step), 1, MOST)
  }

  snapshot(): unknown {
    return { sums: this.#sums.slice(), factor: this.#factor }
  }

  restore(snapshot: unknown): void {
    const { sums, factor } = snapshot as { sums: Float64Array; factor: number }
    this.#sums.set(sums)
    this.#factor = factor
  }
}
