import type { ExpandedTokens } from '../features/expand-tokens.ts'
import { clip, sigmoid } from '../math/log-odds.ts'
import { putSparse, takeSparse } from '../math/sparse-snapshot.ts'

/** Places of the table; tokens that share one are added up. 2²⁰ were not better (risk-model.md §4). */
const SLOTS = 2 ** 18
const RATE = 0.7
/** Keeps the first steps finite. */
const FLOOR = 1e-4
/** What a place holds: weight, and sum of squared gradients. */
const FRESH = [0, 0] as const

/**
 * Linear logistic expert over all tokens of a call, hashed, learned by AdaGrad: m = Σ wᵢfᵢ with fᵢ = (token weight)/√size, size =
 * base tokens + words/4; g = (y − σ(offset + m))·fᵢ·u, G ← G + g², w ← w + 0.7·g/√(G + 1e-4).
 *
 * Generalises over what does not repeat, words above all; slow where one exact combination decides, which counters see at once.
 *
 * @see Duchi, Hazan, Singer (2011), Adaptive subgradient methods; Weinberger et al. (2009), Feature hashing.
 */
export class AdaGradExpert {
  /** Weight and sum of squared gradients side by side: one cache line a token. */
  readonly #table = new Float32Array(SLOTS * 2)

  /** Log-odds apart from what the offset says. */
  score(tokens: ExpandedTokens): number {
    const { hashes, weights, count } = tokens
    const table = this.#table
    let sum = 0
    for (let index = 0; index < count; index++)
      sum += (table[((hashes[index] ?? 0) & (SLOTS - 1)) << 1] ?? 0) * (weights[index] ?? 0)
    return sum * scaleOf(tokens)
  }

  /** The part of a score that one token has. */
  part(tokens: ExpandedTokens, index: number): number {
    const weight = this.#table[((tokens.hashes[index] ?? 0) & (SLOTS - 1)) << 1] ?? 0
    return weight * (tokens.weights[index] ?? 0) * scaleOf(tokens)
  }

  /** @returns the error it learned from, which {@link unlearn} takes. */
  learn(tokens: ExpandedTokens, offset: number, label: 0 | 1, importance: number): number {
    const { hashes, weights, count } = tokens
    const table = this.#table
    const error = label - sigmoid(clip(offset + this.score(tokens), -15, 15))
    const scaled = error * importance * scaleOf(tokens)
    for (let index = 0; index < count; index++) {
      const gradient = scaled * (weights[index] ?? 0)
      const at = ((hashes[index] ?? 0) & (SLOTS - 1)) << 1
      const squares = (table[at + 1] ?? 0) + gradient * gradient
      table[at + 1] = squares
      table[at] = (table[at] ?? 0) + (RATE * gradient) / Math.sqrt(squares + FLOOR)
    }
    return scaled
  }

  /**
   * Takes back what was learned from a label that was wrong: exactly if nothing was learned since, else in the step that its gradient
   * would have now. A first step has the full size of the rate whatever its error: without this a correction would only undo it.
   */
  unlearn(tokens: ExpandedTokens, scaled: number): void {
    const { hashes, weights, count } = tokens
    const table = this.#table
    for (let index = count - 1; index >= 0; index--) {
      const gradient = scaled * (weights[index] ?? 0)
      const at = ((hashes[index] ?? 0) & (SLOTS - 1)) << 1
      const squares = table[at + 1] ?? 0
      table[at] = (table[at] ?? 0) - (RATE * gradient) / Math.sqrt(squares + FLOOR)
      table[at + 1] = Math.max(0, squares - gradient * gradient)
    }
  }

  snapshot(): unknown {
    return takeSparse(this.#table, 2, FRESH)
  }

  restore(snapshot: unknown): void {
    putSparse(this.#table, 2, FRESH, snapshot)
  }
}

function scaleOf({ count, baseCount }: ExpandedTokens): number {
  return 1 / Math.sqrt(baseCount + (count - baseCount) / 4)
}
