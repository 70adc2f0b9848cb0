/** Bins of the score histogram in log-odds: wide enough apart to be cheap, close enough that no figure shows them. */
const BINS = 2 ** 18
/** Scores are clipped to [1e-5, 1 − 1e-5] (engine.md §7). */
const CLIP = 1e-5
const LIMIT = Math.log((1 - CLIP) / CLIP)
const ECE_BINS = 15
const HOLD_SHARES = [1, 5, 10] as const

/** Quality of probabilities against what happened. Null where it is not defined, as AUC with one class only. */
export interface MetricsResult {
  readonly log_loss: number | null
  readonly brier: number | null
  /** Expected calibration error over 15 bins of equal count. */
  readonly ece: number | null
  /** Area under the ROC curve, ties counted half. */
  readonly auc: number | null
  readonly average_precision: number | null
  /** Share of all bad decisions that lies in the riskiest 1, 5 and 10 %. */
  readonly harm_at_hold: Readonly<Record<'1' | '5' | '10', number | null>>
}

/** Decisions whose scores lie next to each other. */
export interface MetricsBin {
  readonly n: number
  /** Mean probability. */
  readonly predicted: number
  /** Share of bad ones. */
  readonly bad: number
}

/**
 * Figures over any number of decisions in constant memory: a histogram of scores with counts by label takes the place of a
 * sorted list. Scores within 1/11,000 of each other in log-odds count as tied.
 */
export class DecisionMetrics {
  readonly #good = new Float64Array(BINS)
  readonly #bad = new Float64Array(BINS)
  readonly #sum = new Float64Array(BINS)
  #count = 0
  #badCount = 0
  #logLoss = 0
  #squaredError = 0

  /**
   * @param probability - In [0, 1].
   * @param weight - −1 takes back what was added before. @defaultValue 1
   */
  add(probability: number, label: 0 | 1, weight: 1 | -1 = 1): void {
    const p = Math.min(1 - CLIP, Math.max(CLIP, probability))
    const place = (Math.log(p / (1 - p)) + LIMIT) / (2 * LIMIT)
    const bin = Math.min(BINS - 1, Math.floor(place * BINS))
    const counts = label === 1 ? this.#bad : this.#good
    counts[bin] = (counts[bin] ?? 0) + weight
    this.#sum[bin] = (this.#sum[bin] ?? 0) + weight * p
    this.#count += weight
    this.#badCount += weight * label
    this.#logLoss -= weight * Math.log(label === 1 ? p : 1 - p)
    this.#squaredError += weight * (p - label) ** 2
  }

  result(): MetricsResult {
    const n = this.#count
    const hasBoth = this.#badCount > 0 && this.#badCount < n
    return {
      log_loss: n === 0 ? null : this.#logLoss / n,
      brier: n === 0 ? null : this.#squaredError / n,
      ece: n === 0 ? null : this.#calibrationError(),
      auc: hasBoth ? this.#areaUnderCurve() : null,
      average_precision: this.#badCount > 0 ? this.#averagePrecision() : null,
      harm_at_hold: {
        '1': this.#harmAt(HOLD_SHARES[0]),
        '5': this.#harmAt(HOLD_SHARES[1]),
        '10': this.#harmAt(HOLD_SHARES[2]),
      },
    }
  }

  /**
   * Bins of equal count from safe to risky; a group of tied scores that straddles a border is shared out, so that counts may be
   * fractions.
   *
   * @param count - Bins, ≥ 1; fewer come back where there are fewer decisions.
   */
  bins(count: number): MetricsBin[] {
    const size = Math.max(1, this.#count / count)
    const bins: MetricsBin[] = []
    let [n, predicted, bad] = [0, 0, 0]
    const close = (): void => {
      bins.push({ n, predicted: predicted / n, bad: bad / n })
      ;[n, predicted, bad] = [0, 0, 0]
    }
    for (let bin = 0; bin < BINS; bin++) {
      const all = (this.#good[bin] ?? 0) + (this.#bad[bin] ?? 0)
      for (let left = all; left > 1e-9; ) {
        const taken = Math.min(left, size - n)
        n += taken
        predicted += (taken * (this.#sum[bin] ?? 0)) / all
        bad += (taken * (this.#bad[bin] ?? 0)) / all
        left -= taken
        if (size - n <= 1e-9) close()
      }
    }
    if (n > 1e-6) close()
    return bins
  }

  /**
   * Share of all bad decisions among the riskiest, for `steps` + 1 shares of all decisions from 0 to 1. Null without bad ones.
   */
  holdCurve(steps: number): { readonly held: number; readonly stopped: number }[] | null {
    if (this.#badCount === 0) return null
    return Array.from({ length: steps + 1 }, (_, step) => ({
      held: step / steps,
      stopped: this.#stoppedIn((this.#count * step) / steps),
    }))
  }

  #areaUnderCurve(): number {
    let goodBelow = 0
    let wins = 0
    for (let bin = 0; bin < BINS; bin++) {
      const good = this.#good[bin] ?? 0
      wins += (this.#bad[bin] ?? 0) * (goodBelow + good / 2)
      goodBelow += good
    }
    return wins / (this.#badCount * (this.#count - this.#badCount))
  }

  #averagePrecision(): number {
    let seen = 0
    let found = 0
    let sum = 0
    for (let bin = BINS - 1; bin >= 0; bin--) {
      const bad = this.#bad[bin] ?? 0
      const all = bad + (this.#good[bin] ?? 0)
      if (all === 0) continue
      seen += all
      found += bad
      // Tied scores are taken together: precision after the whole bin, for each bad one in it.
      sum += bad * (found / seen)
    }
    return sum / this.#badCount
  }

  #harmAt(percent: number): number | null {
    return this.#badCount === 0 ? null : this.#stoppedIn(Math.floor((this.#count * percent) / 100))
  }

  /** Share of the bad ones among the riskiest `most`. A tied bin at the border counts with the share of it that fits. */
  #stoppedIn(most: number): number {
    let left = most
    let found = 0
    for (let bin = BINS - 1; bin >= 0 && left > 0; bin--) {
      const bad = this.#bad[bin] ?? 0
      const all = bad + (this.#good[bin] ?? 0)
      if (all === 0) continue
      found += bad * Math.min(1, left / all)
      left -= Math.min(left, all)
    }
    return found / this.#badCount
  }

  #calibrationError(): number {
    let error = 0
    for (const { n, predicted, bad } of this.bins(ECE_BINS)) error += n * Math.abs(predicted - bad)
    return error / this.#count
  }
}
