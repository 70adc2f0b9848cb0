/** Buckets of one size before two of them are merged into one of the next. */
const BUCKETS_A_ROW = 5
/** Values between two looks for a cut, and the fewest on either side of one. */
const LOOK_EVERY = 16
const LEAST_SIDE = 20
/** Probability of a cut where nothing changed. */
const CONFIDENCE = 0.002
/** Sum, sum of squares. */
const WIDTH = 2

/**
 * ADWIN: the longest recent window of a sequence whose mean has not changed. Values are kept in buckets of 1, 2, 4, … of them, at
 * most five a size, so that memory grows with the logarithm of the window. The window is cut where the means of its two parts
 * differ by more than ε = √(2/m · σ² · ln(2/δ′)) + 2/(3m) · ln(2/δ′), with m the harmonic mean of the parts' sizes and
 * δ′ = δ / ln n.
 *
 * It sees abrupt changes after some dozens of values and slow ones late; it is no use for a rate so small that the window holds
 * no bad outcome at all.
 *
 * @see Bifet and Gavaldà (2007), Learning from time-changing data with adaptive windowing, SIAM SDM.
 */
export class AdaptiveWindow {
  /** By size, then newest last: sum and sum of squares of each bucket. */
  #rows: number[][] = [[]]
  #count = 0
  #sum = 0
  #squares = 0
  #untilLook = LOOK_EVERY

  /** Values in the window. */
  get count(): number {
    return this.#count
  }

  /** 0 while it is empty. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  /**
   * Takes one more value, of at most about 1 in size.
   *
   * @returns By how much the mean has changed if the window was cut, newer part less older; 0 if not.
   */
  add(value: number): number {
    this.#rows[0]?.push(value, value * value)
    this.#count++
    this.#sum += value
    this.#squares += value * value
    this.#merge()
    if (--this.#untilLook > 0) return 0
    this.#untilLook = LOOK_EVERY
    const before = this.mean
    let isCut = false
    while (this.#cutOnce()) isCut = true
    return isCut ? this.mean - before : 0
  }

  snapshot(): unknown {
    return {
      rows: this.#rows.map((row) => [...row]),
      sums: [this.#count, this.#sum, this.#squares, this.#untilLook],
    }
  }

  restore(snapshot: unknown): void {
    const { rows, sums } = snapshot as { rows: number[][]; sums: readonly number[] }
    this.#rows = rows.map((row) => [...row])
    const [count = 0, sum = 0, squares = 0, untilLook = LOOK_EVERY] = sums
    this.#count = count
    this.#sum = sum
    this.#squares = squares
    this.#untilLook = untilLook
  }

  #merge(): void {
    for (let size = 0; size < this.#rows.length; size++) {
      const row = this.#rows[size] ?? []
      if (row.length <= BUCKETS_A_ROW * WIDTH) return
      const [sumA = 0, squaresA = 0, sumB = 0, squaresB = 0] = row.splice(0, 2 * WIDTH)
      const next = this.#rows[size + 1]
      if (next) next.push(sumA + sumB, squaresA + squaresB)
      else this.#rows.push([sumA + sumB, squaresA + squaresB])
    }
  }

  /** Drops the oldest bucket if some split of the window, from old to new, shows a change. */
  #cutOnce(): boolean {
    const n = this.#count
    if (n < 2 * LEAST_SIDE) return false
    const variance = Math.max(0, this.#squares / n - this.mean ** 2)
    const logTerm = Math.log((2 * Math.log(n)) / CONFIDENCE)
    let oldCount = 0
    let oldSum = 0
    for (let size = this.#rows.length - 1; size >= 0; size--) {
      const row = this.#rows[size] ?? []
      for (let at = 0; at < row.length; at += WIDTH) {
        oldCount += 2 ** size
        oldSum += row[at] ?? 0
        const newCount = n - oldCount
        if (oldCount < LEAST_SIDE || newCount < LEAST_SIDE) continue
        const m = 1 / (1 / oldCount + 1 / newCount)
        const bound = Math.sqrt((2 / m) * variance * logTerm) + (2 / (3 * m)) * logTerm
        if (Math.abs(oldSum / oldCount - (this.#sum - oldSum) / newCount) <= bound) continue
        this.#dropOldest()
        return true
      }
    }
    return false
  }

  #dropOldest(): void {
    const size = this.#rows.length - 1
    const [sum = 0, squares = 0] = this.#rows[size]?.splice(0, WIDTH) ?? []
    this.#count -= 2 ** size
    this.#sum -= sum
    this.#squares -= squares
    while (this.#rows.length > 1 && this.#rows.at(-1)?.length === 0) this.#rows.pop()
  }
}
