import type { Peer } from '../peer.ts'
import { type LinearLearner, linearPeer, SLOTS } from './linear-peer.ts'

/** Vowpal Wabbit's own default (`-l 0.5`). */
const RATE = 0.5

/**
 * The default update of Vowpal Wabbit, `--adaptive --normalized --invariant`, for features of size 1 (so that normalisation
 * is the factor √(examples / features seen)): each weight has AdaGrad's rate, and the step is the one that infinitely many
 * infinitely small steps would take, so that it never overshoots its label.
 *
 * With G ← G + g², rate r = 1/√G, V = Σ r and scale s = η·√(t/N): w ← w + r·u, where u = −(y·W(x) + m)/V, x = s·V + y·m + e^{y·m},
 * W(x) = w(eˣ) − x, w Lambert's function, m the score and y ∈ {−1, 1}.
 *
 * @see Karampatziakis, Langford (2011), Online Importance Weight Aware Updates, UAI; Ross, Mineiro, Langford (2013), Normalized
 * Online Learning, UAI.
 */
export class VowpalWabbit implements LinearLearner {
  readonly #weights = new Float32Array(SLOTS)
  readonly #squares = new Float32Array(SLOTS)
  readonly #rate: number
  #examples = 0
  #features = 0

  constructor(rate: number = RATE) {
    this.#rate = rate
  }

  score(slots: Uint32Array): number {
    let sum = 0
    for (const slot of slots) sum += this.#weights[slot] ?? 0
    // As VW does with its --min_prediction and --max_prediction for logistic loss.
    return Math.min(50, Math.max(-50, sum))
  }

  learn(slots: Uint32Array, _size: number, label: 0 | 1): void {
    const y = label === 1 ? 1 : -1
    const score = this.score(slots)
    const gradient = 1 / (1 + Math.exp(y * score))
    this.#examples++
    this.#features += slots.length
    let ratePerUpdate = 0
    for (const slot of slots) {
      const square = (this.#squares[slot] ?? 0) + gradient * gradient
      this.#squares[slot] = square
      ratePerUpdate += 1 / Math.sqrt(Math.max(square, Number.MIN_VALUE))
    }
    const scale = this.#rate * Math.sqrt(this.#examples / this.#features)
    const step = invariantStep(score, y, scale, ratePerUpdate)
    for (const slot of slots)
      this.#weights[slot] =
        (this.#weights[slot] ?? 0) + step / Math.sqrt(Math.max(this.#squares[slot] ?? 0, Number.MIN_VALUE))
  }
}

/**
 * The step u that ends where dm/dh = V·y/(1 + e^{y·m}), m(0) = score, is at h = scale; then m(scale) = score + u·V.
 *
 * @param y - −1 or 1.
 */
export function invariantStep(score: number, y: number, scale: number, ratePerUpdate: number): number {
  const odds = Math.exp(y * score)
  // So small that one step is exact.
  if (scale * ratePerUpdate < 1e-6) return (y * scale) / (1 + odds)
  // y·m + e^{y·m} grows by h·V along the solution; solved by Newton for q = y·m(scale).
  const reached = scale * ratePerUpdate + y * score + odds
  return (y * solve(reached) - score) / ratePerUpdate
}

/** q with q + e^q = x. */
function solve(x: number): number {
  let q = x > 1 ? Math.log(x) : x - Math.exp(Math.min(x, 0))
  for (let round = 0; round < 30; round++) {
    const step = (q + Math.exp(q) - x) / (1 + Math.exp(q))
    q -= step
    if (Math.abs(step) < 1e-12) break
  }
  return q
}

export function vowpalWabbit(withText: boolean): Peer {
  return linearPeer({
    name: 'Vowpal Wabbit form',
    settings: `adaptive, normalised, invariant; -l ${RATE} -q ::`,
    source: 'defaults of Vowpal Wabbit 9; Karampatziakis and Langford (2011), Ross et al. (2013)',
    learner: new VowpalWabbit(),
    withText,
    sizeOf: () => 1,
  })
}
