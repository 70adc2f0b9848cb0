import type { PromiseReport } from '@bighub/core/protocol'
import { AdaptiveWindow } from '../calibration/adaptive-window.ts'
import { clip } from '../math/log-odds.ts'
import { wilsonInterval } from '../math/wilson-interval.ts'

/** Bins of recent estimates: 80 of 0.2 in log-odds around ½. */
const BINS = 80
const BIN_WIDTH = 0.2
/** What a decision or an outcome still weighs after the next. */
const KEEP = 0.999
/** Decisions before the distribution of estimates is used; until then an estimate may not be above the promise itself. */
const ENOUGH_DECISIONS = 100
/** Outcomes before anything is said about how the promise is kept. */
const ENOUGH_OUTCOMES = 30
/** Step of the target after an outcome, pull towards the promise after a decision, and how far it may go from it. */
const GAIN = 0.02
const PULL = 0.0005
const REACH = 4
/** Share of calls that must run for anything to be learned of them. */
const LEAST_RUNNING = 0.05
/** Outcomes after a rise for which nothing is relaxed. */
const CAREFUL_OUTCOMES = 200

/** What the promise says of one proposed call. */
export interface PromiseView {
  readonly rate: number
  /** Probability with which a call of this estimate runs unasked, in [0, 1]. */
  readonly share: number
  /** The largest estimate that surely runs unasked. */
  readonly threshold: number
}

/**
 * Keeps the share of bad outcomes among calls that run unasked at or below `rate`. Keeps a decayed histogram of the estimates of calls
 * that nothing else holds; lets run what has a mean estimate of at most α_t, the bin at the border in the share that still fits;
 * and corrects α_t by what came of the calls that ran: α_t ← clip(α_t + 0.02·rate·(rate − y), rate/4, 4·rate), and per decision
 * α_t ← α_t + 0.0005·(rate − α_t) (risk-model.md, threshold control). That pull goes upwards only while the promise is kept or
 * hardly anything runs: else it works against the correction, and estimates of a third of the risk broke the promise by a third.
 *
 * While more goes wrong than was expected (ADWIN on outcome minus estimate) nothing raises α_t. The floor and the pull keep it from
 * locking itself: if nothing runs, nothing is learned. What has no outcome yet cannot be corrected for; a limit for each single call
 * is a constraint, not this.
 *
 * @see Gibbs and Candès (2021), Adaptive conformal inference under distribution shift. Feldman et al. (2022), Achieving risk control
 * in online learning settings.
 */
export class BadRateKeeper {
  readonly rate: number
  readonly #counts = new Float64Array(BINS)
  readonly #sums = new Float64Array(BINS)
  readonly #surprise = new AdaptiveWindow()
  #target: number
  #decisions = 0
  #unasked = 0
  #known = 0
  #bad = 0
  /** The same of late: decayed by each outcome. */
  #recent = 0
  #recentBad = 0
  #careful = 0
  /** Share of calls that ran unasked of late. */
  #running = 1

  /** @param rate - In (0, 1). */
  constructor(rate: number) {
    this.rate = rate
    this.#target = rate
  }

  /** Whether more went wrong lately than was expected. */
  get isDrifting(): boolean {
    return this.#careful > 0
  }

