import { PARENT_INDEX } from '../features/counter-contexts.ts'
import { mix } from '../math/hash.ts'
import { clip, logit, sigmoid } from '../math/log-odds.ts'
import { putSparse, takeSparse } from '../math/sparse-snapshot.ts'

/** Places of the table; two contexts that share one are added up, which hashing accepts (Weinberger et al. 2009). */
const SLOTS = 2 ** 19
/** Sums of a place: outcomes n, bad ones s, what the parent expected at each of them b. */
const WIDTH = 3
const FRESH = [0, 0, 0] as const
/** Weight of the parent's expectation, in outcomes: of a context, and of a field, which says less. */
const SHRINKAGE = 0.6
const FIELD_SHRINKAGE = 8
/** Most outcomes a place remembers; older ones fade. */
const CAPACITY = 400

/** What is known of a context. */
export interface ContextCount {
  readonly count: number
  readonly bad: number
  /** Share of bad outcomes that the parent expected when they came. */
  readonly expected: number
}

/**
 * Hierarchical shrinkage counters: each context says how far its outcomes departed from what its parent believed when they
 * came, shrunk towards no departure: dev = logit((s + m·b̄)/(n + m)) − logit(b̄), b̄ = b/n, m = 0.6. The parent's log-odds is the base
 * and its own deviations, so that the chain is an empirical-Bayes backoff; because b̄ is the belief of that moment, a drifting
 * base rate does not pass for evidence. Field counters (action and field, m = 8) are summed over √(their number).
 *
 * Exact and fast on what repeats; says nothing about what is new, and overcommits while many outcomes are open.
 *
 * @see Efron and Morris (1973), Stein's estimation rule and its competitors, for shrinkage towards a parent.
 */
export class CounterExpert {
  readonly #sums = new Float32Array(SLOTS * WIDTH)
  /** Log-odds of each context with its parents': working memory. */
  readonly #beliefs = new Float64Array(PARENT_INDEX.length)

  /** Writes a deviation a context, clipped to ±6 and multiplied by `trust`, then the sum over the fields. */
  score(contexts: Uint32Array, fields: Uint32Array, about: ScoreAbout): void {
    const { offset, trust, inputs, at } = about
    for (let index = 0; index < contexts.length; index++) {
      const deviation = this.#deviation(placeOf(contexts[index] ?? 0), SHRINKAGE)
      this.#beliefs[index] = this.#parentOf(index, offset) + deviation
      inputs[at + index] = clip(deviation, -6, 6) * trust
    }
    let sum = 0
    for (let index = 0; index < fields.length; index++)
      sum += this.#deviation(placeOf(mix(about.action, fields[index] ?? 0)), FIELD_SHRINKAGE)
    inputs[at + contexts.length] = clip(fields.length > 0 ? sum / Math.sqrt(fields.length) : 0, -6, 6)
  }

  /** Log-odds that the last score gave the action alone, apart from the offset. */
  deviationOfAction(offset: number): number {
    return (this.#beliefs[0] ?? offset) - offset
  }

  /** Parents before children; each child is compared with what its parent believed before this outcome. */
  learn(contexts: Uint32Array, fields: Uint32Array, about: LearnAbout): void {
    const { offset, label, importance } = about
    for (let index = 0; index < contexts.length; index++) {
      const place = placeOf(contexts[index] ?? 0)
      const parent = this.#parentOf(index, offset)
      this.#beliefs[index] = parent + this.#deviation(place, SHRINKAGE)
      this.#add(place, label, sigmoid(parent), importance)
    }
    const base = sigmoid(offset)
    for (let index = 0; index < fields.length; index++)
      this.#add(placeOf(mix(about.action, fields[index] ?? 0)), label, base, importance)
  }

  /** An outcome turned out otherwise: its label is exchanged, the evidence stays one outcome. Null takes it back. */
  correct(contexts: Uint32Array, fields: Uint32Array, action: number, before: 0 | 1, label: 0 | 1 | null): void {
    for (const context of contexts) this.#exchange(placeOf(context), before, label)
    for (const field of fields) this.#exchange(placeOf(mix(action, field)), before, label)
  }

  countOf(context: number): number {
    return this.#sums[placeOf(context)] ?? 0
  }

  about(context: number): ContextCount {
    const place = placeOf(context)
    const count = this.#sums[place] ?? 0
    if (count <= 0) return { count: 0, bad: 0, expected: 0 }
    return { count, bad: this.#sums[place + 1] ?? 0, expected: clip((this.#sums[place + 2] ?? 0) / count, 0, 1) }
  }

  snapshot(): unknown {
    return takeSparse(this.#sums, WIDTH, FRESH)
  }

  restore(snapshot: unknown): void {
    putSparse(this.#sums, WIDTH, FRESH, snapshot)
  }

  #parentOf(index: number, offset: number): number {
    const parent = PARENT_INDEX[index] ?? -1
    return parent < 0 ? offset : (this.#beliefs[parent] ?? offset)
  }

  #deviation(place: number, shrinkage: number): number {
    const n = this.#sums[place] ?? 0
    if (n <= 0) return 0
    const expected = clip((this.#sums[place + 2] ?? 0) / n, 1e-3, 1 - 1e-3)
    return logit(((this.#sums[place + 1] ?? 0) + shrinkage * expected) / (n + shrinkage)) - logit(expected)
  }

  #add(place: number, label: 0 | 1, parent: number, importance: number): void {
    const sums = this.#sums
    if ((sums[place] ?? 0) >= CAPACITY)
      for (let offset = 0; offset < WIDTH; offset++)
        sums[place + offset] = (sums[place + offset] ?? 0) * (1 - 1 / CAPACITY)
    sums[place] = (sums[place] ?? 0) + importance
    sums[place + 1] = (sums[place + 1] ?? 0) + importance * label
    sums[place + 2] = (sums[place + 2] ?? 0) + importance * parent
  }

  #exchange(place: number, before: 0 | 1, label: 0 | 1 | null): void {
    const sums = this.#sums
    const n = sums[place] ?? 0
    if (n <= 0) return
    const bad = sums[place + 1] ?? 0
    if (label !== null) {
      sums[place + 1] = clip(bad + label - before, 0, n)
      return
    }
    const rest = Math.max(0, n - 1)
    sums[place] = rest
    sums[place + 1] = clip(bad - before, 0, rest)
    sums[place + 2] = ((sums[place + 2] ?? 0) * rest) / n
  }
}

interface ScoreAbout {
  readonly action: number
  /** Log-odds of the base rate. */
  readonly offset: number
  /** Factor of the deviations of contexts. */
  readonly trust: number
  /** Where they are written, from `at` on. */
  readonly inputs: Float64Array
  readonly at: number
}

interface LearnAbout {
  readonly action: number
  readonly offset: number
  readonly label: 0 | 1
  readonly importance: number
}

function placeOf(context: number): number {
  return (context & (SLOTS - 1)) * WIDTH
}
