import { mix } from '../math/hash.ts'

const RESERVOIR = 256
/** Quantiles that bins are cut at: least value, seven octiles, greatest. */
const KNOTS = 9
/** Values after which the cuts are refreshed first, and most values between two refreshes. */
const FIRST_REFRESH = 8
const LONGEST_PAUSE = 2000
/** Slowest pace of the running mean and variance: the last 2000 values count. */
const PACE = 0.0005
/** Values that a z-score needs. */
const SCORE_FROM = 4

/** The first of two neighbouring bins that a value lies between, and its share of the second, in [0, 1]. */
export interface BinPosition {
  bin: number
  share: number
}

/** Running mean and variance. */
export interface Moments {
  count: number
  mean: number
  variance: number
}

export interface QuantileBinsState extends Moments {
  nextRefresh: number
  readonly sample: Float64Array
  readonly knots: Float64Array
}

/**
 * Soft quantile bins of one numeric field, in ln(1 + |v|) with the sign of v: a bounded, deterministic sample (Vitter's algorithm
 * R with a hash of the count in place of chance), cut at its octiles at 8, 16, 32, … values. A value between two cuts belongs to
 * both with weights that add to 1: a linear spline that needs no scaling and survives drift (risk-model.md §3).
 *
 * Needs no outcome. Says little of a field whose values are all alike.
 *
 * @see Vitter (1985), Random sampling with a reservoir.
 */
export class QuantileBins {
  readonly #moments: Moments = { count: 0, mean: 0, variance: 0 }
  #sample: number[] = []
  #knots: number[] = []
  #nextRefresh = FIRST_REFRESH

  constructor(state?: QuantileBinsState) {
    if (!state) return
    this.#moments = { count: state.count, mean: state.mean, variance: state.variance }
    this.#sample = [...state.sample]
    this.#knots = [...state.knots]
    this.#nextRefresh = state.nextRefresh
  }

  get moments(): Readonly<Moments> {
    return this.#moments
  }

  admit(value: number): void {
    const moments = this.#moments
    addToMoments(moments, value)
    const { count } = moments
    if (this.#sample.length < RESERVOIR) this.#sample.push(value)
    else {
      const place = mix(count, 77) % count
      if (place < RESERVOIR) this.#sample[place] = value
    }
    if (count === this.#nextRefresh) this.#refresh()
  }

  /** Writes where a value lies. Bin 0 with share 0 until there are two cuts. */
  locate(value: number, position: BinPosition): void {
    const knots = this.#knots
    position.bin = 0
    position.share = 0
    if (knots.length < 2 || value <= (knots[0] ?? 0)) return
    for (let index = 1; index < knots.length; index++) {
      const upper = knots[index] ?? 0
      if (value > upper) continue
      const lower = knots[index - 1] ?? 0
      position.bin = index - 1
      position.share = (value - lower) / (upper - lower)
      return
    }
    position.bin = knots.length - 1
  }

  snapshot(): QuantileBinsState {
    return {
      ...this.#moments,
      nextRefresh: this.#nextRefresh,
      sample: Float64Array.from(this.#sample),
      knots: Float64Array.from(this.#knots),
    }
  }

  #refresh(): void {
    const { count } = this.#moments
    this.#nextRefresh = Math.min(count * 2, count + LONGEST_PAUSE)
    const sorted = Float64Array.from(this.#sample).toSorted()
    this.#knots = []
    for (let index = 0; index < KNOTS; index++) {
      const value = sorted[Math.min(sorted.length - 1, Math.floor((index * (sorted.length - 1)) / (KNOTS - 1)))] ?? 0
      const last = this.#knots.at(-1)
      if (last === undefined || value > last) this.#knots.push(value)
    }
  }
}

/** ln(1 + |v|) with the sign of v. */
export function signedLog(value: number): number {
  return Math.sign(value) * Math.log1p(Math.abs(value))
}

export function addToMoments(moments: Moments, value: number): void {
  moments.count++
  const before = value - moments.mean
  const pace = Math.max(1 / moments.count, PACE)
  moments.mean += before * pace
  moments.variance += (before * (value - moments.mean) - moments.variance) * pace
}

/** (v − mean)/√variance in [-3, 3]; 0 while fewer than 4 values are known. */
export function zScore({ count, mean, variance }: Readonly<Moments>, value: number): number {
  if (count < SCORE_FROM) return 0
  return Math.max(-3, Math.min(3, (value - mean) / Math.sqrt(variance + 1e-6)))
}