  view(probability: number): PromiseView {
    if (this.#decisions < ENOUGH_DECISIONS)
      return { rate: this.rate, share: probability <= this.rate ? 1 : 0, threshold: Math.min(this.rate, this.#target) }
    const border = this.#border()
    const bin = binOf(probability)
    return {
      rate: this.rate,
      share: bin < border.bin ? 1 : bin === border.bin ? border.share : 0,
      threshold: lowerEnd(border.bin),
    }
  }

  /** A call was judged that nothing else holds; `isUnasked`: it may run without asking anybody. */
  admit(probability: number, isUnasked: boolean): void {
    for (let bin = 0; bin < BINS; bin++) {
      this.#counts[bin] = (this.#counts[bin] ?? 0) * KEEP
      this.#sums[bin] = (this.#sums[bin] ?? 0) * KEEP
    }
    const bin = binOf(probability)
    this.#counts[bin] = (this.#counts[bin] ?? 0) + 1
    this.#sums[bin] = (this.#sums[bin] ?? 0) + probability
    this.#decisions++
    if (isUnasked) this.#unasked++
    this.#running = this.#running * KEEP + (isUnasked ? 1 - KEEP : 0)
    const pull = PULL * (this.rate - this.#target)
    // Upwards only where what is known allows it, or where hardly anything runs and so nothing is learned.
    if (pull < 0 || this.#running < LEAST_RUNNING || this.#recentBad <= this.rate * this.#recent) this.#move(pull)
  }

  /** What came of a call that ran unasked; `before` is the outcome that this one corrects, null labels say neither. */
  learn(probability: number, label: 0 | 1 | null, before: 0 | 1 | null): void {
    if (before !== null) {
      this.#known--
      this.#bad -= before
      this.#recentBad -= before
      this.#recent--
      this.#move(GAIN * this.rate * (before - this.rate))
    }
    if (label === null) return
    const change = this.#surprise.add(label - probability)
    if (change > 0) this.#careful = CAREFUL_OUTCOMES
    else if (this.#careful > 0) this.#careful--
    this.#known++
    this.#bad += label
    this.#recent = Math.max(0, this.#recent) * KEEP + 1
    this.#recentBad = Math.max(0, this.#recentBad) * KEEP + label
    this.#move(GAIN * this.rate * (this.rate - label))
  }

  report(domain: string | null): PromiseReport {
    const rate = this.#recent > 0 ? this.#recentBad / this.#recent : null
    const interval = rate === null ? null : wilsonInterval(this.#recentBad, this.#recent)
    const { status, reason } = this.#status(interval)
    return {
      domain,
      max_bad_rate: this.rate,
      status,
      reason,
      threshold: this.view(0).threshold,
      bad_rate: rate,
      bad_rate_interval: interval,
      decisions: this.#decisions,
      ran_unasked: this.#unasked,
      with_outcome: this.#known,
      bad: this.#bad,
      drift_signalled: this.isDrifting,
    }
  }

  snapshot(): unknown {
    return {
      rate: this.rate,
      counts: this.#counts.slice(),
      sums: this.#sums.slice(),
      surprise: this.#surprise.snapshot(),
      numbers: [
        this.#target,
        this.#decisions,
        this.#unasked,
        this.#known,
        this.#bad,
        this.#recent,
        this.#recentBad,
        this.#careful,
        this.#running,
      ],
    }
  }

  static restore(snapshot: unknown): BadRateKeeper {
    const from = snapshot as {
      rate: number
      counts: Float64Array
      sums: Float64Array
      surprise: unknown
      numbers: readonly number[]
    }
    const keeper = new BadRateKeeper(from.rate)
    keeper.#counts.set(from.counts)
    keeper.#sums.set(from.sums)
    keeper.#surprise.restore(from.surprise)
    const [target = from.rate, decisions = 0, unasked = 0, known = 0, bad = 0, ...ofLate] = from.numbers
    const [recent = 0, recentBad = 0, careful = 0, running = 1] = ofLate
    keeper.#target = target
    keeper.#decisions = decisions
    keeper.#unasked = unasked
    keeper.#known = known
    keeper.#bad = bad
    keeper.#recent = recent
    keeper.#recentBad = recentBad
    keeper.#careful = careful
    keeper.#running = running
    return keeper
  }

  #move(step: number): void {
    if (step > 0 && this.isDrifting) return
    this.#target = clip(this.#target + step, this.rate / REACH, Math.min(1, REACH * this.rate))
  }

  /** The first bin that does not run as a whole, and the share of it that does. */
  #border(): { readonly bin: number; readonly share: number } {
    let count = 0
    let sum = 0
    for (let bin = 0; bin < BINS; bin++) {
      const [more, moreSum] = [this.#counts[bin] ?? 0, this.#sums[bin] ?? 0]
      if (sum + moreSum <= this.#target * (count + more)) {
        count += more
        sum += moreSum
        continue
      }
      // (sum + x·moreSum) = α·(count + x·more)
      return { bin, share: clip((this.#target * count - sum) / (moreSum - this.#target * more), 0, 1) }
    }
    return { bin: BINS, share: 0 }
  }

  #status(interval: readonly [number, number] | null): Pick<PromiseReport, 'status' | 'reason'> {
    if (this.#known < ENOUGH_OUTCOMES)
      return {
        status: 'too_few_outcomes',
        reason: `${this.#known} outcomes of calls that ran unasked are known; nothing is said below ${ENOUGH_OUTCOMES}`,
      }
    if (interval === null || interval[0] <= this.rate)
      return { status: 'kept', reason: 'what is known of late does not speak against it' }
    // A good outcome lifts it off the floor for a moment.
    return this.#target <= (1.1 * this.rate) / REACH
      ? {
          status: 'cannot_be_kept',
          reason:
            'more goes wrong than promised though the threshold is as strict as it gets; hold more by constraints',
        }
      : { status: 'broken', reason: 'more went wrong of late than promised; the threshold is being lowered' }
  }
}

function binOf(probability: number): number {
  const p = clip(probability, 1e-9, 1 - 1e-9)
  return clip(Math.floor(Math.log(p / (1 - p)) / BIN_WIDTH) + BINS / 2, 0, BINS - 1)
}

/** The smallest estimate of a bin; 0 for the first, 1 past the last. */
function lowerEnd(bin: number): number {
  if (bin <= 0) return 0
  return bin >= BINS ? 1 : 1 / (1 + Math.exp(-(bin - BINS / 2) * BIN_WIDTH))
}
