/** Bins of the calibration error and of the Brier score's parts (engine.md §7). */
const ECE_BINS = 15
/** Probabilities are clipped to [1e-5, 1 − 1e-5] for the log loss (engine.md §7). */
const CLIP = 1e-5

/** Parts of a Brier score: reliability − resolution + uncertainty, but for the spread of scores within bins. */
export interface BrierParts {
  /** How far scores are from what happened, 0 at best. */
  readonly reliability: number
  /** How far what happened differs from score to score; more is better. */
  readonly resolution: number
  /** Rate times one minus rate: what nobody can help. */
  readonly uncertainty: number
}

/** Predictions with what came of them: their scores in order, with counts by label. Scores may repeat. */
export class Predictions {
  readonly #risks: number[] = []
  readonly #labels: (0 | 1)[] = []
  #predicted = 0
  #bad = 0
  #squaredError = 0
  #logLoss = 0

  /** @param risk - In [0, 1], as it was predicted. */
  add(risk: number, label: 0 | 1): void {
    this.#risks.push(risk)
    this.#labels.push(label)
    this.#predicted += risk
    this.#bad += label
    this.#squaredError += (risk - label) ** 2
    const clipped = Math.min(1 - CLIP, Math.max(CLIP, risk))
    this.#logLoss -= Math.log(label === 1 ? clipped : 1 - clipped)
  }

  get n(): number {
    return this.#risks.length
  }

  get bad(): number {
    return this.#bad
  }

  /** Null without predictions, as are all figures. */
  get meanPredicted(): number | null {
    return this.n === 0 ? null : Math.min(1, this.#predicted / this.n)
  }

  get observedRate(): number | null {
    return this.n === 0 ? null : this.#bad / this.n
  }

  get brier(): number | null {
    return this.n === 0 ? null : this.#squaredError / this.n
  }

  get logLoss(): number | null {
    return this.n === 0 ? null : this.#logLoss / this.n
  }

  /** Σ p(1 − p): the variance of the number of bad outcomes, if the predictions are right. */
  get variance(): number {
    return this.#risks.reduce((sum, risk) => sum + risk * (1 - risk), 0)
  }

  /** Σ (label − p). */
  get excess(): number {
    return this.#bad - this.#predicted
  }

  /**
   * Expected calibration error over 15 bins of equal count: |mean prediction − observed rate|, weighted by the bins' size.
   * Predictions with the same score count alike wherever a bin's border falls between them.
   *
   * @see Naeini, Cooper, Hauskrecht (2015), Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI.
   */
  calibrationError(): number | null {
    if (this.n === 0) return null
    // Fewer predictions than bins have a bin each.
    const size = this.n / Math.min(ECE_BINS, this.n)
    let error = 0
    let gap = 0
    let room = size
    for (const { risk, count, bad } of this.#ties()) {
      let left = count
      const gapEach = risk - bad / count
      while (left > room) {
        error += Math.abs(gap + room * gapEach)
        left -= room
        gap = 0
        room = size
      }
      gap += left * gapEach
      room -= left
    }
    return Math.min(1, (error + Math.abs(gap)) / this.n)
  }

  /** @see Murphy (1973), A New Vector Partition of the Probability Score, Journal of Applied Meteorology 12. */
  brierParts(): BrierParts | null {
    const rate = this.observedRate
    if (rate === null) return null
    let reliability = 0
    let resolution = 0
    for (const { count, predicted, bad } of this.bins(ECE_BINS)) {
      reliability += (count / this.n) * (predicted / count - bad / count) ** 2
      resolution += (count / this.n) * (bad / count - rate) ** 2
    }
    return { reliability, resolution, uncertainty: rate * (1 - rate) }
  }

  /** Bins of equal count, ascending; predictions with the same score stay together, so counts may differ. */
  bins(most: number): { lower: number; upper: number; count: number; predicted: number; bad: number }[] {
    const bins: { lower: number; upper: number; count: number; predicted: number; bad: number }[] = []
    let before = 0
    for (const { risk, count, bad } of this.#ties()) {
      const last = bins.at(-1)
      // A bin is full when the predictions up to it reach its share of all.
      if (last && before < (bins.length * this.n) / most) {
        last.upper = risk
        last.count += count
        last.predicted += risk * count
        last.bad += bad
      } else bins.push({ lower: risk, upper: risk, count, predicted: risk * count, bad })
      before += count
    }
    return bins
  }

  *#ties(): Generator<{ risk: number; count: number; bad: number }, void, void> {
    const order = Uint32Array.from(this.#risks.keys()).toSorted((a, b) => (this.#risks[a] ?? 0) - (this.#risks[b] ?? 0))
    let tie: { risk: number; count: number; bad: number } | undefined
    for (const index of order) {
      const risk = this.#risks[index] ?? 0
      const label = this.#labels[index] ?? 0
      if (tie && tie.risk === risk) {
        tie.count++
        tie.bad += label
        continue
      }
      if (tie) yield tie
      tie = { risk, count: 1, bad: label }
    }
    if (tie) yield tie
  }
}
