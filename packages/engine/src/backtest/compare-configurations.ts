import type { Recommendation } from '@bighub/core/protocol'
import { hashText } from '../math/hash.ts'
import { optionCosts } from '../policy/decide-by-regret.ts'
import { Backtest, type BacktestEvent, type BacktestObserver, type JudgedDecision } from './backtest.ts'
import { bootstrapSums, LEVEL, RESAMPLES } from './bootstrap-sums.ts'
import type { Configuration } from './configuration.ts'

/** What a configuration is measured by; each is a sum over decisions. */
export const MEASURES = [
  /** Calls that run with caution. */
  'cautioned',
  /** Calls that wait for a person. */
  'held',
  /** What a person spends on them. */
  'review_minutes',
  'blocked',
  /** Bad calls among those held or blocked. */
  'harm_stopped',
  /** Good calls among those blocked. */
  'good_blocked',
  /** Sum of |value| of the bad calls held or blocked. */
  'value_stopped',
  /** Sum of |value| of the bad calls that run. */
  'value_at_stake',
  /** Sum of |value| of the good calls blocked. */
  'good_value_blocked',
  /** Expected cost of what is decided by the estimated risk, in ordinary stakes. */
  'expected_cost',
  /** The same by what really happened; decisions without an outcome do not count. */
  'realised_cost',
] as const
export type Measure = (typeof MEASURES)[number]
const INDEX = Object.fromEntries(MEASURES.map((name, index) => [name, index])) as Readonly<Record<Measure, number>>

export interface ComparisonOptions {
  /** What a held call costs a person, in minutes. @defaultValue 3 */
  readonly minutesPerReview?: number
  /** Told of every decision and outcome under the first configuration. */
  readonly observer?: BacktestObserver
}

export interface ConfigurationTotals {
  readonly name: string
  readonly totals: Readonly<Record<Measure, number>>
  readonly by_recommendation: Readonly<Record<Recommendation, number>>
}

/** A configuration minus the first one. */
export interface ConfigurationDifference {
  readonly name: string
  readonly against: string
  /** Decisions with another recommendation or result. */
  readonly differing: number
  /** Difference of the totals, and its bootstrap interval. */
  readonly measures: Readonly<Record<Measure, { difference: number; lower: number; upper: number }>>
}

export interface ComparisonResult {
  readonly decisions: number
  /** Decisions with a known outcome that is not neutral. */
  readonly scored: number
  /** Decisions with a value; the others count as nothing in money. */
  readonly valued: number
  /** Runs, and decisions outside of any run, that are drawn as a whole. */
  readonly clusters: number
  readonly minutes_per_review: number
  readonly bootstrap: { readonly resamples: number; readonly level: number; readonly method: 'percentile' }
  readonly configurations: readonly ConfigurationTotals[]
  readonly differences: readonly ConfigurationDifference[]
}

/** Several configurations on one log, side by side. */
export interface Comparison {
  /** The replay under the first configuration. */
  readonly first: Backtest
  add(event: BacktestEvent): void
  result(): ComparisonResult
}

/** Clusters that are told apart; later ones share the sums of an earlier one, which leaves the bootstrap sound. */
const MAX_CLUSTERS = 50_000
/** @see ComparisonOptions.minutesPerReview */
const MINUTES_PER_REVIEW = 3

/**
 * Replays one log under several configurations at once and compares each with the first. All learn from the same outcomes, so
 * that pairs of decisions differ only by what was configured. Costs are always those of the first configuration: one rule
 * measures all. How a person would have answered a held call is not known: a hold stops the harm and costs the review.
 *
 * @param configurations - At least two.
 */
export function compareConfigurations(
  configurations: readonly Configuration[],
  options: ComparisonOptions = {},
): Comparison {
  return new PairedReplay(configurations, options)
}

class PairedReplay implements Comparison {
  readonly first: Backtest
  readonly #names: readonly string[]
  readonly #arms: readonly Backtest[]
  readonly #byRecommendation: readonly Record<Recommendation, number>[]
  readonly #minutes: number
  readonly #clusterOf = new Map<string, number>()
  /** For each cluster the measures of the first configuration, then of the second, and so on. */
  readonly #sums: Float64Array[] = []
  readonly #differing: number[]
  /** The first configuration's decision that each one is paired with. */
  readonly #pairs = new WeakMap<JudgedDecision, JudgedDecision>()
  #current: JudgedDecision | undefined
  #scored = 0
  #valued = 0

