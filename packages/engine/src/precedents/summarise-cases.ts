import type { PrecedentSummary } from '@bighub/core/protocol'
import { riskBand } from '../risk/risk-band.ts'

/** Sharpness of the weight of a precedent: e^{8(similarity − 1)}. */
const SHARPNESS = 8
/** Weight of the action's own rate against that of its precedents, in cases. */
export const PRIOR_WEIGHT = 3
/** Precedents with an outcome, and share of bad ones, from which a warning is given. */
const WARN_FROM = { cases: 3, badRate: 0.5 } as const

/** What cases add up to, weighted by e^{8(similarity − 1)}. Those that ended neither well nor badly have no say. */
export class WeighedCases {
  /** Cases that ended well or badly, the sum of their weights, and that of the bad ones. */
  labelled = 0
  weight = 0
  bad = 0

  /** @param label - 1 bad, 0 good, null neither. */
  add(similarity: number, label: 0 | 1 | null): void {
    if (label === null) return
    const weight = Math.exp(SHARPNESS * (similarity - 1))
    this.labelled++
    this.weight += weight
    this.bad += weight * label
  }

  /** Share of bad ones, in [0, 1]; null without any. */
  get badRate(): number | null {
    return this.labelled === 0 ? null : this.bad / this.weight
  }

  /** W/(W + 3) of the weights' sum W. */
  get confidence(): number {
    return this.weight / (this.weight + PRIOR_WEIGHT)
  }
}

type CaseSummary = Pick<
  PrecedentSummary,
  'success_rate' | 'negative_rate' | 'risk_level' | 'confidence' | 'warnings' | 'risk_adjustment'
>

/**
 * What precedents say together (protocol §6.2). `risk_adjustment` is their bad rate, shrunk towards the action's own with the weight of
 * 3 cases, minus the action's own (engine.md §1).
 *
 * @param ownRate - Share of bad ones among all cases of the action that are known; null without any.
 */
export function summariseCases(cases: WeighedCases, ownRate: number | null): CaseSummary {
  const { badRate, weight, bad, labelled, confidence } = cases
  return {
    success_rate: badRate === null ? null : 1 - badRate,
    negative_rate: badRate,
    risk_level: badRate === null ? null : riskBand(badRate),
    confidence,
    warnings:
      badRate !== null && badRate >= WARN_FROM.badRate && labelled >= WARN_FROM.cases
        ? [`most of ${labelled} similar past cases went wrong`]
        : [],
    risk_adjustment:
      badRate === null || ownRate === null ? null : (bad + PRIOR_WEIGHT * ownRate) / (weight + PRIOR_WEIGHT) - ownRate,
  }
}
