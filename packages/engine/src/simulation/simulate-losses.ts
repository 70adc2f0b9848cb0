import type { Costs, Recommendation, SimulationSummary } from '@bighub/core/protocol'
import { logit, sigmoid } from '../math/log-odds.ts'
import { randomFrom } from '../math/random-from.ts'
import { decideByRegret } from '../policy/decide-by-regret.ts'
import { riskBand } from '../risk/risk-band.ts'
import type { Prediction } from '../risk/risk-model.ts'

const DRAWS = 256
/** Half the width of a 90 % interval in standard deviations. */
const Z_90 = 1.645

export interface SimulationInput {
  readonly prediction: Pick<Prediction, 'probability' | 'interval' | 'confidence'>
  /** This call's stake over an ordinary one. */
  readonly stake: number
  /** Recorded severities of the action's bad outcomes; without any, a bad outcome costs the stake. */
  readonly severities: readonly number[]
  /** What risk alone advises; a draw in which another option is cheaper counts as fragile. */
  readonly recommendation: Recommendation
  readonly costs: Costs
  readonly reversibility: number | null
  /** Makes the draws repeatable. */
  readonly seed: number
}

/** Losses of the draws that end badly; reused, since simulation is synchronous. */
const losses = new Float64Array(DRAWS)

/** Standard normal quantiles at the middles of 256 equal shares: the belief is covered evenly instead of at random. */
const NORMAL = Float64Array.from({ length: DRAWS }, (_, index) => normalQuantile((index + 0.5) / DRAWS))

/**
 * Stage 8: losses drawn over what is not known. Each draw takes a risk from the belief about it (normal in log-odds, as wide
 * as the interval), decides whether it ends badly, and if so takes a recorded severity times the stake. The same decision
 * gives the same draws.
 */
export function simulateLosses(input: SimulationInput): SimulationSummary {
  const { prediction, stake, severities, costs } = input
  const centre = logit(prediction.probability)
  const spread = (logit(prediction.interval[1]) - logit(prediction.interval[0])) / (2 * Z_90)
  const next = randomFrom(input.seed)
  let failures = 0
  let fragile = 0
  for (let draw = 0; draw < DRAWS; draw++) {
    const risk = sigmoid(centre + spread * (NORMAL[draw] ?? 0))
    if (next() < risk) {
      const severity = severities.length === 0 ? 1 : (severities[Math.floor(next() * severities.length)] ?? 1)
      losses[failures++] = severity * stake
    }
    if (decideByRegret(risk, stake, costs) !== input.recommendation) fragile++
  }
  const sorted = losses.subarray(0, failures).toSorted()
  /** The losses in order are zeros first, then the sorted bad ones. */
  const quantile = (place: number): number => sorted[Math.floor(place * DRAWS) - (DRAWS - failures)] ?? 0
  const failureRate = failures / DRAWS
  return {
    available: true,
    scenarios_run: DRAWS,
    failure_rate: failureRate,
    fragility_score: fragile / DRAWS,
    confidence: prediction.confidence,
    tail_risk_level: riskBand(Math.min(1, quantile(0.95))),
    loss_p50: quantile(0.5),
    loss_p95: quantile(0.95),
    loss_worst: sorted.at(-1) ?? 0,
    ...(input.reversibility === null
      ? {}
      : { impact_summary: { irreversibility_risk: prediction.probability * (1 - input.reversibility) } }),
  }
}

/**
 * Quantile of the standard normal distribution by Newton's method on its distribution function, which is integrated by the
 * series Φ(x) = ½ + φ(x)(x + x³/3 + x⁵/15 + …) (Marsaglia 2004). Used once, when this file is loaded.
 */
function normalQuantile(share: number): number {
  let x = 0
  for (let round = 0; round < 50; round++) {
    const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
    let term = x
    let sum = x
    for (let odd = 3; Math.abs(term) > 1e-16 * Math.abs(sum) && odd < 400; odd += 2) {
      term *= (x * x) / odd
      sum += term
    }
    const step = (0.5 + density * sum - share) / density
    x -= Math.min(1, Math.max(-1, step))
    if (Math.abs(step) < 1e-12) break
  }
  return x
}
