import type { Peer } from '../peer.ts'
import { type LinearLearner, linearPeer, SLOTS, unitLength } from './linear-peer.ts'

/** Of 0.05, 0.1, 0.2, 0.3, 0.4 and 0.6, by the mean ratio over the streams. */
const RATE = 0.3
/** Keeps the first step of a weight finite. */
const EPSILON = 1e-4

/**
 * Logistic regression with a rate of its own for each weight: g = (y − p)·x, G ← G + g², w ← w + η·g/√(G + ε).
 *
 * @see Duchi, Hazan, Singer (2011), Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, JMLR 12.
 */
export class AdaGradLogistic implements LinearLearner {
  readonly #weights = new Float32Array(SLOTS)
  readonly #squares = new Float32Array(SLOTS)
  readonly #rate: number

  constructor(rate: number = RATE) {
    this.#rate = rate
  }

  score(slots: Uint32Array, size: number): number {
    let sum = 0
    for (const slot of slots) sum += this.#weights[slot] ?? 0
    return sum * size
  }

  learn(slots: Uint32Array, size: number, label: 0 | 1): void {
    const gradient = (label - 1 / (1 + Math.exp(-this.score(slots, size)))) * size
    for (const slot of slots) {
      const square = (this.#squares[slot] ?? 0) + gradient * gradient
      this.#squares[slot] = square
      this.#weights[slot] = (this.#weights[slot] ?? 0) + (this.#rate * gradient) / Math.sqrt(square + EPSILON)
    }
  }
}

export function adaGradLogistic(withText: boolean): Peer {
  return linearPeer({
    name: 'AdaGrad logistic',
    settings: `η = ${RATE}, ε = ${EPSILON}, examples of unit length`,
    source: 'Duchi, Hazan, Singer (2011)',
    learner: new AdaGradLogistic(),
    withText,
    sizeOf: unitLength,
  })
}
