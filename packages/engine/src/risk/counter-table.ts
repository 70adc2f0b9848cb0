import { clip, logit } from '../math/log-odds.ts'

/** Slots of the table; two contexts that share one are added up, which hashing accepts (Weinberger et al. 2009). */
const SLOTS = 2 ** 18
/** Sums of a slot: outcomes n, bad ones s, and what the parent expected at each of them b. */
const WIDTH = 3
/** Weight of the parent's expectation, in outcomes (risk-model.md §4). */
const SHRINKAGE = 0.6
/** Most outcomes a slot remembers; older ones fade (risk-model.md §4). */
const CAPACITY = 400

/** What a context adds to its parent's estimate. */
export interface Deviation {
  /** In log-odds; 0 without outcomes. */
  readonly logOdds: number
  readonly count: number
  readonly bad: number
  /** Share of bad outcomes that the parent expected when they came. */
  readonly expected: number
}

/**
 * Hierarchical shrinkage counters: each context says how far its outcomes departed from what its parent believed when they
 * came, shrunk towards no departure. dev = logit((s + m·b̄)/(n + m)) − logit(b̄) with b̄ = b/n, m = 0.6, clipped to ±6. Because b̄
 * is the belief of that moment, a drifting base rate does not pass for evidence.
 *
 * Helps where the same contexts come back; says nothing about new ones.
 *
 * @see Efron and Morris (1973), Stein's estimation rule and its competitors, for shrinkage towards a parent.
 */
export class CounterTable {
  #sums = new Float64Array(SLOTS * WIDTH)

  deviation(context: number): Deviation {
    const at = (context & (SLOTS - 1)) * WIDTH
    const n = this.#sums[at] ?? 0
    if (n <= 0) return NO_DEVIATION
    const s = this.#sums[at + 1] ?? 0
    const expected = clip((this.#sums[at + 2] ?? 0) / n, 0, 1)
    const estimate = clip((s + SHRINKAGE * expected) / (n + SHRINKAGE), 0, 1)
    return { logOdds: clip(logit(estimate) - logit(expected), -6, 6), count: n, bad: Math.max(0, s), expected }
  }

  logOdds(context: number): number {
    return this.deviation(context).logOdds
  }

  /** One more outcome; `parent` is the parent's probability before it. */
  learn(context: number, label: 0 | 1, parent: number): void {
    const at = (context & (SLOTS - 1)) * WIDTH
    const n = this.#sums[at] ?? 0
    const keep = n >= CAPACITY ? 1 - 1 / CAPACITY : 1
    this.#sums[at] = n * keep + 1
    this.#sums[at + 1] = (this.#sums[at + 1] ?? 0) * keep + label
    this.#sums[at + 2] = (this.#sums[at + 2] ?? 0) * keep + parent
  }

  /** An outcome turned out otherwise: its label is exchanged, the evidence stays one outcome. Null takes it back. */
  correct(context: number, before: 0 | 1, label: 0 | 1 | null): void {
    const at = (context & (SLOTS - 1)) * WIDTH
    const n = this.#sums[at] ?? 0
    if (n <= 0) return
    const s = this.#sums[at + 1] ?? 0
    if (label !== null) this.#sums[at + 1] = clip(s + label - before, 0, n)
    else {
      const keep = Math.max(0, n - 1)
      this.#sums[at + 2] = ((this.#sums[at + 2] ?? 0) * keep) / n
      this.#sums[at] = keep
      this.#sums[at + 1] = clip(s - before, 0, keep)
    }
  }

  snapshot(): unknown {
    // Most slots are empty for long; only the filled ones are kept.
    const places: number[] = []
    for (let place = 0; place < SLOTS; place++) if ((this.#sums[place * WIDTH] ?? 0) > 0) places.push(place)
    const sums = new Float64Array(places.length * WIDTH)
    for (const [index, place] of places.entries())
      sums.set(this.#sums.subarray(place * WIDTH, (place + 1) * WIDTH), index * WIDTH)
    return { places: Uint32Array.from(places), sums }
  }

  restore(snapshot: unknown): void {
    const { places, sums } = snapshot as { places: Uint32Array; sums: Float64Array }
    this.#sums = new Float64Array(SLOTS * WIDTH)
    for (const [index, place] of places.entries())
      this.#sums.set(sums.subarray(index * WIDTH, (index + 1) * WIDTH), place * WIDTH)
  }
}

const NO_DEVIATION: Deviation = { logOdds: 0, count: 0, bad: 0, expected: 0 }
