import type { Contribution, EvidenceStatus, PrecedentSummary } from '@bighub/core/protocol'
import type { Prediction } from '../risk/risk-model.ts'
import type { Recommended } from './recommend.ts'

/** Limits of confidence bands, on a scale of [0, 1] (risk-model.md §8). */
const BANDS = { low: 0.15, medium: 0.45 } as const

/** Band of a confidence: low < 0.15 ≤ medium < 0.45 ≤ high. */
export function confidenceLevel(confidence: number): 'low' | 'medium' | 'high' {
  if (confidence < BANDS.low) return 'low'
  return confidence < BANDS.medium ? 'medium' : 'high'
}

/** How much past stands behind an estimate: `none` when n = 0, else by n/(n + 3) with the same limits. */
export function evidenceStatus(evidence: number): EvidenceStatus {
  if (evidence <= 0) return 'none'
  const share = evidence / (evidence + 3)
  if (share < BANDS.low) return 'sparse'
  return share < BANDS.medium ? 'limited' : 'sufficient'
}

/** Contributions smaller than this are not worth a word, in log-odds. */
const WORTH_SAYING = 0.1

/**
 * Why, in plain words: what decided, then the largest pieces of evidence. Says what is known and how much; never claims a
 * cause.
 */
export function rationale(prediction: Prediction, decided: Recommended): string {
  const [lower, upper] = prediction.interval
  const estimate = `Estimated risk ${percent(prediction.probability)} (${percent(lower)} to ${percent(upper)})`
  const largest = prediction.contributions
    .filter((each) => Math.abs(each.log_odds) >= WORTH_SAYING)
    .slice(0, 3)
    .map((each) => each.text)
  const basis =
    prediction.evidence <= 0
      ? 'no outcome of a like call is known yet, so this is the prior'
      : largest.length > 0
        ? largest.join('; ')
        : 'what is known of like calls agrees with the base rate'
  return `${estimate}: ${basis}. ${capitalise(decided.reason)}.`
}

/** Warnings from rules, precedents and where the arguments came from. */
export function warningsFor(
  decided: Recommended,
  precedents: PrecedentSummary,
  situation: { taint: number; toolOnlyArguments: readonly string[]; isSampled: boolean },
): string[] {
  const warnings = [...decided.warnings, ...precedents.warnings]
  if (situation.taint > 0 && situation.toolOnlyArguments.length > 0)
    warnings.push(
      `${situation.toolOnlyArguments.join(', ')}: the value stands in a tool's output that reads like instructions, and the user did not give it`,
    )
  if (situation.isSampled)
    warnings.push('drawn for a review to learn from: report as its outcome what would have come of it, it stays held')
  return warnings
}

export function percent(probability: number): string {
  const value = probability * 100
  return `${value.toFixed(value < 10 ? 1 : 0)} %`
}

/** What is shown of contributions outside the engine: the largest eight. */
export function topContributions(prediction: Prediction): Contribution[] {
  return prediction.contributions.slice(0, 8)
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
