import type { PrecedentSignals } from '@bighub/core/protocol'
import { riskBand } from '../risk/risk-band.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { PRIOR_WEIGHT, SHARPNESS } from './precedent-index.ts'

/** Precedents with an outcome, and share of bad ones, from which a warning is given. */
const WARN_FROM = { cases: 3, badRate: 0.5 } as const

/** A case with its likeness in [0, 1]. */
interface Weighed {
  readonly row: Pick<DecisionRow, 'action' | 'outcome_category' | 'outcome_status'>
  readonly score: number
}

export type CaseSummary = Pick<
  PrecedentSignals,
  | 'total_precedents'
  | 'with_outcomes'
  | 'success_rate'
  | 'negative_rate'
  | 'risk_level'
  | 'confidence'
  | 'warnings'
  | 'risk_adjustment'
>

/**
 * What precedents say together (protocol §6.2): rates are weighted by e^{8(similarity − 1)} and leave neutral outcomes out;
 * `confidence` is W/(W + 3) of the weights' sum W; `risk_adjustment` is the bad rate, shrunk towards the action's own with the
 * weight of 3 cases, minus the action's own (engine.md §1).
 *
 * @param comparable - Cases among which the action's own rate is looked for.
 */
export function summariseCases(
  found: readonly Weighed[],
  comparable: readonly Weighed[],
  action: string | null,
): CaseSummary {
  const { weight, badRate, labelled } = weighBad(found)
  const own = shareOfBad(comparable.filter(({ row }) => row.action === action))
  const shrunk =
    badRate === null || own === null ? null : (badRate * weight + PRIOR_WEIGHT * own) / (weight + PRIOR_WEIGHT)
  return {
    total_precedents: found.length,
    with_outcomes: found.filter(({ row }) => row.outcome_status !== null).length,
    success_rate: badRate === null ? null : 1 - badRate,
    negative_rate: badRate,
    risk_level: badRate === null ? null : riskBand(badRate),
    confidence: weight / (weight + PRIOR_WEIGHT),
    warnings:
      badRate !== null && badRate >= WARN_FROM.badRate && labelled >= WARN_FROM.cases
        ? [`most of ${labelled} similar past cases went wrong`]
        : [],
    risk_adjustment: shrunk === null || own === null ? null : shrunk - own,
  }
}

/** The similarity-weighted share of bad outcomes; null without any outcome that says good or bad. */
export function weighBad(found: readonly Weighed[]): { weight: number; badRate: number | null; labelled: number } {
  let weight = 0
  let bad = 0
  let labelled = 0
  for (const { row, score } of found) {
    if (row.outcome_category !== 'positive' && row.outcome_category !== 'negative') continue
    const share = Math.exp(SHARPNESS * (score - 1))
    labelled++
    weight += share
    if (row.outcome_category === 'negative') bad += share
  }
  return { weight, badRate: labelled === 0 ? null : bad / weight, labelled }
}

/** Unweighted share of bad outcomes among those that say good or bad; null without any. */
export function shareOfBad(found: readonly Pick<Weighed, 'row'>[]): number | null {
  const bad = found.filter(({ row }) => row.outcome_category === 'negative').length
  const good = found.filter(({ row }) => row.outcome_category === 'positive').length
  return bad + good === 0 ? null : bad / (bad + good)
}
