import {
  type ApprovalStatus,
  type CaseVerdict,
  type Constraint,
  type EffectState,
  type KillSwitch,
  type Policy,
  policySchema,
  type Recommendation,
  type RunContext,
} from '@bighub/core/protocol'
import { AlternativeBook } from './alternatives/alternative-book.ts'
import { HoldBook } from './approvals/hold-book.ts'
import { CalibrationBook } from './calibration/calibration-book.ts'
import { LocalClock } from './constraints/local-clock.ts'
import { countBlocked, countRun, NO_USAGE, type RuleUsage } from './constraints/rule-usage.ts'
import { ActionValues } from './features/action-values.ts'
import { PromiseBook, type PromiseKept } from './policy/promise-book.ts'
import type { PrecedentCase } from './precedents/precedent-case.ts'
import { PrecedentIndex } from './precedents/precedent-index.ts'
import { HeldShare } from './propensity/held-share.ts'
import { importanceWeight } from './propensity/importance-weight.ts'
import type { ReviewKept } from './propensity/sample-review.ts'
import { createRiskModel, type RiskModelOptions } from './risk/context-mixing-model.ts'
import type { DecisionMoment, RecordedPrediction, RiskModel } from './risk/risk-model.ts'
import { SeverityBook } from './simulation/severity-book.ts'
import type { LogRecord } from './storage/storage.ts'
import { RunTextBook } from './trajectory/run-texts.ts'
import { TrajectoryBook, type TrajectoryStep } from './trajectory/trajectory-book.ts'

/** Version of the snapshot's form. Grows when any part changes its own; an older snapshot is then folded anew. */
export const STATE_FORMAT = 8

/** What an evaluation leaves for the fold: numbers, hashes and names, no words of the request. */
export interface EvaluationKept {
  readonly action: string
  readonly domain: string | null
  readonly value: number | null
  readonly risk: number
  readonly recommendation: Recommendation
  readonly result: 'allowed' | 'requires_approval' | 'blocked'
  readonly blocked_by: string | null
  readonly shadow: boolean
  readonly digest: string
  /** Version of rules, policy and switches that it was decided under. */
  readonly version: number
  /** Rules in whose scope it lies, and those that stopped it. */
  readonly rules: readonly string[]
  readonly rules_blocked: readonly string[]
  readonly step: TrajectoryStep | null
  readonly prediction: RecordedPrediction
  readonly precedent: PrecedentCase
  /** Numeric context fields, for running quantiles. */
  readonly numbers: Readonly<Record<string, number>>
  /** The call that was claimed with it, and by which process. */
  readonly claim: ClaimKept | null
  /** What a promise of the policy said of it; absent where nothing was promised. */
  readonly promise?: PromiseKept
  /** How likely it was that its outcome becomes known; absent where that was sure, or nobody will look. */
  readonly review?: ReviewKept
  /** Key under which the call will be claimed that was held for a person. @defaultValue it was not held, or has no key */
  readonly hold?: string
  /** Where the decision was made. @defaultValue evaluated here */
  readonly source?: 'evaluation' | 'case' | 'ingest' | 'index'
  /** The verdict that was told of a decision of elsewhere. */
  readonly verdict?: CaseVerdict
  /** It takes the place of what was told of the same case before, and is not counted again. @defaultValue false */
  readonly replaces?: boolean
}

/** A call that may run, claimed by a process. */
export interface ClaimKept {
  readonly effect_key: string
  readonly arguments_digest: string
  readonly owner: string
}

/** An effect that nobody has settled yet, or whose process ended before it could. */
export interface OpenEffect extends ClaimKept {
  readonly request_id: string
  readonly state: 'claimed' | 'unknown'
  readonly claimed_at: string
}

