import type { RiskBand } from '@bighub/core/protocol'

/** `low` [0, .25), `medium` [.25, .5), `high` [.5, .75), `critical` [.75, 1]. */
export function riskBand(probability: number): RiskBand {
  if (probability < 0.25) return 'low'
  if (probability < 0.5) return 'medium'
  return probability < 0.75 ? 'high' : 'critical'
}
