import type {
  BlockedBy,
  EffectivePolicy,
  EnforcementMode,
  KillSwitch,
  Recommendation,
  TrajectoryHealth,
} from '@bighub/core/protocol'
import type { RuleMatch } from '../constraints/evaluate-constraints.ts'
import { hashText, mix } from '../math/hash.ts'
import type { PromiseView } from '../policy/bad-rate-keeper.ts'
import { decideByRegret, projectedRegret, stricterRecommendation } from '../policy/decide-by-regret.ts'
import type { PromiseKept } from '../policy/promise-book.ts'
import type { Prediction } from '../risk/risk-model.ts'
import { percent } from './explain.ts'

export interface RecommendInput {
  readonly prediction: Pick<Prediction, 'probability' | 'interval' | 'priorProbability'>
  readonly stake: number
  readonly policy: EffectivePolicy
  readonly rules: readonly RuleMatch[]
  readonly health: TrajectoryHealth | null
  readonly killSwitch: KillSwitch | null
  /** The call must come over a live connection, and there is none. */
  readonly lacksConnection?: boolean
  /** The decision that refused this same call in this run before. */
  readonly refusedBefore: string | null
  /** The policy's promise, where it does not let this call run unasked though nothing else holds it. @defaultValue null */
  readonly promise?: PromiseView | null
  /** Whether the guard holds cautions too. */
  readonly holdCautions: boolean
  /** The decision whose call a reviewer changed into this one. */
  readonly editOf?: string | null
  /** As many calls were held in this hour as the policy allows. */
  readonly isOverBudget?: boolean
}

export interface Recommended {
  readonly recommendation: Recommendation
  readonly result: 'allowed' | 'requires_approval' | 'blocked'
  readonly enforcementMode: EnforcementMode
  /** The limit that decided, null where risk alone did. */
  readonly blockedBy: BlockedBy | null
  /** The rule that decided. */
  readonly decidingRule: RuleMatch | null
  /** One line for the operator. */
  readonly reason: string
  /** What risk alone would have advised. */
  readonly byRisk: Recommendation
  /** What base rate and prior alone would have advised, under the same rules. */
  readonly withoutLearning: Recommendation
  readonly projectedRegret: number
  readonly warnings: readonly string[]
}

/**
 * Stage 9: the option with the smallest expected regret, which rules, health and switches can only make stricter. A call that would
 * be held above the hour's budget is blocked instead or, if the policy says so and risk alone asked for the hold, runs with caution.
 */
export function recommend(input: RecommendInput): Recommended {
  const decided = recommendInBudget(input)
  // A reviewer is at work on a changed call already: nobody new is interrupted.
  if (!input.isOverBudget || input.editOf || decided.result !== 'requires_approval') return decided
  const most = `${input.policy.max_holds_per_hour} calls were held in this hour, which is all the policy allows`
  if (mayRunWithCaution(input))
    return {
      ...decided,
      recommendation: 'proceed_with_caution',
      result: 'allowed',
      reason: `${most}: it runs with caution`,
      warnings: [...decided.warnings, `${decided.reason}, but ${most}`],
    }
  return {
    ...decided,
    recommendation: 'do_not_proceed',
    result: 'blocked',
    blockedBy: 'hold_budget',
    reason: `${decided.reason}, but ${most}: it is blocked`,
  }
}

/** Only what risk alone would hold, and where cautions are not held themselves. */
function mayRunWithCaution(input: RecommendInput): boolean {
  const { over_budget: overBudget, enforcement_mode: mode } = input.policy
  if (overBudget !== 'caution' || input.holdCautions || mode === 'review') return false
  const limit = strictestLimit(input)
  return limit === null || limit.atLeast === 'proceed_with_caution'
}

function recommendInBudget(input: RecommendInput): Recommended {
  const { prediction, stake, policy } = input
  const decisive = policy.bound === 'upper' ? prediction.interval[1] : prediction.probability
  const byRisk = decideByRegret(decisive, stake, policy.costs)
  const limit = strictestLimit(input)
  const recommendation = limit ? stricterRecommendation(byRisk, limit.atLeast) : byRisk
  const hasLimitDecided = limit !== null && recommendation !== byRisk
  const prior = decideByRegret(prediction.priorProbability, stake, policy.costs)
  const isStopped = input.killSwitch !== null
  const enforcementMode = isStopped ? 'enforced' : policy.enforcement_mode
  const isHeld =
    recommendation === 'review_recommended' ||
    (recommendation === 'proceed_with_caution' && (input.holdCautions || enforcementMode === 'review'))
  return {
    recommendation,
    result: recommendation === 'do_not_proceed' ? 'blocked' : isHeld ? 'requires_approval' : 'allowed',
    enforcementMode,
    // A limit that agrees with what risk alone says still names itself: it would have decided.
    blockedBy: limit !== null && limit.atLeast === recommendation ? limit.blockedBy : null,
    decidingRule: limit !== null && limit.atLeast === recommendation ? limit.rule : null,
    reason:
      hasLimitDecided || limit?.atLeast === recommendation ? limit.reason : reasonOfRisk(recommendation, decisive),
    byRisk,
    withoutLearning: limit ? stricterRecommendation(prior, limit.atLeast) : prior,
    projectedRegret: projectedRegret(recommendation, prediction.probability, stake, policy.costs),
    warnings: input.rules.filter((rule) => rule.effect === 'warn').map((rule) => `${rule.name}: ${rule.reason}`),
  }
}