/** What an outcome leaves for the fold: the decision's own part again, so that the fold needs no other record. */
export interface OutcomeKept {
  readonly request_id: string
  readonly status: string
  readonly category: 'positive' | 'neutral' | 'negative'
  readonly severity: number
  /** 1 negative, 0 positive, null neutral. */
  readonly label: 0 | 1 | null
  /** Whether the recommendation was followed; null if unclear. */
  readonly followed?: boolean | null
  /** Label of the outcome that this one corrects; undefined when it is the first. */
  readonly previous?: { readonly label: 0 | 1 | null; readonly severity: number }
  readonly decision: Pick<
    EvaluationKept,
    | 'action'
    | 'domain'
    | 'risk'
    | 'recommendation'
    | 'result'
    | 'prediction'
    | 'precedent'
    | 'value'
    | 'review'
    | 'promise'
  >
}

/** A person's answer, or the end of an approval without one. Pending: one approval of several, or more people are asked. */
export interface ApprovalKept {
  readonly status: ApprovalStatus
  readonly trajectory_id: string | null
  readonly digest: string
  readonly version: number
}

/** A prediction of elsewhere with what came of it. */
export interface ObservationKept {
  readonly risk: number
  /** Null: a neutral outcome, which says nothing about the prediction. */
  readonly label: 0 | 1 | null
  readonly domain: string | null
  /** What was told of the same case before; undefined when this is the first. */
  readonly previous?: Pick<ObservationKept, 'risk' | 'label' | 'domain'>
}

/** An action that was checked against the rules alone. */
export interface ValidatedKept {
  readonly rules: readonly string[]
  readonly rules_blocked: readonly string[]
  readonly value: number | null
  readonly result: 'allowed' | 'requires_approval' | 'blocked'
}

export interface ConsumedKept {
  readonly claim: ClaimKept
  readonly rules: readonly string[]
  readonly value: number | null
}

export interface EngineStateOptions {
  /** @defaultValue that of the schema */
  readonly policy?: Policy
  readonly model?: RiskModelOptions
  /** Most past cases with an outcome that are kept as precedents, ≥ 1. @defaultValue 100000 */
  readonly maxPrecedents?: number | undefined
}

/** Everything an engine has learned or been told: a fold of its log, bounded, and nothing else. */
export class EngineState {
  readonly risk: RiskModel
  readonly values = new ActionValues()
  readonly precedents: PrecedentIndex
  readonly calibration = new CalibrationBook()
  readonly trajectories = new TrajectoryBook()
  /** Words, and so no part of the fold: told by `hear`, empty after a restart. */
  readonly texts = new RunTextBook()
  readonly severities = new SeverityBook()
  readonly promises = new PromiseBook()
  readonly alternatives = new AlternativeBook()
  readonly holds = new HoldBook()
  readonly heldShare = new HeldShare()
  readonly constraints = new Map<string, Constraint>()
  readonly killSwitches = new Map<string, KillSwitch>()
  /** Claimed and not settled, by request id. */
  readonly openEffects = new Map<string, OpenEffect>()
  readonly #usage = new Map<string, RuleUsage>()
  /** Calls held for a person in the newest hour that had any. */
  #holdCount = { hour: 0, count: 0 }
  #policy: { version: number; policy: Policy }
  #clock: LocalClock
  /** Grows with every change of rules, policy or switches. */
  version = 0
  decisions = 0
  outcomes = 0

  constructor({ policy = policySchema.parse({}), model = {}, maxPrecedents }: EngineStateOptions = {}) {
    this.risk = createRiskModel(model)
    this.precedents = new PrecedentIndex(maxPrecedents)
    this.#policy = { version: 0, policy }
    this.#clock = new LocalClock(policy.time_zone)
  }

  get policy(): Policy {
    return this.#policy.policy
  }

  get policyVersion(): number {
    return this.#policy.version
  }

  get clock(): LocalClock {
    return this.#clock
  }

  usageOf(ruleId: string): RuleUsage {
    return this.#usage.get(ruleId) ?? NO_USAGE
  }

