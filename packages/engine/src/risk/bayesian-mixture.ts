import { clip, sigmoid } from '../math/log-odds.ts'

/** Starting belief about one weight. */
export interface WeightBelief {
  readonly weight: number
  readonly variance: number
}

/** Least curvature of an update: what is certain already still teaches a little. */
const LEAST_CURVATURE = 1e-4

/**
 * Bayesian logistic regression with a full covariance, learned online by the extended Kalman filter: weights w have a belief
 * N(w, P); for inputs x, offset o, label y, importance u: t = Px, V = xᵀt, p = σ(clip(o + w·x, ±15)), h = max(1e-4, p(1 − p))·u,
 * k = 1/(1 + hV), w ← w + t(y − p)u·k, P ← P − hk·ttᵀ (risk-model.md §5).
 *
 * Needs no learning rate and yields a variance. With a few dozen inputs an update costs about a microsecond. It has no process
 * noise: with it the weights ran away when outcomes came late.
 *
 * @see Spiegelhalter and Lauritzen (1990), Sequential updating of conditional probabilities on directed graphical structures.
 */
export class BayesianMixture {
  readonly #size: number
  readonly #weights: Float64Array
  readonly #covariance: Float64Array
  /** Px: working memory. */
  readonly #direction: Float64Array

  constructor(beliefs: readonly WeightBelief[]) {
    this.#size = beliefs.length
    this.#weights = Float64Array.from(beliefs, ({ weight }) => weight)
    this.#covariance = new Float64Array(this.#size * this.#size)
    this.#direction = new Float64Array(this.#size)
    for (const [index, { variance }] of beliefs.entries()) this.#covariance[index * this.#size + index] = variance
  }

  weight(index: number): number {
    return this.#weights[index] ?? 0
  }

  /** w·x. */
  score(inputs: Float64Array): number {
    let sum = 0
    for (let index = 0; index < this.#size; index++) sum += (this.#weights[index] ?? 0) * (inputs[index] ?? 0)
    return sum
  }

  /** xᵀPx: how uncertain the weights leave this score. */
  variance(inputs: Float64Array): number {
    const size = this.#size
    const covariance = this.#covariance
    let variance = 0
    for (let row = 0, at = 0; row < size; row++, at += size) {
      let product = 0
      for (let column = 0; column < size; column++) product += (covariance[at + column] ?? 0) * (inputs[column] ?? 0)
      this.#direction[row] = product
      variance += product * (inputs[row] ?? 0)
    }
    return variance
  }

  learn(inputs: Float64Array, offset: number, label: 0 | 1, importance: number): void {
    const size = this.#size
    const [weights, covariance, direction] = [this.#weights, this.#covariance, this.#direction]
    const variance = this.variance(inputs)
    const p = sigmoid(clip(offset + this.score(inputs), -15, 15))
    const curvature = Math.max(p * (1 - p), LEAST_CURVATURE) * importance
    const gain = 1 / (1 + curvature * variance)
    const step = (label - p) * importance * gain
    for (let row = 0; row < size; row++) {
      const along = direction[row] ?? 0
      weights[row] = (weights[row] ?? 0) + along * step
      const shrink = along * (curvature * gain)
      for (let column = 0; column <= row; column++) {
        const value = (covariance[row * size + column] ?? 0) - shrink * (direction[column] ?? 0)
        // Written on both sides at once, so that the matrix stays symmetric to the bit.
        covariance[row * size + column] = value
        covariance[column * size + row] = value
      }
    }
  }

  snapshot(): unknown {
    return { weights: this.#weights.slice(), covariance: this.#covariance.slice() }
  }

  restore(snapshot: unknown): void {
    const { weights, covariance } = snapshot as { weights: Float64Array; covariance: Float64Array }
    if (weights.length !== this.#size)
      throw new Error(`a mixture of ${weights.length} inputs is not one of ${this.#size}`)
    this.#weights.set(weights)
    this.#covariance.set(covariance)
  }
}
