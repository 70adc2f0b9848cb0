import {
  type BacktestObserver,
  DecisionMetrics,
  type JudgedDecision,
  perActionMean,
  runningBaseRate,
  type SimplePeer,
} from '@bighub/engine'

/** Actions that are told apart in the report's table. */
const MAX_ACTIONS = 1000
/** Most stretches of the log that are told apart; when there are more, two and two are put together. */
const MAX_PERIODS = 48
/** As in the figures: probabilities are clipped before a logarithm is taken (engine.md §7). */
const CLIP = 1e-5

/** A stretch of the log. */
export interface Period {
  /** Decisions before its first. */
  readonly from: number
  n: number
  risk: number
  scored: number
  bad: number
  /** Mean risk of the scored ones is their sum over `scored`. */
  scoredRisk: number
  /** Sums of log loss: ours, then the peers'. */
  readonly losses: number[]
}

export interface ActionCount {
  n: number
  stopped: number
  scored: number
  bad: number
  risk: number
}

/** What the report's plots and tables need, gathered while the log is replayed, in memory that does not grow with it. */
export class ReportCollector implements BacktestObserver {
  readonly peers: readonly SimplePeer[] = [runningBaseRate(), perActionMean()]
  readonly metrics: DecisionMetrics = new DecisionMetrics()
  readonly actions: Map<string, ActionCount> = new Map()
  /** Scored decisions that would have been held or blocked, and the bad ones among them. */
  stopped = 0
  harmStopped = 0
  readonly #predicted = new WeakMap<JudgedDecision, readonly number[]>()
  #periods: Period[] = []
  #width = 16

  onDecision(decision: JudgedDecision): void {
    this.#predicted.set(
      decision,
      this.peers.map((peer) => peer.predict(decision.action)),
    )
    const period = this.#periodOf(decision.position)
    period.n++
    period.risk += decision.risk
    const count = this.#actionOf(decision)
    if (!count) return
    count.n++
    count.risk += decision.risk
    if (decision.result !== 'allowed') count.stopped++
  }

  onScored(decision: JudgedDecision, label: 0 | 1, weight: 1 | -1): void {
    this.metrics.add(decision.risk, label, weight)
    if (decision.result !== 'allowed') {
      this.stopped += weight
      this.harmStopped += weight * label
    }
    const period = this.#periodOf(decision.position)
    period.scored += weight
    period.bad += weight * label
    period.scoredRisk += weight * decision.risk
    for (const [index, probability] of [decision.risk, ...(this.#predicted.get(decision) ?? [])].entries())
      period.losses[index] = (period.losses[index] ?? 0) + weight * logLoss(probability, label)
    const count = this.#actionOf(decision)
    if (!count) return
    count.scored += weight
    count.bad += weight * label
  }

  onLearned(decision: JudgedDecision, label: 0 | 1): void {
    for (const peer of this.peers) peer.learn(decision.action, label)
  }

  get periods(): readonly Period[] {
    return this.#periods
  }

  #actionOf({ action }: JudgedDecision): ActionCount | undefined {
    const found = this.actions.get(action)
    if (found || this.actions.size >= MAX_ACTIONS) return found
    const created = { n: 0, stopped: 0, scored: 0, bad: 0, risk: 0 }
    this.actions.set(action, created)
    return created
  }

  #periodOf(position: number): Period {
    while (position >= this.#width * MAX_PERIODS) this.#merge()
    const index = Math.floor(position / this.#width)
    while (this.#periods.length <= index) this.#periods.push(emptyPeriod(this.#periods.length * this.#width))
    // The list was made long enough just now.
    return this.#periods[index] as Period
  }

  #merge(): void {
    this.#width *= 2
    const merged: Period[] = []
    for (const [index, period] of this.#periods.entries()) {
      if (index % 2 === 0) merged.push({ ...period, losses: [...period.losses] })
      const into = merged.at(-1)
      if (index % 2 === 0 || !into) continue
      into.n += period.n
      into.risk += period.risk
      into.scored += period.scored
      into.bad += period.bad
      into.scoredRisk += period.scoredRisk
      for (const [place, loss] of period.losses.entries()) into.losses[place] = (into.losses[place] ?? 0) + loss
    }
    this.#periods = merged
  }
}

function emptyPeriod(from: number): Period {
  return { from, n: 0, risk: 0, scored: 0, bad: 0, scoredRisk: 0, losses: [] }
}

function logLoss(probability: number, label: 0 | 1): number {
  const p = Math.min(1 - CLIP, Math.max(CLIP, probability))
  return -Math.log(label === 1 ? p : 1 - p)
}