  /** Calls held for a person since the hour of this moment began, UTC. */
  holdsInHour(at: number): number {
    return this.#holdCount.hour === hourOf(at) ? this.#holdCount.count : 0
  }

  /** The switch that stops a domain, if any. */
  killSwitchFor(domain: string | null): KillSwitch | null {
    for (const each of this.killSwitches.values())
      if (each.scope === 'global' || (domain !== null && each.domain === domain)) return each
    return null
  }

  /** Folds one record. The order of records is all that matters: no clock, no randomness, no reading elsewhere. */
  apply(record: Pick<LogRecord, 'type' | 'at' | 'subject' | 'kept'>): void {
    // What stands under `kept` was written by this program in the form that belongs to the record's type.
    switch (record.type) {
      case 'case_created':
        return this.#applyCase(record.subject, record.at, record.kept as unknown as EvaluationKept)
      case 'rules_validated':
        return this.#applyValidation(record.at, record.kept as unknown as ValidatedKept)
      case 'observation_recorded':
        return this.#applyObservation(record.kept as unknown as ObservationKept)
      case 'case_annotated':
      case 'event_ingested':
      case 'memory_stored':
      case 'features_snapshotted':
      case 'webhook_disabled':
      case 'payloads_erased':
      case 'approval_voted':
      case 'approval_escalated':
        // Nothing is learned from these; tables beside the log hold them.
        return
      case 'evaluation':
        return this.#applyEvaluation(record.subject, record.at, record.kept as unknown as EvaluationKept)
      case 'outcome':
        return this.#applyOutcome(record.at, record.kept as unknown as OutcomeKept)
      case 'approval_resolved':
      case 'approval_ended':
        return this.#applyAnswer(record.subject, record.kept as unknown as ApprovalKept)
      case 'approval_consumed':
        return this.#applyConsumed(record.subject, record.at, record.kept as unknown as ConsumedKept)
      case 'constraint_changed':
        return this.#applyConstraint(record.kept['rule'] as Constraint)
      case 'policy_changed':
        // Older records lack fields that have come since; they have their defaults.
        return this.#applyPolicy(policySchema.parse(record.kept['policy']))
      case 'kill_switch_changed':
        return this.#applyKillSwitch(record.subject, record.kept['switch'] as KillSwitch | null)
      case 'effect_claimed':
        return this.#claim(record.subject, record.at, record.kept['claim'] as ClaimKept)
      case 'effect_settled':
        return this.#settle(record.subject, record.kept['state'] as EffectState)
    }
  }

  /**
   * Remembers what was said in the run of a new decision, for the taint of later values. Nothing that is folded depends on it; a log
   * that is folded anew is not listened to, so that its payloads need not be read.
   */
  hear({ type, kept, payload }: Pick<LogRecord, 'type' | 'kept' | 'payload'>): void {
    if (type !== 'evaluation') return
    // What stands here was written by this program in the form that belongs to an evaluation.
    const { step } = kept as unknown as EvaluationKept
    const request = payload?.['request'] as { readonly context?: { readonly run?: RunContext } } | undefined
    if (step) this.texts.hear(step.trajectory_id, request?.context?.run ?? {})
  }

