import type { Costs, Recommendation } from '@bighub/core/protocol'

/** Cost of an ordinary call's loss: the unit of all costs. */
const ORDINARY_STAKE = 1

export type OptionCosts = Readonly<Record<Recommendation, number>>

/**
 * Expected cost of each option for probability p of a bad outcome and stake L, in units of an ordinary stake (engine.md §8):
 * proceed p·L; caution p·L·(1 − caution_prevents) + caution; review p·L·(1 − review_prevents) + review; block
 * wrong_block·(1 − p).
 *
 * @param probability - In [0, 1].
 * @param stake - This call's stake over an ordinary one, > 0.
 */
export function optionCosts(probability: number, stake: number, costs: Costs): OptionCosts {
  const loss = probability * stake
  return {
    proceed: loss,
    proceed_with_caution: loss * (1 - costs.caution_prevents) + costs.caution * ORDINARY_STAKE,
    review_recommended: loss * (1 - costs.review_prevents) + costs.review * ORDINARY_STAKE,
    do_not_proceed: costs.wrong_block * ORDINARY_STAKE * (1 - probability),
  }
}

/** Options from mild to strict; the milder wins a tie. */
export const RECOMMENDATIONS: readonly Recommendation[] = [
  'proceed',
  'proceed_with_caution',
  'review_recommended',
  'do_not_proceed',
]

/**
 * The option with the smallest expected cost, which is the one with the smallest expected regret. Written out without the
 * record of {@link optionCosts}: it is asked 256 times an evaluation.
 */
export function decideByRegret(probability: number, stake: number, costs: Costs): Recommendation {
  const loss = probability * stake
  let best: Recommendation = 'proceed'
  let least = loss
  const caution = loss * (1 - costs.caution_prevents) + costs.caution * ORDINARY_STAKE
  if (caution < least) {
    best = 'proceed_with_caution'
    least = caution
  }
  const review = loss * (1 - costs.review_prevents) + costs.review * ORDINARY_STAKE
  if (review < least) {
    best = 'review_recommended'
    least = review
  }
  return costs.wrong_block * ORDINARY_STAKE * (1 - probability) < least ? 'do_not_proceed' : best
}

/**
 * Expected cost of an option minus that of the option that is best with hindsight, clipped to [0, 1]. With hindsight a good
 * call proceeds and a bad one is blocked.
 */
export function projectedRegret(option: Recommendation, probability: number, stake: number, costs: Costs): number {
  const bestIfGood = Math.min(...Object.values(optionCosts(0, stake, costs)))
  const bestIfBad = Math.min(...Object.values(optionCosts(1, stake, costs)))
  const hindsight = probability * bestIfBad + (1 - probability) * bestIfGood
  return Math.min(1, Math.max(0, optionCosts(probability, stake, costs)[option] - hindsight))
}

/** The stricter of two recommendations. */
export function stricterRecommendation(a: Recommendation, b: Recommendation): Recommendation {
  return RECOMMENDATIONS.indexOf(a) >= RECOMMENDATIONS.indexOf(b) ? a : b
}

const STAKE_RANGE = { least: 0.1, most: 10 } as const

/**
 * This call's stake over an ordinary one: |value| over the action's own median value (or the domain's typical value while
 * the median is unknown; 1 without either), times the mean severity of the action's bad outcomes; clipped to 0.1–10.
 */
export function stakeOf(
  value: number | null,
  median: number | null,
  typicalValue: number | null,
  meanSeverity: number,
): number {
  const ordinary = median ?? typicalValue
  const relative = value === null || ordinary === null || ordinary <= 0 ? 1 : Math.abs(value) / ordinary
  return Math.min(STAKE_RANGE.most, Math.max(STAKE_RANGE.least, relative * meanSeverity))
}