/** A recommendation, and what a promise of the policy had to do with it. */
export interface RecommendedUnderPromise {
  readonly decided: Recommended
  /** To be recorded; absent where nothing was promised. */
  readonly promise?: PromiseKept
}

/**
 * Recommends, and holds what a promise does not let run unasked though nothing else holds it.
 *
 * @param draw - In [0, 1), uniform: at the border calls run in the share that the promise has room for.
 */
export function recommendUnderPromise(
  input: Omit<RecommendInput, 'promise'>,
  promise: PromiseView | null,
  draw: () => number,
): RecommendedUnderPromise {
  const decided = recommend(input)
  if (promise === null) return { decided }
  const isHeld = decided.result === 'allowed' && draw() >= promise.share
  return {
    decided: isHeld ? recommend({ ...input, promise }) : decided,
    promise: { max_bad_rate: promise.rate, share: promise.share, is_held: isHeld },
  }
}

/** A number in [0, 1) that only the log decides: of the same call at another place it is another. */
export function drawOf(digest: string, position: number): number {
  return mix(hashText(digest), position) / 2 ** 32
}

interface Limit {
  readonly atLeast: Recommendation
  readonly blockedBy: BlockedBy | null
  readonly rule: RuleMatch | null
  readonly reason: string
}

const AT_LEAST: Readonly<Record<RuleMatch['effect'], Recommendation>> = {
  allow: 'proceed',
  warn: 'proceed_with_caution',
  review: 'review_recommended',
  block: 'do_not_proceed',
}

/** The strictest thing that is not risk: kill switch, earlier refusal, rules, health of the run. */
function strictestLimit(input: RecommendInput): Limit | null {
  const { killSwitch, refusedBefore, rules, health } = input
  if (killSwitch)
    return stop(
      'kill_switch',
      `kill switch ${killSwitch.switch_id} is active: ${killSwitch.reason || 'no reason given'}`,
    )
  const limits: Limit[] = rules
    .filter((rule) => rule.effect !== 'allow')
    .map((rule) => ({
      atLeast: AT_LEAST[rule.effect],
      blockedBy: rule.effect === 'warn' ? null : rule.blocked_by,
      rule,
      reason: `${rule.name}: ${rule.reason}`,
    }))
  if (input.lacksConnection)
    limits.push(
      stop('live_connection', 'the call needs a live connection, and it has none or its connection has expired'),
    )
  if (refusedBefore !== null)
    limits.push(stop('repeat_refusal', `the same call was refused before in this run (${refusedBefore})`))
  if (input.editOf)
    limits.push({
      atLeast: 'review_recommended',
      blockedBy: null,
      rule: null,
      reason: `a reviewer changed the call of ${input.editOf} into this one`,
    })
  if (health === 'critical')
    limits.push({
      atLeast: 'review_recommended',
      blockedBy: 'trajectory',
      rule: null,
      reason: 'the run is in a critical state: failures, refusals or repetitions pile up',
    })
  const { promise, policy } = input
  if (promise)
    limits.push({
      atLeast: 'review_recommended',
      blockedBy: 'promise',
      rule: null,
      reason: `at most ${percent(policy.max_bad_rate ?? 0)} of the calls that run unasked may go wrong; from an estimate of ${percent(promise.threshold)} on a person is asked`,
    })
  return limits.reduce<Limit | null>(
    (strictest, limit) =>
      strictest === null || stricterRecommendation(strictest.atLeast, limit.atLeast) !== strictest.atLeast
        ? limit
        : strictest,
    null,
  )
}

function stop(blockedBy: BlockedBy, reason: string): Limit {
  return { atLeast: 'do_not_proceed', blockedBy, rule: null, reason }
}

const REASONS: Readonly<Record<Recommendation, string>> = {
  proceed: 'proceeding costs least',
  proceed_with_caution: 'caution costs less than it saves',
  review_recommended: 'a review costs less than it saves',
  do_not_proceed: 'stopping costs least',
}

function reasonOfRisk(recommendation: Recommendation, probability: number): string {
  return `estimated risk ${(probability * 100).toFixed(probability < 0.1 ? 1 : 0)} %: ${REASONS[recommendation]}`
}
