import type { EffectivePolicy, TrajectoryHealth } from '@bighub/core/protocol'
import { appliesTo, evaluateConstraints } from '../constraints/evaluate-constraints.ts'
import type { EngineState } from '../engine-state.ts'
import type { ActionFacts } from '../features/action-facts.ts'
import { stakeOf } from '../policy/decide-by-regret.ts'
import { type Recommended, recommend } from './recommend.ts'

export interface CounterfactualInput {
  readonly facts: ActionFacts
  readonly state: EngineState
  readonly decided: Recommended
  readonly policy: EffectivePolicy
  readonly median: number | null
  readonly health: TrajectoryHealth | null
  readonly holdCautions: boolean
  readonly at: number
}

export interface Counterfactual {
  readonly available: boolean
  /** In words; null when no tried change would help. */
  readonly easiest_change: string | null
  readonly would_allow: boolean
}

/** Shares of the value that are tried, largest first. */
const SHARES = [0.5, 0.25, 0.1, 0.05] as const

/**
 * The smallest change of value that would let a held or blocked call run, judged by the same state and all rules: a limit on
 * values where such a limit decided, else the first of a few shares of the value. Null value, kill switches, refusals and
 * conditions have none.
 */
export function findCounterfactual(input: CounterfactualInput): Counterfactual {
  const { value } = input.facts
  if (value === null || value <= 0) return NO_COUNTERFACTUAL
  const candidates = candidatesFor(input, value)
  if (candidates.length === 0) return NO_COUNTERFACTUAL
  const found = candidates.find((each) => wouldRun(input, each))
  if (found === undefined) return { available: true, easiest_change: null, would_allow: false }
  return {
    available: true,
    easiest_change: `value of at most ${round(found)} instead of ${value}`,
    would_allow: true,
  }
}

/** Nothing was tried: the call runs anyway, or no value could change that. */
export const NO_COUNTERFACTUAL: Counterfactual = { available: false, easiest_change: null, would_allow: false }

/** Values that are tried, largest first. */
function candidatesFor({ facts, state, decided }: CounterfactualInput, value: number): number[] {
  if (decided.blockedBy === null) return SHARES.map((share) => share * value)
  if (decided.blockedBy !== 'max_value' && decided.blockedBy !== 'require_approval_above') return []
  return [...state.constraints.values()]
    .flatMap((rule) => (appliesTo(rule, facts) ? [rule.max_value, rule.require_approval_above] : []))
    .filter((limit) => limit != null)
    .filter((limit) => limit < value)
    .toSorted((a, b) => b - a)
}

function wouldRun(
  { state, policy, median, health, holdCautions, at, ...input }: CounterfactualInput,
  value: number,
): boolean {
  const facts = { ...input.facts, value }
  const prediction = state.risk.predict(facts)
  const rules = evaluateConstraints(state.constraints.values(), facts, {
    at,
    local: state.clock.at(at),
    riskScore: prediction.probability,
    health,
    usage: (ruleId) => state.usageOf(ruleId),
  })
  const stake = stakeOf(value, median, policy.typical_value, state.severities.mean(facts.action))
  const situation = { health, killSwitch: null, refusedBefore: null, holdCautions }
  return recommend({ prediction, stake, policy, rules, ...situation }).result === 'allowed'
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
