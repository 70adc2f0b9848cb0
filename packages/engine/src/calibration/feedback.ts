import type { CalibrationFeedback } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { twoSidedTail } from '../math/normal-tail.ts'
import { BALANCED, ENOUGH } from './calibration-book.ts'
import { Predictions } from './predictions.ts'
import { scanPredictions } from './scan-predictions.ts'

/** Actions that are spoken of, those furthest off first. */
const MOST_ACTIONS = 5

type Suggestion = CalibrationFeedback['suggestions'][number]

/**
 * What the outcomes say about the scores. `risk_adjustment` is the observed rate of bad outcomes minus the mean predicted risk. A
 * suggestion's `strength` is one minus the p-value of Spiegelhalter's test that the scores are right; for one that asks for
 * outcomes, the share of them that is missing.
 *
 * @see Spiegelhalter (1986), Probabilistic prediction in patient management and clinical trials, Statistics in Medicine 5.
 */
export async function calibrationFeedback(
  core: EngineCore,
  query: { readonly domain?: string | undefined },
): Promise<CalibrationFeedback> {
  const all = new Predictions()
  const actions = new Map<string, Predictions>()
  for await (const { risk, label, action } of scanPredictions(core, { domain: query.domain })) {
    all.add(risk, label)
    if (action === null) continue
    const own = actions.get(action) ?? new Predictions()
    actions.set(action, own)
    own.add(risk, label)
  }
  const byAction = [...actions]
    .flatMap(([action, predictions]) => suggest(predictions, action) ?? [])
    .toSorted((a, b) => b.strength - a.strength)
    .slice(0, MOST_ACTIONS)
  const overall = suggest(all, null)
  return {
    domain: query.domain ?? null,
    risk_adjustment: differenceOf(all),
    suggestions: all.n < ENOUGH ? [collectOutcomes(all.n)] : [...(overall ? [overall] : []), ...byAction],
  }
}

function suggest(predictions: Predictions, action: string | null): Suggestion | null {
  const difference = differenceOf(predictions)
  const { n, bad, meanPredicted, observedRate, variance, excess } = predictions
  if (difference === null || n < ENOUGH || Math.abs(difference) <= BALANCED || variance === 0) return null
  const isLow = difference > 0
  const of = action === null ? '' : ` of ${action}`
  return {
    type: isLow ? 'raise_scores' : 'lower_scores',
    message:
      `${bad} of ${n} outcomes${of} were bad where ${percent(meanPredicted)} was predicted: ` +
      `scores${of} are ${percent(Math.abs(difference))} too ${isLow ? 'low' : 'high'}`,
    strength: 1 - twoSidedTail(excess / Math.sqrt(variance)),
    evidence: { action, outcomes: n, negative_rate: observedRate, mean_predicted_risk: meanPredicted },
  }
}

function collectOutcomes(known: number): Suggestion {
  return {
    type: 'collect_outcomes',
    message: `${known} outcomes are known; from ${ENOUGH} on it can be said how good the scores are`,
    strength: 1 - known / ENOUGH,
    evidence: { outcomes: known, needed: ENOUGH - known },
  }
}

function differenceOf({ observedRate, meanPredicted }: Predictions): number | null {
  return observedRate === null || meanPredicted === null ? null : observedRate - meanPredicted
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 1000) / 10} %`
}
