import { DecisionMetrics, type MetricsResult } from '@bighub/engine'

/** Decisions that the log loss of a start counts. */
const FIRST = 500
/** Outcomes after which calls held are looked at: before, nothing has been learned. */
const WARM = 300
/** Share of good calls that may be held. */
const GOOD_HELD = 0.02

/** How good one method's probabilities are on one stream. Null where a figure is not defined. */
export interface StreamFigures extends MetricsResult {
  readonly first_500_log_loss: number | null
  /** AUC among the calls that change something. */
  readonly auc_state_changing: number | null
  /** After 300 outcomes: share of the bad calls held when 2 % of the good ones are. */
  readonly bad_held_at_2_percent: number | null
  /** The same among the calls that change something. */
  readonly bad_held_at_2_percent_state_changing: number | null
  readonly predictions_per_second: number | null
  readonly updates_per_second: number | null
}

interface Scored {
  readonly probability: number
  readonly label: 0 | 1
  readonly isStateChanging: boolean
}

/** Gathers what a method predicted on a stream and how long it took. */
export class StreamScore {
  readonly #scored: Scored[] = []
  #predicting = { count: 0, ms: 0 }
  #learning = { count: 0, ms: 0 }

  add(probability: number, label: 0 | 1, isStateChanging: boolean): void {
    this.#scored.push({ probability, label, isStateChanging })
  }

  /** Time of one prediction, in milliseconds. */
  predicted(ms: number): void {
    this.#predicting = { count: this.#predicting.count + 1, ms: this.#predicting.ms + ms }
  }

  learned(ms: number): void {
    this.#learning = { count: this.#learning.count + 1, ms: this.#learning.ms + ms }
  }

  result(): StreamFigures {
    const changing = this.#scored.filter((each) => each.isStateChanging)
    const warm = this.#scored.slice(WARM)
    return {
      ...figuresOf(this.#scored),
      first_500_log_loss: figuresOf(this.#scored.slice(0, FIRST)).log_loss,
      auc_state_changing: figuresOf(changing).auc,
      bad_held_at_2_percent: badHeld(warm),
      bad_held_at_2_percent_state_changing: badHeld(warm.filter((each) => each.isStateChanging)),
      predictions_per_second: perSecond(this.#predicting),
      updates_per_second: perSecond(this.#learning),
    }
  }
}

function figuresOf(scored: readonly Scored[]): MetricsResult {
  const metrics = new DecisionMetrics()
  for (const { probability, label } of scored) metrics.add(probability, label)
  return metrics.result()
}

/** Share of the bad calls with a higher risk than all but 2 % of the good ones. */
export function badHeld(scored: readonly Pick<Scored, 'probability' | 'label'>[]): number | null {
  const good = scored.filter(({ label }) => label === 0).map(({ probability }) => probability)
  const bad = scored.filter(({ label }) => label === 1)
  if (bad.length === 0 || good.length === 0) return null
  const threshold = good.toSorted((a, b) => b - a)[Math.floor(GOOD_HELD * good.length)] ?? 0
  return bad.filter(({ probability }) => probability > threshold).length / bad.length
}

function perSecond({ count, ms }: { readonly count: number; readonly ms: number }): number | null {
  return count === 0 || ms === 0 ? null : Math.round((1000 * count) / ms)
}
