import type { EffectivePolicy } from '@bighub/core/protocol'
import type { EngineState } from '../engine-state.ts'
import type { ActionFacts } from '../features/action-facts.ts'
import { extractFeatures } from '../features/extract-features.ts'
import { decideByRegret, stakeOf } from '../policy/decide-by-regret.ts'
import type { Recommended } from './recommend.ts'

export interface CounterfactualInput {
  readonly facts: ActionFacts
  readonly state: EngineState
  readonly decided: Recommended
  readonly policy: EffectivePolicy
  readonly median: number | null
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
 * The smallest change of value that would let a held or blocked call run, judged by the same state: the limit of the rule
 * that decided, or the first of a few shares of the value at which risk alone would. Null value, kill switches, refusals and
 * conditions have none.
 */
export function findCounterfactual(input: CounterfactualInput): Counterfactual {
  const { facts, decided } = input
  if (facts.value === null || facts.value <= 0) return NO_COUNTERFACTUAL
  const limit = limitOf(input)
  if (decided.blockedBy !== null && limit === null) return NO_COUNTERFACTUAL
  const candidates = limit === null ? SHARES.map((share) => facts.value! * share) : [limit]
  for (const value of candidates)
    if (isAllowedByRisk(input, value))
      return {
        available: true,
        easiest_change: `value of at most ${round(value)} instead of ${facts.value}`,
        would_allow: true,
      }
  return { available: true, easiest_change: null, would_allow: false }
}

/** Nothing was tried: the call runs anyway, or no value could change that. */
export const NO_COUNTERFACTUAL: Counterfactual = { available: false, easiest_change: null, would_allow: false }

/** The value that the deciding rule would have let through. */
function limitOf({ state, decided }: CounterfactualInput): number | null {
  const rule = decided.decidingRule ? state.constraints.get(decided.decidingRule.rule_id) : undefined
  if (decided.blockedBy === 'max_value') return rule?.max_value ?? null
  if (decided.blockedBy === 'require_approval_above') return rule?.require_approval_above ?? null
  return null
}

function isAllowedByRisk({ facts, state, policy, median }: CounterfactualInput, value: number): boolean {
  const changed = { ...facts, value }
  const features = extractFeatures(changed, state.values)
  const prediction = state.risk.predict(features, state.precedents.retrieve(features, changed).evidence)
  const stake = stakeOf(value, median, policy.typical_value, state.severities.mean(facts.action))
  const decisive = policy.bound === 'upper' ? prediction.interval[1] : prediction.probability
  const recommendation = decideByRegret(decisive, stake, policy.costs)
  return recommendation === 'proceed' || recommendation === 'proceed_with_caution'
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