  snapshot(): unknown {
    return {
      risk: this.risk.snapshot(),
      values: this.values.snapshot(),
      precedents: this.precedents.snapshot(),
      calibration: this.calibration.snapshot(),
      trajectories: this.trajectories.snapshot(),
      severities: this.severities.snapshot(),
      promises: this.promises.snapshot(),
      alternatives: this.alternatives.snapshot(),
      holds: this.holds.snapshot(),
      heldShare: this.heldShare.snapshot(),
      constraints: new Map(this.constraints),
      killSwitches: new Map(this.killSwitches),
      openEffects: new Map(this.openEffects),
      usage: new Map(this.#usage),
      holdCount: this.#holdCount,
      policy: this.#policy,
      version: this.version,
      decisions: this.decisions,
      outcomes: this.outcomes,
    }
  }

  /** @throws Error if the snapshot is of another form; the state is then useless and must be folded anew. */
  restore(snapshot: unknown): void {
    const parts = snapshot as Record<string, unknown>
    this.risk.restore(parts['risk'])
    this.values.restore(parts['values'])
    this.precedents.restore(parts['precedents'])
    this.calibration.restore(parts['calibration'])
    this.trajectories.restore(parts['trajectories'])
    this.severities.restore(parts['severities'])
    this.promises.restore(parts['promises'])
    this.alternatives.restore(parts['alternatives'])
    this.holds.restore(parts['holds'])
    this.heldShare.restore(parts['heldShare'])
    refill(this.constraints, parts['constraints'])
    refill(this.killSwitches, parts['killSwitches'])
    refill(this.openEffects, parts['openEffects'])
    refill(this.#usage, parts['usage'])
    this.#holdCount = parts['holdCount'] as { hour: number; count: number }
    this.#policy = parts['policy'] as { version: number; policy: Policy }
    this.#clock = new LocalClock(this.policy.time_zone)
    this.version = Number(parts['version'])
    this.decisions = Number(parts['decisions'])
    this.outcomes = Number(parts['outcomes'])
  }

  #applyEvaluation(requestId: string, at: number, kept: EvaluationKept): void {
    this.decisions++
    this.values.admit(kept.action, kept.value, kept.numbers)
    this.risk.admit(kept.prediction, { key: requestId, at, weight: weightOf(kept) })
    this.promises.admit(this.policy, kept)
    this.alternatives.decided(requestId, kept)
    this.heldShare.admit(kept.result !== 'allowed')
    if (kept.step) this.trajectories.advance(kept.step)
    if (kept.claim) this.#claim(requestId, at, kept.claim)
    if (kept.hold !== undefined) this.holds.add(kept.hold, requestId)
    if (kept.result === 'requires_approval' && !kept.shadow)
      this.#holdCount = { hour: hourOf(at), count: this.holdsInHour(at) + 1 }
    const local = this.#clock.at(at)
    const hasRun = kept.result === 'allowed' || (kept.shadow && kept.blocked_by !== 'kill_switch')
    if (hasRun) this.#count(kept.rules, kept.value, at)
    else for (const id of kept.rules_blocked) this.#usage.set(id, countBlocked(this.usageOf(id), local))
    if (!hasRun && kept.result === 'blocked') this.risk.withdraw(requestId)
    // A refusal that repeats an earlier one is counted once: by the first.
    if (!hasRun && kept.result === 'blocked' && kept.step && kept.blocked_by !== 'repeat_refusal')
      this.trajectories.refuse(kept.step.trajectory_id, kept.step.digest, requestId, kept.version)
  }

  /** A decision of elsewhere: its outcome will teach like any other; it used no rule and took no step of a run here. */
  #applyCase(requestId: string, at: number, kept: EvaluationKept): void {
    if (kept.replaces) return
    this.decisions++
    this.values.admit(kept.action, kept.value, kept.numbers)
    this.risk.admit(kept.prediction, { key: requestId, at })
    if (kept.result === 'blocked') this.risk.withdraw(requestId)
  }

