/** Decisions that the share looks back on. */
const WINDOW = 1000
/** At first as if so many decisions had been made and none of them held: what is held first is worth the most. */
const START = 50

/** How many of all decisions are held of late, and what part of them a share of all decisions is. */
export class HeldShare {
  #decisions = 0
  #held = 0

  /**
   * Part of the held calls that may be reviewed so that, on average, they are at most `share` of all decisions: all of them where
   * fewer are held.
   *
   * @param share - In [0, 1].
   */
  sampleRate(share: number): number {
    if (share <= 0) return 0
    return Math.min(1, (share * (this.#decisions + START)) / (this.#held + share * START))
  }

  admit(isHeld: boolean): void {
    const keep = 1 - 1 / WINDOW
    this.#decisions = this.#decisions * keep + 1
    this.#held = this.#held * keep + (isHeld ? 1 : 0)
  }

  snapshot(): unknown {
    return [this.#decisions, this.#held]
  }

  restore(snapshot: unknown): void {
    const [decisions = 0, held = 0] = snapshot as readonly number[]
    this.#decisions = decisions
    this.#held = held
  }
}
