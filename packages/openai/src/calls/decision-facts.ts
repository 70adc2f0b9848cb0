import type { EvaluatorAnswer } from '@bighub/core'
import { field } from '../provider/model-api.ts'

/** A decision as the evaluator gave it, or the one that a fail mode stands for. */
export type Decision = Readonly<Record<string, unknown>>

/** What is read out of a decision, each null where it has none. */
export interface DecisionFacts {
  readonly recommendation: string | null
  /** Estimated probability in [0, 1] that the outcome is negative. */
  readonly risk_score: number | null
  readonly enforcement_mode: string | null
  readonly trajectory_health: unknown
  readonly risk_band: unknown
  readonly confidence_zone: unknown
  readonly regret_band: unknown
  readonly decision_packet: unknown
}

/** Reads a decision, whoever made it. */
export function readDecision(decision: Decision | null): DecisionFacts {
  const packet = field(decision, 'decision_packet')
  const signal = field(packet, 'signal')
  const health = (name: string): unknown => field(field(decision, name), 'trajectory_health')
  return {
    recommendation: textOrNull(field(decision, 'recommendation')),
    risk_score: numberOrNull(field(decision, 'risk_score')),
    enforcement_mode: textOrNull(field(decision, 'enforcement_mode')),
    trajectory_health: health('decision_intelligence') ?? health('intelligence') ?? null,
    risk_band: field(signal, 'risk_band') ?? null,
    confidence_zone: field(signal, 'confidence_zone') ?? null,
    regret_band: field(signal, 'regret_band') ?? null,
    decision_packet: typeof packet === 'object' && packet && Object.keys(packet).length > 0 ? packet : null,
  }
}

/** The decision that a fail mode stands for when no evaluation can be had. It has no id: nothing was recorded. */
export function failModeDecision(isRun: boolean, failure: string): Decision {
  return {
    allowed: isRun,
    result: isRun ? 'allowed' : 'blocked',
    recommendation: isRun ? 'proceed' : 'do_not_proceed',
    enforcement_mode: 'advisory',
    reason: isRun
      ? `not evaluated, and run because the fail mode is open: ${failure}`
      : `not evaluated, and blocked because the fail mode is closed: ${failure}`,
  }
}

/** The trajectory that an answer puts a call into. */
export function readTrajectoryId(answer: EvaluatorAnswer | null): string | null {
  const nested: unknown = field(field(answer, 'intelligence'), 'trajectory_id')
  return textOrNull(nested) || textOrNull(field(answer, 'trajectory_id')) || null
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
