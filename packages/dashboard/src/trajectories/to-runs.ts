import type { DecisionSummary } from '@bighub/core'

/** What is seen of one run among a number of decisions. */
export interface RunSummary {
  readonly id: string
  readonly actors: readonly string[]
  readonly steps: number
  readonly lastAt: string
  readonly highestRisk: number
  /** Sum of the values of calls that were not refused. */
  readonly value: number
  readonly bad: number
  readonly refused: number
  readonly pending: number
}

/** The runs of decisions that come newest first; the run with the newest step first. */
export function toRuns(decisions: readonly DecisionSummary[]): RunSummary[] {
  const byRun = Map.groupBy(
    decisions.filter(({ trajectory_id }) => trajectory_id),
    ({ trajectory_id }) => trajectory_id ?? '',
  )
  return [...byRun].map(([id, steps]) => ({
    id,
    actors: [...new Set(steps.map(({ actor }) => actor))],
    steps: steps.length,
    lastAt: steps[0]?.created_at ?? '',
    highestRisk: Math.max(...steps.map(({ risk_score }) => risk_score)),
    value: steps.reduce((sum, step) => sum + (isRefused(step) ? 0 : (step.value ?? 0)), 0),
    bad: steps.filter(({ outcome_category }) => outcome_category === 'negative').length,
    refused: steps.filter(isRefused).length,
    pending: steps.filter(({ approval_status }) => approval_status === 'pending').length,
  }))
}

/** Blocked, or held and not approved in the end. */
export function isRefused({ result, approval_status }: DecisionSummary): boolean {
  return result === 'blocked' || ['denied', 'expired', 'cancelled'].includes(approval_status ?? '')
}
