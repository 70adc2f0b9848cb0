import type { Peer } from '../peer.ts'
import { type LinearLearner, linearPeer, SLOTS, unitLength } from './linear-peer.ts'

export interface FtrlSettings {
  readonly alpha: number
  readonly beta: number
  readonly lambda1: number
  readonly lambda2: number
}

/**
 * Of α 0.1 to 10, β 0.01 to 1, λ₁ 0 to 0.05 and λ₂ 0 to 1, by the mean ratio over the streams. The paper's β = 1 suits examples that
 * are not of unit length; streams this short gain nothing from sparsity.
 */
const FTRL_SETTINGS: FtrlSettings = { alpha: 0.3, beta: 0.01, lambda1: 0, lambda2: 0 }

/**
 * Follow the regularised leader, per coordinate: w = 0 if |z| ≤ λ₁, else −(z − sgn(z)·λ₁) / ((β + √n)/α + λ₂). With
 * g = (p − y)·x: σ = (√(n + g²) − √n)/α, z ← z + g − σ·w, n ← n + g².
 *
 * @see McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, algorithm 1.
 */
export class FtrlProximal implements LinearLearner {
  readonly #z = new Float32Array(SLOTS)
  readonly #n = new Float32Array(SLOTS)
  readonly #settings: FtrlSettings

  constructor(settings: FtrlSettings = FTRL_SETTINGS) {
    this.#settings = settings
  }

  score(slots: Uint32Array, size: number): number {
    let sum = 0
    for (const slot of slots) sum += this.#weight(slot)
    return sum * size
  }

  learn(slots: Uint32Array, size: number, label: 0 | 1): void {
    const gradient = (1 / (1 + Math.exp(-this.score(slots, size))) - label) * size
    for (const slot of slots) {
      const n = this.#n[slot] ?? 0
      const sigma = (Math.sqrt(n + gradient * gradient) - Math.sqrt(n)) / this.#settings.alpha
      this.#z[slot] = (this.#z[slot] ?? 0) + gradient - sigma * this.#weight(slot)
      this.#n[slot] = n + gradient * gradient
    }
  }

  #weight(slot: number): number {
    const z = this.#z[slot] ?? 0
    const { alpha, beta, lambda1, lambda2 } = this.#settings
    if (Math.abs(z) <= lambda1) return 0
    return -(z - Math.sign(z) * lambda1) / ((beta + Math.sqrt(this.#n[slot] ?? 0)) / alpha + lambda2)
  }
}

export function ftrlProximal(withText: boolean): Peer {
  const { alpha, beta, lambda1, lambda2 } = FTRL_SETTINGS
  return linearPeer({
    name: 'FTRL-proximal',
    settings: `α = ${alpha}, β = ${beta}, λ₁ = ${lambda1}, λ₂ = ${lambda2}, examples of unit length`,
    source: 'McMahan et al. (2013), algorithm 1',
    learner: new FtrlProximal(),
    withText,
    sizeOf: unitLength,
  })
}
