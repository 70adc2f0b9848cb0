import { clip } from '../math/log-odds.ts'

/** Runs whose last outcome is remembered; all are forgotten together. */
const MAX_RUNS = 4000
/** Starting belief: this many pairs of outcomes with this correlation; pairs that the mean looks back on. */
const START_PAIRS = 30
const START_CORRELATION = 0.3
const WINDOW = 500
/** How much a correlation takes from each further outcome. */
const STRENGTH = 0.3

/**
 * Weight of one outcome of a run: outcomes of one run come together and often agree. ρ = running correlation within runs, the mean
 * of (y_before − b)(y − b)/(b(1 − b)); the k-th outcome of a run (k = 0, 1, …) has the weight u = 1/(1 + 0.3·clip(ρ, 0, 1)·k).
 *
 * Matters where one verdict is put on every step of a run; is 1 for actions that stand alone.
 */
export class ClusterWeight {
  readonly #runs = new Map<number, { label: 0 | 1; count: number }>()
  #correlations = START_PAIRS * START_CORRELATION
  #pairs = START_PAIRS

  /** @returns the weight of this outcome, in (0, 1]. @param base - Rate of bad outcomes, in (0, 1). */
  learn(run: number, label: 0 | 1, base: number): number {
    if (run === 0) return 1
    const known = this.#runs.get(run)
    if (!known) {
      if (this.#runs.size > MAX_RUNS) this.#runs.clear()
      this.#runs.set(run, { label, count: 1 })
      return 1
    }
    this.#correlations += clip(((known.label - base) * (label - base)) / (base * (1 - base)), -1, 3)
    this.#pairs++
    if (this.#pairs > WINDOW) {
      this.#correlations *= WINDOW / this.#pairs
      this.#pairs = WINDOW
    }
    const weight = 1 / (1 + STRENGTH * clip(this.#correlations / this.#pairs, 0, 1) * known.count)
    known.label = label
    known.count++
    return weight
  }

  snapshot(): unknown {
    return {
      runs: new Map([...this.#runs].map(([run, known]) => [run, { ...known }])),
      correlations: this.#correlations,
      pairs: this.#pairs,
    }
  }

  restore(snapshot: unknown): void {
    const { runs, correlations, pairs } = snapshot as {
      runs: Map<number, { label: 0 | 1; count: number }>
      correlations: number
      pairs: number
    }
    this.#runs.clear()
    for (const [run, known] of runs) this.#runs.set(run, { ...known })
    this.#correlations = correlations
    this.#pairs = pairs
  }
}
