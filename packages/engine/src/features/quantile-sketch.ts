import { mix } from '../math/hash.ts'

const RESERVOIR = 128
/** Octiles: the borders of eight bins. */
const BINS = 8

/** Plain state of a sketch. */
export interface SketchState {
  count: number
  /** A sample of the values seen, in the order they came. */
  sample: number[]
  /** Borders between bins, ascending; empty until 8 values were seen. */
  borders: number[]
  nextRefresh: number
}

/**
 * Quantiles of one numeric field from a bounded, deterministic sample (Vitter's algorithm R with a hash of the count in place
 * of chance). Borders are refreshed at 8, 16, 32 … values, at most every 2000, so that a bin keeps its meaning for a while.
 */
export class QuantileSketch {
  readonly state: SketchState
  /** Worked out once between two values; asked for with every evaluation. */
  #median: number | null = null

  constructor(state: SketchState = { count: 0, sample: [], borders: [], nextRefresh: 8 }) {
    this.state = state
  }

  admit(value: number): void {
    const { state } = this
    this.#median = null
    state.count++
    if (state.sample.length < RESERVOIR) state.sample.push(value)
    else {
      const place = mix(state.count, 77) % state.count
      if (place < RESERVOIR) state.sample[place] = value
    }
    if (state.count < state.nextRefresh) return
    state.nextRefresh = Math.min(state.count * 2, state.count + 2000)
    const sorted = state.sample.toSorted((a, b) => a - b)
    state.borders = Array.from(
      { length: BINS - 1 },
      (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / BINS)] ?? 0,
    )
  }

  /** Bin of a value, 0–7; -1 while fewer than 8 values were seen. */
  bin(value: number): number {
    const { borders } = this.state
    if (borders.length === 0) return -1
    let bin = 0
    while (bin < borders.length && value >= (borders[bin] ?? 0)) bin++
    return bin
  }

  /** Null until `least` values were seen. */
  median(least: number): number | null {
    const { count, sample } = this.state
    if (count < least) return null
    // A typed array sorts numbers without a comparison function: a fifth of the time, with every evaluation.
    this.#median ??= Float64Array.from(sample).toSorted()[Math.floor(sample.length / 2)] ?? null
    return this.#median
  }
}