  #applyValidation(at: number, kept: ValidatedKept): void {
    const local = this.#clock.at(at)
    if (kept.result === 'allowed') this.#count(kept.rules, kept.value, at)
    else for (const id of kept.rules_blocked) this.#usage.set(id, countBlocked(this.usageOf(id), local))
  }

  #applyObservation(kept: ObservationKept): void {
    const { previous } = kept
    if (previous && previous.label !== null)
      this.calibration.correct(previous.risk, previous.label, null, previous.domain, null)
    if (kept.label !== null) this.calibration.add(kept.risk, kept.label, kept.domain, null)
  }

  #applyOutcome(at: number, kept: OutcomeKept): void {
    const { decision, label, previous } = kept
    const before = previous?.label ?? undefined
    if (previous === undefined) this.outcomes++
    // Reports are delivered at least once: one that says what is known already teaches nothing but its severity.
    if (previous === undefined || previous.label !== label)
      this.#learn({ decision, label, before }, { key: kept.request_id, at })
    this.precedents.record(decision.precedent, kept.request_id, kept.status, label)
    this.severities.record(
      decision.action,
      label === 1 ? kept.severity : null,
      before === 1 ? (previous?.severity ?? null) : null,
    )
  }

  #learn(learned: LearnedOutcome, moment: DecisionMoment): void {
    const { decision, label, before } = learned
    const { prediction, risk, domain, recommendation } = decision
    this.alternatives.learn(moment.key, label, before)
    // What was decided before there was a promise says nothing of how it is kept.
    if (decision.result === 'allowed' && decision.promise)
      this.promises.learn(this.policy, { ...decision, promise: decision.promise }, label, before ?? null)
    if (label === null) this.risk.dismiss(prediction, moment, before)
    else this.risk.learn(prediction, label, { ...moment, weight: weightOf(decision) }, before)
    if (before !== undefined) this.calibration.correct(risk, before, label, domain, recommendation)
    else if (label !== null) this.calibration.add(risk, label, domain, recommendation)
  }

  #applyAnswer(requestId: string, kept: ApprovalKept): void {
    if (kept.status !== 'approved') this.risk.withdraw(requestId)
    if (kept.status === 'denied' || kept.status === 'expired') this.alternatives.declined(requestId)
    if (kept.status !== 'approved' && kept.trajectory_id !== null)
      this.trajectories.refuse(kept.trajectory_id, kept.digest, requestId, kept.version)
  }

  #applyConsumed(requestId: string, at: number, kept: ConsumedKept): void {
    this.#claim(requestId, at, kept.claim)
    this.#count(kept.rules, kept.value, at)
  }

  #applyConstraint(rule: Constraint): void {
    this.version++
    if (rule.status === 'deleted') this.constraints.delete(rule.rule_id)
    else this.constraints.set(rule.rule_id, rule)
  }

  #applyPolicy(policy: Policy): void {
    this.version++
    this.#policy = { version: this.#policy.version + 1, policy }
    this.#clock = new LocalClock(policy.time_zone)
  }

  #applyKillSwitch(id: string, killSwitch: KillSwitch | null): void {
    this.version++
    if (killSwitch) this.killSwitches.set(id, killSwitch)
    else this.killSwitches.delete(id)
  }

  #claim(requestId: string, at: number, claim: ClaimKept): void {
    const claimedAt = new Date(at).toISOString()
    this.openEffects.set(requestId, { ...claim, request_id: requestId, state: 'claimed', claimed_at: claimedAt })
  }

  #settle(requestId: string, state: EffectState): void {
    const open = this.openEffects.get(requestId)
    if (state === 'unknown' && open) this.openEffects.set(requestId, { ...open, state })
    else this.openEffects.delete(requestId)
  }

  #count(rules: readonly string[], value: number | null, at: number): void {
    const local = this.#clock.at(at)
    for (const id of rules) this.#usage.set(id, countRun(this.usageOf(id), local, value, at))
  }
}

/** How many decisions one stands for. */
function weightOf({ review }: Pick<EvaluationKept, 'review'>): number {
  return review ? importanceWeight(review.propensity) : 1
}

function hourOf(at: number): number {
  return Math.floor(at / 3_600_000)
}

interface LearnedOutcome {
  readonly decision: OutcomeKept['decision']
  readonly label: 0 | 1 | null
  /** The label that it takes the place of. */
  readonly before: 0 | 1 | undefined
}

function refill<K, V>(map: Map<K, V>, from: unknown): void {
  map.clear()
  for (const [key, value] of from as Map<K, V>) map.set(key, value)
}
