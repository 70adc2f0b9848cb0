import {
  type ApprovalItem,
  type EffectivePolicy,
  type EvaluateResponse,
  policyForDomain,
  type SimulationSummary,
  type TrajectoryHealth,
} from '@bighub/core/protocol'
import { approvalOf } from '../approvals/approval-of.ts'
import { appliesTo, evaluateConstraints } from '../constraints/evaluate-constraints.ts'
import type { EngineState, EvaluationKept } from '../engine-state.ts'
import type { ActionFacts } from '../features/action-facts.ts'
import { caseFields } from '../features/case-fields.ts'
import { stakeOf } from '../policy/decide-by-regret.ts'
import { toPrecedentCase } from '../precedents/precedent-case.ts'
import { sampleReview } from '../propensity/sample-review.ts'
import { riskBand } from '../risk/risk-band.ts'
import type { Prediction } from '../risk/risk-model.ts'
import { simulateLosses } from '../simulation/simulate-losses.ts'
import { type ObservedFacts, readObservations, type TrajectoryStep } from '../trajectory/trajectory-book.ts'
import { type Counterfactual, findCounterfactual, NO_COUNTERFACTUAL } from './counterfactual.ts'
import { confidenceLevel, evidenceStatus, rationale, topContributions, warningsFor } from './explain.ts'
import { digestOfRequest, type NormalisedRequest } from './normalise-request.ts'
import { drawOf, type Recommended, recommendUnderPromise } from './recommend.ts'

/** Version of the deciding engine, `gate_version` of its answers. */
export const GATE_VERSION = 'bighub-engine-1'

/** When, and what the decision's ids end with. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly id: string
  /** The request asks for a live connection, and there is none. @defaultValue false */
  readonly lacksConnection?: boolean
}

export interface Evaluated {
  readonly response: EvaluateResponse
  readonly kept: EvaluationKept
  /** The approval that a held, recorded evaluation opens. */
  readonly approval: ApprovalItem | null
}

/** What is decided about an action, and on what. */
export interface Judged {
  readonly facts: ActionFacts
  readonly digest: string
  readonly policy: EffectivePolicy
  readonly health: TrajectoryHealth | null
  readonly prediction: Prediction
  readonly median: number | null
  readonly stake: number
  readonly decided: Recommended
  readonly kept: EvaluationKept
}

/**
 * One evaluation, in order (engine.md §1): what is decided, then its consequences and its explanation. Each stage is a pure
 * function of the request, the state and the moment; nothing is changed here. The caller records `kept` and the state folds it.
 */
export function evaluate(request: NormalisedRequest, state: EngineState, moment: Moment): Evaluated {
  const judged = judge(request, state, moment.at, moment.lacksConnection)
  const { facts, prediction, stake, decided, digest, policy, median, health, kept } = judged
  const simulation = simulateLosses({
    prediction,
    stake,
    severities: state.severities.samples(request.action),
    recommendation: decided.byRisk,
    costs: policy.costs,
    reversibility: facts.reversibility,
    seed: Number.parseInt(digest.slice(0, 8), 16) >>> 0,
  })
  const holdCautions = request.call.hold_cautions ?? false
  const counterfactual =
    decided.result === 'allowed'
      ? NO_COUNTERFACTUAL
      : findCounterfactual({ facts, state, decided, policy, median, health, holdCautions, at: moment.at })
  const response = toResponse({ request, state, moment, judged, simulation, counterfactual })
  if (decided.result !== 'requires_approval' || request.isDryRun || kept.shadow)
    return { response, kept, approval: null }
  const held: EvaluateResponse = { ...response, requires_approval: true, human_review: true }
  const { approvals: rules } = policy
  return { response: held, kept, approval: approvalOf(request, held, digest, { at: moment.at, rules }) }
}

/**
 * The stages that decide. Rules are looked at after risk, because their conditions may name it; they change the
 * recommendation, never the score. A backtest needs no more than this.
 */
