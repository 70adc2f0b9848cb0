import type { Costs, PromiseReport, Recommendation } from '@bighub/core/protocol'
import { EngineState, type EvaluationKept, type OutcomeKept } from '../engine-state.ts'
import { type Judged, judge } from '../evaluate/evaluate.ts'
import { confidenceLevel } from '../evaluate/explain.ts'
import type { NormalisedRequest } from '../evaluate/normalise-request.ts'
import { RECOMMENDATIONS } from '../policy/decide-by-regret.ts'
import type { RiskModelOptions } from '../risk/context-mixing-model.ts'
import type { LogRecord } from '../storage/storage.ts'
import { AS_RECORDED, applyConfiguration, type Configuration, configureRecord } from './configuration.ts'
import { type CoverageResult, IntervalCoverage } from './interval-coverage.ts'
import { DecisionMetrics, type MetricsResult } from './metrics.ts'

/** One thing that happened, in the order in which it was known. */
export type BacktestEvent =
  | {
      readonly type: 'decision'
      /** Links outcomes to it. */
      readonly key: string
      readonly at: number
      readonly request: NormalisedRequest
      /** How the log's model is set: what its ages are measured in, for one. Looked at with the first event. */
      readonly model?: RiskModelOptions
      /** What will come of it, if the log says so in advance: it is scored at once and learned when the outcome is due. */
      readonly label: 0 | 1 | null
      /** No outcome will be told of it, so that nothing of it need be remembered. @defaultValue false */
      readonly isClosed?: boolean
    }
  | {
      readonly type: 'outcome'
      readonly key: string
      /** When it was reported, in milliseconds. */
      readonly at: number
      readonly outcome: Omit<OutcomeKept, 'decision' | 'previous'>
      /** The decision was not scored in advance: score it now, or again if this corrects an earlier outcome. */
      readonly isScored: boolean
      /** No correction can follow. @defaultValue false */
      readonly isClosed?: boolean
      /** How the log has it: learned from as it stands where the decision was not judged here, such as one of elsewhere. */
      readonly record?: RecordAsItStands
    }
  /** A record of an engine's own log that is folded as it stands: rules, policy, switches, approvals. */
  | { readonly type: 'record'; readonly record: RecordAsItStands }

type RecordAsItStands = Pick<LogRecord, 'type' | 'at' | 'subject' | 'kept'>

export type ConfidenceBand = ReturnType<typeof confidenceLevel>

/** A decision as the replay judged it. */
export interface JudgedDecision {
  /** 0 for the first of the replay. */
  readonly position: number
  /** Links its outcome to it. */
  readonly key: string
  readonly at: number
  readonly trajectoryId: string | null
  readonly action: string
  readonly domain: string | null
  readonly value: number | null
  /** Probability in (0, 1) that the outcome will be negative. */
  readonly risk: number
  readonly interval: readonly [number, number]
  readonly confidence: ConfidenceBand
  /** In units of an ordinary stake. */
  readonly stake: number
  readonly costs: Costs
  readonly recommendation: Recommendation
  /** What a guard that follows the advice does. */
  readonly result: EvaluationKept['result']
  /** It is held, and was drawn for a review to learn from. */
  readonly isSampled: boolean
}

/** Looks on while a log is replayed. Every decision keeps its identity from call to call. */
export interface BacktestObserver {
  onDecision?(decision: JudgedDecision): void
  /** Its outcome counts in the figures; a weight of −1 takes back a label that was corrected. */
  onScored?(decision: JudgedDecision, label: 0 | 1, weight: 1 | -1): void
  /** Its outcome became known for the first time, as 1 bad or 0 good; neutral ones are not told. */
  onLearned?(decision: JudgedDecision, label: 0 | 1): void
}

export interface BacktestOptions {
  /** Policy and rules to decide under. @defaultValue those of the log */
  readonly configuration?: Configuration
  readonly observer?: BacktestObserver
}

/** Figures of the decisions with one band of confidence. */
export interface BandResult {
  readonly n: number
  readonly scored: number
  readonly bad: number
  readonly log_loss: number | null
  readonly ece: number | null
}

export interface BacktestResult extends MetricsResult {
  /** Decisions replayed. */
  readonly n: number
  /** Decisions whose outcome is known and not neutral. */
  readonly scored: number
  readonly bad: number
  /** For each recommendation: how many decisions got it, and of those with an outcome how many were bad. */
  readonly by_recommendation: Readonly<Record<Recommendation, Tally>>
  /** By `recommendation_confidence`: how much evidence stands behind the estimate. */
  readonly by_confidence: Readonly<Record<ConfidenceBand, BandResult>>
  readonly interval_coverage: CoverageResult
  /** Decisions that a guard which follows the advice would have let run without asking anybody. */
  readonly unasked: Tally
  /** How the promises of the policy were kept; empty without any. */
  readonly promises: readonly PromiseReport[]
}

interface Tally {
  n: number
  scored: number
  bad: number
}

/** Most decisions remembered that may still get an outcome; beyond it the oldest can no longer be learned from. */
const MAX_OPEN = 200_000

/**
 * Folds a decision log in its order through the very pipeline that decides live: each decision is judged by what was known
 * before it, and its outcome is learned when it was due (prequential; Dawid 1984). Nothing is stored.
 */
export class Backtest {
  #state = new EngineState()
  #hasBegun = false
  readonly #configuration: Configuration
  readonly #observer: BacktestObserver
  readonly #metrics = new DecisionMetrics()
  readonly #bands: Readonly<Record<ConfidenceBand, Band>> = { low: new Band(), medium: new Band(), high: new Band() }
  readonly #coverage = new IntervalCoverage()
  readonly #open = new Map<string, OpenDecision>()
  readonly #counts = Object.fromEntries(RECOMMENDATIONS.map((name) => [name, { n: 0, scored: 0, bad: 0 }])) as Record<
    Recommendation,
    Tally
  >
  readonly #unasked: Tally = { n: 0, scored: 0, bad: 0 }
  #decisions = 0
  #scored = 0
  #bad = 0