  constructor(configurations: readonly Configuration[], options: ComparisonOptions) {
    if (configurations.length < 2) throw new Error('a comparison needs at least two configurations')
    this.#names = configurations.map(({ name }) => name)
    this.#minutes = options.minutesPerReview ?? MINUTES_PER_REVIEW
    this.#byRecommendation = configurations.map(() => ({
      proceed: 0,
      proceed_with_caution: 0,
      review_recommended: 0,
      do_not_proceed: 0,
    }))
    this.#differing = configurations.map(() => 0)
    this.#arms = configurations.map(
      (configuration, arm) => new Backtest({ configuration, observer: this.#watch(arm, options.observer) }),
    )
    // There are at least two.
    this.first = this.#arms[0] as Backtest
  }

  add(event: BacktestEvent): void {
    for (const arm of this.#arms) arm.add(event)
  }

  result(): ComparisonResult {
    const totals = this.#names.map((name, arm) => ({
      name,
      totals: byMeasure((index) => this.#total(arm * MEASURES.length + index)),
      by_recommendation: this.#byRecommendation[arm] as Record<Recommendation, number>,
    }))
    return {
      decisions: this.first.decisions,
      scored: this.#scored,
      valued: this.#valued,
      clusters: this.#sums.length,
      minutes_per_review: this.#minutes,
      bootstrap: { resamples: RESAMPLES, level: LEVEL, method: 'percentile' },
      configurations: totals,
      differences: this.#names.slice(1).map((name, index) => this.#difference(name, index + 1)),
    }
  }

  /** What is counted while one configuration is replayed. */
  #watch(arm: number, observer: BacktestObserver | undefined): BacktestObserver {
    const others = arm === 0 ? observer : undefined
    return {
      onDecision: (decision) => {
        if (arm === 0) {
          this.#current = decision
          if (decision.value !== null) this.#valued++
        }
        this.#count(arm, decision, this.#current ?? decision)
        others?.onDecision?.(decision)
      },
      onScored: (decision, label, weight) => {
        if (arm === 0) this.#scored += weight
        this.#countOutcome(arm, decision, label, weight)
        others?.onScored?.(decision, label, weight)
      },
      onLearned: (decision, label) => others?.onLearned?.(decision, label),
    }
  }

  #count(arm: number, decision: JudgedDecision, first: JudgedDecision): void {
    this.#pairs.set(decision, first)
    const counts = this.#byRecommendation[arm]
    if (counts) counts[decision.recommendation]++
    if (decision.recommendation !== first.recommendation || decision.result !== first.result)
      this.#differing[arm] = (this.#differing[arm] ?? 0) + 1
    const isHeld = decision.result === 'requires_approval'
    this.#add(arm, decision, {
      cautioned: Number(optionOf(decision) === 'proceed_with_caution'),
      held: Number(isHeld),
      review_minutes: isHeld ? this.#minutes : 0,
      blocked: Number(decision.result === 'blocked'),
      expected_cost: optionCosts(first.risk, first.stake, first.costs)[optionOf(decision)],
    })
  }

  #countOutcome(arm: number, decision: JudgedDecision, label: 0 | 1, weight: 1 | -1): void {
    const first = this.#pairs.get(decision) ?? decision
    const value = weight * Math.abs(decision.value ?? 0)
    const isStopped = decision.result !== 'allowed'
    const isGoodBlocked = label === 0 && decision.result === 'blocked'
    this.#add(arm, decision, {
      harm_stopped: label === 1 && isStopped ? weight : 0,
      good_blocked: isGoodBlocked ? weight : 0,
      value_stopped: label === 1 && isStopped ? value : 0,
      value_at_stake: label === 1 && !isStopped ? value : 0,
      good_value_blocked: isGoodBlocked ? value : 0,
      realised_cost: weight * optionCosts(label, first.stake, first.costs)[optionOf(decision)],
    })
  }

  #add(arm: number, decision: JudgedDecision, amounts: Partial<Record<Measure, number>>): void {
    const sums = this.#sumsOf(
      decision.trajectoryId === null ? `decision ${decision.key}` : `run ${decision.trajectoryId}`,
    )
    for (const [measure, amount] of Object.entries(amounts)) {
      const place = arm * MEASURES.length + INDEX[measure as Measure]
      sums[place] = (sums[place] ?? 0) + amount
    }
  }

  #sumsOf(cluster: string): Float64Array {
    const isFull = this.#sums.length >= MAX_CLUSTERS
    const known = this.#clusterOf.get(cluster) ?? (isFull ? hashText(cluster) % MAX_CLUSTERS : undefined)
    const found = known === undefined ? undefined : this.#sums[known]
    if (found) return found
    const created = new Float64Array(this.#arms.length * MEASURES.length)
    this.#clusterOf.set(cluster, this.#sums.length)
    this.#sums.push(created)
    return created
  }

  #total(place: number): number {
    return this.#sums.reduce((sum, each) => sum + (each[place] ?? 0), 0)
  }

  #difference(name: string, arm: number): ConfigurationDifference {
    const rows = this.#sums.map((each) =>
      Float64Array.from(MEASURES, (_, index) => (each[arm * MEASURES.length + index] ?? 0) - (each[index] ?? 0)),
    )
    const intervals = bootstrapSums(
      rows.filter((row) => row.some((each) => each !== 0)),
      { clusters: rows.length },
    )
    return {
      name,
      against: this.#names[0] ?? '',
      differing: this.#differing[arm] ?? 0,
      measures: byMeasure((index) => {
        const [lower, upper] = intervals[index] ?? [0, 0]
        return { difference: rows.reduce((sum, row) => sum + (row[index] ?? 0), 0), lower, upper }
      }),
    }
  }
}

/** What is done with a call: a held one costs a review, whatever it was held for. */
function optionOf({ result, recommendation }: JudgedDecision): Recommendation {
  if (result === 'blocked') return 'do_not_proceed'
  return result === 'requires_approval' ? 'review_recommended' : recommendation
}

function byMeasure<T>(of: (index: number) => T): Record<Measure, T> {
  return Object.fromEntries(MEASURES.map((name, index) => [name, of(index)])) as Record<Measure, T>
}