export function judge(
  request: NormalisedRequest,
  state: EngineState,
  at: number,
  lacksConnection: boolean = false,
): Judged {
  const { call } = request
  const policy = policyForDomain(state.policy, request.domain)
  const digest = call.arguments_digest ?? digestOfRequest(request)
  const observed = observedOf(request, state)
  const facts = toFacts(request, state, observed)
  const health = state.trajectories.health(request.trajectoryId, observed)
  const own = caseFields(facts, state.values)
  const prediction = state.risk.predict(facts)
  const rules = evaluateConstraints(state.constraints.values(), facts, {
    at,
    local: state.clock.at(at),
    riskScore: prediction.probability,
    health,
    usage: (ruleId: string) => state.usageOf(ruleId),
  })
  const median = state.values.median(request.action)
  const stake = stakeOf(request.value, median, policy.typical_value, state.severities.mean(request.action))
  const { trajectoryId } = request
  const promised = state.promises.view(state.policy, request.domain, prediction.probability)
  const input = {
    prediction,
    stake,
    policy,
    rules,
    health,
    killSwitch: state.killSwitchFor(request.domain),
    refusedBefore: policy.repeat_refusal ? state.trajectories.refusalOf(trajectoryId, digest, state.version) : null,
    holdCautions: call.hold_cautions ?? false,
    editOf: call.edit_of ?? null,
    // In shadow nobody is asked, so nobody can be asked too often.
    isOverBudget: !call.shadow && isOverBudget(policy, state.holdsInHour(at)),
    lacksConnection,
  }
  const { decided, promise } = recommendUnderPromise(input, promised, () => drawOf(digest, state.decisions))
  const runs = decided.result === 'allowed'
  const review = sampleReview({
    runs,
    runShare: runs || promise?.is_held ? (promise?.share ?? 1) : 0,
    sampleRate: state.heldShare.sampleRate(policy.sampled_review),
    draw: () => drawOf(`review ${digest}`, state.decisions),
  })
  const kept: EvaluationKept = {
    action: request.action,
    domain: request.domain,
    value: request.value,
    risk: prediction.probability,
    recommendation: decided.recommendation,
    result: decided.result,
    blocked_by: decided.blockedBy,
    shadow: call.shadow ?? false,
    digest,
    version: state.version,
    rules: [...state.constraints.values()].filter((rule) => appliesTo(rule, facts)).map((rule) => rule.rule_id),
    rules_blocked: rules.filter((rule) => rule.effect === 'block').map((rule) => rule.rule_id),
    step: toStep(request, digest, prediction, observed),
    prediction: prediction.recorded,
    precedent: toPrecedentCase(own, facts, { risk: prediction.probability, at }),
    numbers: own.numbers,
    claim: null,
    ...(promise ? { promise } : {}),
    ...(review ? { review } : {}),
  }
  return { facts, digest, policy, health, prediction, median, stake, decided, kept }
}

function isOverBudget({ max_holds_per_hour: most }: EffectivePolicy, holds: number): boolean {
  return most !== null && holds >= most
}

/** What the request says of its run since the last evaluation, as hashes and counts. */
export function observedOf({ run, trajectoryId }: NormalisedRequest, state: EngineState): ObservedFacts {
  return readObservations(run.observations ?? [], run.user_text, state.trajectories.userWordsOf(trajectoryId))
}

export function toFacts(request: NormalisedRequest, state: EngineState, observed: ObservedFacts): ActionFacts {
  const { call, run, trajectoryId } = request
  const texts = state.texts.after(trajectoryId, state.trajectories.stepOf(trajectoryId), run)
  const args = call.arguments ?? {}
  const provenance = call.provenance ?? {}
  return {
    action: request.action,
    tool: call.tool ?? request.action,
    actor: request.actor,
    domain: request.domain,
    target: request.target,
    value: request.value,
    mutating: call.mutating ?? null,
    reversibility: call.reversibility ?? null,
    annotations: call.annotations ?? null,
    provenance,
    arguments: args,
    context: request.context,
    run: state.trajectories.factsFor(trajectoryId, {
      action: request.action,
      observed,
      arguments: args,
      provenance,
      texts,
    }),
  }
}

function toStep(
  request: NormalisedRequest,
  digest: string,
  prediction: Prediction,
  observed: ObservedFacts,
): TrajectoryStep | null {
  if (request.trajectoryId === null) return null
  return {
    trajectory_id: request.trajectoryId,
    action: request.action,
    digest: request.call.arguments_digest === undefined ? null : digest,
    value: request.value,
    risk: prediction.probability,
    mutating: request.call.mutating ?? null,
    reversibility: request.call.reversibility ?? null,
    observed,
  }
}

interface ResponseParts {
  readonly request: NormalisedRequest
  readonly state: EngineState
  readonly moment: Moment
  readonly judged: Judged
  readonly simulation: SimulationSummary
  readonly counterfactual: Counterfactual
}