  constructor({ configuration = AS_RECORDED, observer = {} }: BacktestOptions = {}) {
    this.#configuration = configuration
    this.#observer = observer
    applyConfiguration(configuration, this.#state)
  }

  get decisions(): number {
    return this.#decisions
  }

  /** Folds one event and, for a decision, returns the probability it was given. */
  add(event: BacktestEvent): number | null {
    if (!this.#hasBegun) this.#begin(event)
    if (event.type === 'decision') return this.#decide(event)
    if (event.type === 'outcome') this.#learn(event)
    else this.#fold(event.record)
    return null
  }

  result(): BacktestResult {
    return {
      n: this.#decisions,
      scored: this.#scored,
      bad: this.#bad,
      ...this.#metrics.result(),
      by_recommendation: this.#counts,
      by_confidence: {
        low: this.#bands.low.result(),
        medium: this.#bands.medium.result(),
        high: this.#bands.high.result(),
      },
      interval_coverage: this.#coverage.result(),
      unasked: this.#unasked,
      promises: this.#state.promises.reports(this.#state.policy),
    }
  }

  #begin(event: BacktestEvent): void {
    this.#hasBegun = true
    if (event.type !== 'decision' || !event.model) return
    this.#state = new EngineState({ model: event.model })
    applyConfiguration(this.#configuration, this.#state)
  }

  #decide(event: Extract<BacktestEvent, { type: 'decision' }>): number {
    const judged = judge(event.request, this.#state, event.at)
    const { kept } = judged
    const decision = toDecision(event, judged, this.#decisions)
    this.#decisions++
    this.#state.apply({ type: 'evaluation', at: event.at, subject: event.key, kept: { ...kept } })
    const { trajectoryId, run } = event.request
    if (trajectoryId !== null) this.#state.texts.hear(trajectoryId, run)
    if (!event.isClosed) this.#open.set(event.key, { kept, decision })
    if (this.#open.size > MAX_OPEN) {
      const oldest = this.#open.keys().next()
      if (!oldest.done) this.#open.delete(oldest.value)
    }
    this.#counts[decision.recommendation].n++
    if (decision.result === 'allowed') this.#unasked.n++
    this.#bands[decision.confidence].n++
    this.#observer.onDecision?.(decision)
    if (event.label !== null) this.#score(decision, event.label, 1)
    return decision.risk
  }

  #learn({ key, at, outcome, isScored, isClosed, record }: Extract<BacktestEvent, { type: 'outcome' }>): void {
    const open = this.#open.get(key)
    if (!open) {
      if (record) this.#fold(record)
      return
    }
    const { kept, decision, previous } = open
    if (isScored) {
      if (previous && previous.label !== null) this.#score(decision, previous.label, -1)
      if (outcome.label !== null) this.#score(decision, outcome.label, 1)
    }
    const learned: OutcomeKept = { ...outcome, decision: kept, ...(previous ? { previous } : {}) }
    this.#state.apply({ type: 'outcome', at, subject: key, kept: { ...learned } })
    if (previous === undefined && outcome.label !== null) this.#observer.onLearned?.(decision, outcome.label)
    if (isClosed) this.#open.delete(key)
    else open.previous = { label: outcome.label, severity: outcome.severity }
  }

  #fold(record: RecordAsItStands): void {
    const configured = configureRecord(this.#configuration, record)
    if (configured) this.#state.apply(configured)
  }

  #score(decision: JudgedDecision, label: 0 | 1, weight: 1 | -1): void {
    for (const count of [this.#counts[decision.recommendation], decision.result === 'allowed' ? this.#unasked : null]) {
      if (!count) continue
      count.scored += weight
      count.bad += weight * label
    }
    this.#scored += weight
    this.#bad += weight * label
    this.#metrics.add(decision.risk, label, weight)
    this.#bands[decision.confidence].add(decision.risk, label, weight)
    this.#coverage.add(decision, label, weight)
    this.#observer.onScored?.(decision, label, weight)
  }
}

interface OpenDecision {
  readonly kept: EvaluationKept
  readonly decision: JudgedDecision
  previous?: { label: 0 | 1 | null; severity: number }
}

/** Decisions with one band of confidence. */
class Band {
  n = 0
  #scored = 0
  #bad = 0
  readonly #metrics = new DecisionMetrics()

  add(risk: number, label: 0 | 1, weight: 1 | -1): void {
    this.#scored += weight
    this.#bad += weight * label
    this.#metrics.add(risk, label, weight)
  }

  result(): BandResult {
    const { log_loss, ece } = this.#metrics.result()
    return { n: this.n, scored: this.#scored, bad: this.#bad, log_loss, ece }
  }
}

function toDecision(
  { key, at, request }: Extract<BacktestEvent, { type: 'decision' }>,
  { kept, prediction, stake, policy }: Judged,
  position: number,
): JudgedDecision {
  return {
    position,
    key,
    at,
    trajectoryId: request.trajectoryId,
    action: request.action,
    domain: request.domain,
    value: request.value,
    risk: prediction.probability,
    interval: prediction.interval,
    confidence: confidenceLevel(prediction.confidence),
    stake,
    costs: policy.costs,
    recommendation: kept.recommendation,
    result: kept.result,
    isSampled: kept.review?.is_sampled ?? false,
  }
}
