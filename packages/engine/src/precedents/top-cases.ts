/** The best cases that were offered: best first, of equals the one with the higher number. */
export class TopCases {
  readonly #limit: number
  readonly #least: number
  readonly #numbers: number[] = []
  readonly #scores: number[] = []
  /** How many there are. */
  count = 0
  /** What a score has to exceed. */
  floor: number

  /**
   * @param limit - Most that are kept, ≥ 1.
   * @param least - Least score that is kept.
   */
  constructor(limit: number, least: number) {
    this.#limit = limit
    this.#least = least
    // A score that is just as good as the least counts.
    this.floor = least - Number.EPSILON
  }

  /** Number of the case in a place, 0 the best. */
  numberAt(place: number): number {
    return this.#numbers[place] ?? 0
  }

  scoreAt(place: number): number {
    return this.#scores[place] ?? 0
  }

  /** A case may be offered more than once. */
  offer(number: number, score: number): void {
    if (score < this.#least) return
    const numbers = this.#numbers
    const scores = this.#scores
    let place = this.count
    while (place > 0) {
      const other = scores[place - 1] ?? 0
      if (other > score || (other === score && (numbers[place - 1] ?? 0) >= number)) break
      place--
    }
    if (place >= this.#limit || (place > 0 && numbers[place - 1] === number)) return
    const last = Math.min(this.count, this.#limit - 1)
    for (let index = last; index > place; index--) {
      scores[index] = scores[index - 1] ?? 0
      numbers[index] = numbers[index - 1] ?? 0
    }
    scores[place] = score
    numbers[place] = number
    this.count = last + 1
    if (this.count === this.#limit) this.floor = scores[last] ?? 0
  }
}
