import type { Recommendation } from '@bighub/core/protocol'
import { EngineState, type EvaluationKept, type OutcomeKept } from '../engine-state.ts'
import { judge } from '../evaluate/evaluate.ts'
import type { NormalisedRequest } from '../evaluate/normalise-request.ts'
import { RECOMMENDATIONS } from '../policy/decide-by-regret.ts'
import type { LogRecord } from '../storage/storage.ts'
import { DecisionMetrics, type MetricsResult } from './metrics.ts'

/** One thing that happened, in the order in which it was known. */
export type BacktestEvent =
  | {
      readonly type: 'decision'
      /** Links outcomes to it. */
      readonly key: string
      readonly at: number
      readonly request: NormalisedRequest
      /** What will come of it, if the log says so in advance: it is scored at once and learned when the outcome is due. */
      readonly label: 0 | 1 | null
    }
  | {
      readonly type: 'outcome'
      readonly key: string
      readonly outcome: Omit<OutcomeKept, 'decision' | 'previous'>
      /** The decision was not scored in advance: score it now, or again if this corrects an earlier outcome. */
      readonly isScored: boolean
    }
  /** A record of an engine's own log that is folded as it stands: rules, policy, switches, approvals. */
  | { readonly type: 'record'; readonly record: Pick<LogRecord, 'type' | 'at' | 'subject' | 'kept'> }

export interface BacktestResult extends MetricsResult {
  /** Decisions replayed. */
  readonly n: number
  /** Decisions whose outcome is known and not neutral. */
  readonly scored: number
  readonly bad: number
  /** For each recommendation: how many decisions got it, and of those with an outcome how many were bad. */
  readonly by_recommendation: Readonly<Record<Recommendation, { n: number; scored: number; bad: number }>>
}

/** Most decisions remembered that may still get an outcome; beyond it the oldest can no longer be learned from. */
const MAX_OPEN = 200_000

/**
 * Folds a decision log in its order through the very pipeline that decides live: each decision is judged by what was known
 * before it, and its outcome is learned when it was due (prequential; Dawid 1984). Nothing is stored.
 */
export class Backtest {
  readonly #state: EngineState
  readonly #metrics = new DecisionMetrics()
  readonly #open = new Map<string, { kept: EvaluationKept; previous?: { label: 0 | 1 | null; severity: number } }>()
  readonly #counts = Object.fromEntries(RECOMMENDATIONS.map((name) => [name, { n: 0, scored: 0, bad: 0 }])) as Record<
    Recommendation,
    { n: number; scored: number; bad: number }
  >
  #decisions = 0
  #scored = 0
  #bad = 0

  constructor(state: EngineState = new EngineState()) {
    this.#state = state
  }

  get decisions(): number {
    return this.#decisions
  }

  /** Folds one event and, for a decision, returns the probability it was given. */
  add(event: BacktestEvent): number | null {
    if (event.type === 'decision') return this.#decide(event)
    if (event.type === 'outcome') this.#learn(event)
    else this.#state.apply(event.record)
    return null
  }

  result(): BacktestResult {
    return {
      n: this.#decisions,
      scored: this.#scored,
      bad: this.#bad,
      ...this.#metrics.result(),
      by_recommendation: this.#counts,
    }
  }

  #decide(event: Extract<BacktestEvent, { type: 'decision' }>): number {
    const { kept } = judge(event.request, this.#state, event.at)
    const subject = `act_${++this.#decisions}`
    this.#state.apply({ type: 'evaluation', at: event.at, subject, kept: { ...kept } })
    this.#open.set(event.key, { kept })
    if (this.#open.size > MAX_OPEN) {
      const oldest = this.#open.keys().next()
      if (!oldest.done) this.#open.delete(oldest.value)
    }
    this.#counts[kept.recommendation].n++
    if (event.label !== null) this.#score(kept, event.label, 1)
    return kept.risk
  }

  #learn({ key, outcome, isScored }: Extract<BacktestEvent, { type: 'outcome' }>): void {
    const open = this.#open.get(key)
    if (!open) return
    const { kept, previous } = open
    if (isScored) {
      if (previous && previous.label !== null) this.#score(kept, previous.label, -1)
      if (outcome.label !== null) this.#score(kept, outcome.label, 1)
    }
    const learned: OutcomeKept = { ...outcome, decision: kept, ...(previous ? { previous } : {}) }
    this.#state.apply({ type: 'outcome', at: 0, subject: key, kept: { ...learned } })
    open.previous = { label: outcome.label, severity: outcome.severity }
  }

  #score(kept: EvaluationKept, label: 0 | 1, weight: 1 | -1): void {
    const count = this.#counts[kept.recommendation]
    count.scored += weight
    count.bad += weight * label
    this.#scored += weight
    this.#bad += weight * label
    this.#metrics.add(kept.risk, label, weight)
  }
}
