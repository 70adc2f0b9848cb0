import { mix } from '../math/hash.ts'
import { clip, sigmoid } from '../math/log-odds.ts'
import { putSparse, takeSparse } from '../math/sparse-snapshot.ts'

const SLOTS = 2 ** 18
/** Prior variance of a weight, and the least that remains: a weight that is sure for ever could not follow drift. */
const START_VARIANCE = 3
const LEAST_VARIANCE = 1e-5
/** What a place holds: weight, and its variance. */
const FRESH = [0, START_VARIANCE] as const
/** More pairs than 40 fields can make. */
const CAPACITY = 1024

/**
 * Linear logistic expert over all pairs of coarse fields, a Gaussian belief a weight, learned by a diagonal Kalman filter: fᵢ =
 * 1/√pairs, V = Σ vᵢfᵢ², h = p(1 − p)u, k = 1/(1 + hV), w ← w + vᵢfᵢ(y − p)u·k, v ← max(1e-5, v − v²f²hk). The denominator holds the
 * variance of the whole sum, so that hundreds of correlated features cannot overshoot.
 *
 * Helps on tables, where two facts together say more than each; adds little to calls with few fields.
 *
 * @see Graepel et al. (2010), Web-scale Bayesian click-through rate prediction.
 */
export class PairExpert {
  readonly #table = new Float32Array(SLOTS * 2)
  readonly #places = new Uint32Array(CAPACITY)
  #count = 0

  /** Log-odds apart from what the offset says. */
  score(fields: Uint32Array): number {
    this.#pair(fields)
    return this.#sum() * this.#scale()
  }

  learn(fields: Uint32Array, offset: number, label: 0 | 1, importance: number): void {
    this.#pair(fields)
    const table = this.#table
    const f = this.#scale()
    const p = sigmoid(clip(offset + this.#sum() * f, -15, 15))
    let variance = 0
    for (let index = 0; index < this.#count; index++) variance += (table[(this.#places[index] ?? 0) + 1] ?? 0) * f * f
    const curvature = p * (1 - p) * importance
    const gain = 1 / (1 + curvature * variance)
    const step = (label - p) * importance * gain
    const shrink = curvature * gain
    for (let index = 0; index < this.#count; index++) {
      const at = this.#places[index] ?? 0
      const v = table[at + 1] ?? 0
      table[at] = (table[at] ?? 0) + v * f * step
      table[at + 1] = Math.max(LEAST_VARIANCE, v - v * v * f * f * shrink)
    }
  }

  snapshot(): unknown {
    return takeSparse(this.#table, 2, FRESH)
  }

  restore(snapshot: unknown): void {
    putSparse(this.#table, 2, FRESH, snapshot)
  }

  constructor() {
    for (let at = 1; at < this.#table.length; at += 2) this.#table[at] = START_VARIANCE
  }

  /** Writes the places of all pairs. */
  #pair(fields: Uint32Array): void {
    let count = 0
    for (let first = 0; first < fields.length; first++) {
      const hash = fields[first] ?? 0
      for (let second = first + 1; second < fields.length; second++)
        this.#places[count++] = (mix(hash, fields[second] ?? 0) & (SLOTS - 1)) << 1
    }
    this.#count = count
  }

  #sum(): number {
    let sum = 0
    for (let index = 0; index < this.#count; index++) sum += this.#table[this.#places[index] ?? 0] ?? 0
    return sum
  }

  #scale(): number {
    return 1 / Math.sqrt(Math.max(1, this.#count))
  }
}
