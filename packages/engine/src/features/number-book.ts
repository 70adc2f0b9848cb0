import {
  addToMoments,
  type BinPosition,
  type Moments,
  QuantileBins,
  type QuantileBinsState,
  signedLog,
  zScore,
} from './quantile-bins.ts'

/** Most numeric fields with a history; the ones that came first keep their place. */
const MAX_FIELDS = 4000

const NO_MOMENTS: Readonly<Moments> = { count: 0, mean: 0, variance: 0 }

/** How the numeric fields of all decisions usually lie, by a hash of the field. Advances with decisions, needs no outcome. */
export class NumberBook {
  readonly #fields = new Map<number, QuantileBins>()

  /** A decision had this value in this field. */
  admit(field: number, value: number): void {
    let bins = this.#fields.get(field)
    if (!bins) {
      if (this.#fields.size >= MAX_FIELDS) return
      bins = new QuantileBins()
      this.#fields.set(field, bins)
    }
    bins.admit(signedLog(value))
  }

  /** z-score of a value in its field, in [-3, 3]. */
  score(field: number, value: number): number {
    return zScore(this.#fields.get(field)?.moments ?? NO_MOMENTS, signedLog(value))
  }

  /** z-score of a value that comes after other values of the same decision in the same field. */
  scoreAfter(field: number, earlier: readonly number[], value: number): number {
    const moments = { ...(this.#fields.get(field)?.moments ?? NO_MOMENTS) }
    for (const each of earlier) addToMoments(moments, signedLog(each))
    return zScore(moments, signedLog(value))
  }

  /** Writes between which bins of its field a value lies. */
  locate(field: number, value: number, position: BinPosition): void {
    const bins = this.#fields.get(field)
    if (bins) bins.locate(signedLog(value), position)
    else {
      position.bin = 0
      position.share = 0
    }
  }

  snapshot(): unknown {
    return new Map([...this.#fields].map(([field, bins]) => [field, bins.snapshot()]))
  }

  restore(snapshot: unknown): void {
    this.#fields.clear()
    for (const [field, state] of snapshot as Map<number, QuantileBinsState>)
      this.#fields.set(field, new QuantileBins(state))
  }
}