/** Stage 10 and the answer's form (protocol §6.1). What cannot be known is null or absent. */
function toResponse(parts: ResponseParts): EvaluateResponse {
  const { request, state, moment, simulation, counterfactual } = parts
  const { facts, prediction, decided, health, kept, median } = parts.judged
  const precedents = state.precedents.retrieve(kept.precedent, { at: moment.at, medianValue: median }).summary
  const level = confidenceLevel(prediction.confidence)
  const evidence = evidenceStatus(prediction.evidence)
  const isAllowed = decided.result === 'allowed'
  const isEnforced = decided.enforcementMode === 'enforced'
  const rule = decided.decidingRule
  const usage = rule ? usageOf(state, rule.rule_id, moment.at) : {}
  const packet = {
    version: 1 as const,
    signal: {
      recommendation: decided.recommendation,
      risk_score: prediction.probability,
      risk_band: riskBand(prediction.probability),
      confidence_zone: CONFIDENCE_ZONES[evidence],
      regret_band: regretBand(decided.projectedRegret),
    },
    constraints: rule ? [{ rule_id: rule.rule_id, name: rule.name, effect: rule.effect }] : [],
    risk_factors: topContributions(prediction),
    precedents: [precedents.positive, precedents.negative].filter((each) => each != null),
  }
  return {
    request_id: `act_${moment.id}`,
    recommendation: decided.recommendation,
    recommendation_confidence: level,
    risk_score: prediction.probability,
    risk_interval: [prediction.interval[0], prediction.interval[1]],
    enforcement_mode: decided.enforcementMode,
    enforced_verdict: isEnforced ? decided.result : null,
    decision_intelligence: {
      projected_regret: decided.projectedRegret,
      evidence_status: evidence,
      trajectory_health: health,
      // What may run needs none.
      alternatives: isAllowed ? [] : state.alternatives.find(request.domain, request.action, prediction.probability),
      rationale: rationale(prediction, decided),
      rule_basis: rule?.name ?? null,
      simulation_summary: simulation,
    },
    warnings: warningsFor(decided, precedents, {
      taint: facts.run.taint,
      toolOnlyArguments: Object.entries(facts.provenance).flatMap(([path, label]) => (label === 'tool' ? [path] : [])),
      isSampled: parts.judged.kept.review?.is_sampled ?? false,
    }),
    allowed: isAllowed,
    result: decided.result,
    reason: decided.reason,
    blocked_by: decided.blockedBy,
    requires_approval: false,
    human_review: false,
    usage,
    dry_run: request.isDryRun,
    mode: isAllowed ? 'FULL' : decided.result === 'blocked' ? 'BLOCKED' : 'REVIEW_REQUIRED',
    max_percentage: null,
    duration: null,
    gate_version: GATE_VERSION,
    verdict_changed: decided.recommendation !== decided.withoutLearning,
    learning_influenced: Math.abs(prediction.probability - prediction.priorProbability) > 0.01,
    verdict_override:
      decided.recommendation === decided.byRisk
        ? null
        : {
            from: decided.byRisk,
            to: decided.recommendation,
            reason: decided.reason,
            source: decided.blockedBy ?? 'rule',
          },
    intelligence: {
      confidence: {
        score: prediction.confidence,
        level,
        novel_situation: prediction.evidence <= 0,
        reason: `${prediction.evidence.toFixed(1)} outcomes of like calls stand behind the estimate`,
      },
      counterfactual: { ...counterfactual },
      simulation,
      precedents,
      trajectory_health: health,
      projected_regret: decided.projectedRegret,
      ...(request.trajectoryId === null
        ? {}
        : { trajectory_id: request.trajectoryId, trajectory: state.trajectories.stateOf(request.trajectoryId) }),
    },
    decision_packet: packet,
    ...(request.trajectoryId === null ? {} : { trajectory_id: request.trajectoryId }),
    case_id: `case_${moment.id}`,
    validation_id: `val_${moment.id}`,
    action: request.action,
    actor: request.actor,
    value: request.value,
    target: request.target,
    domain: request.domain,
  }
}

const CONFIDENCE_ZONES = {
  none: 'no_evidence',
  sparse: 'limited_evidence',
  limited: 'moderate_evidence',
  sufficient: 'strong_evidence',
} as const

/** Regret in units of an ordinary stake: below a caution's price, below a review's, above. */
function regretBand(regret: number): 'low' | 'moderate' | 'high' {
  if (regret < 0.1) return 'low'
  return regret < 0.4 ? 'moderate' : 'high'
}

function usageOf(state: EngineState, ruleId: string, at: number): NonNullable<EvaluateResponse['usage']> {
  const usage = state.usageOf(ruleId)
  const rule = state.constraints.get(ruleId)
  const used = usage.day === state.clock.at(at).day ? usage.countDay : 0
  const most = rule?.max_per_day ?? null
  return {
    rule_id: ruleId,
    used_today: used,
    max_per_day: most,
    remaining_today: most === null ? null : Math.max(0, most - used),
  }
}
