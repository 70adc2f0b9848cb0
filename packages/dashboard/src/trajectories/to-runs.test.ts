import type { DecisionSummary } from '@bighub/core'
import { expect, it } from 'vitest'
import { toRuns } from './to-runs.ts'

function step(facts: Partial<DecisionSummary>): DecisionSummary {
  return {
    request_id: 'act_1',
    case_id: 'case_1',
    validation_id: 'val_1',
    action: 'refund',
    tool: 'refund',
    actor: 'agent',
    target: null,
    value: 10,
    domain: null,
    trajectory_id: 'run-1',
    recommendation: 'proceed',
    result: 'allowed',
    blocked_by: null,
    risk_score: 0.1,
    approval_status: null,
    effect_state: null,
    outcome_status: null,
    outcome_category: null,
    created_at: '2026-01-01T00:00:00.000Z',
    ...facts,
  }
}

it('counts the steps of each run and what happened, the newest run first', () => {
  const runs = toRuns([
    step({ trajectory_id: 'run-2', created_at: '2026-01-03T00:00:00.000Z', result: 'blocked' }),
    step({ created_at: '2026-01-02T00:00:00.000Z', risk_score: 0.7, approval_status: 'denied', actor: 'other' }),
    step({ outcome_category: 'negative' }),
    step({ trajectory_id: null }),
  ])
  expect(runs).toEqual([
    {
      id: 'run-2',
      actors: ['agent'],
      steps: 1,
      lastAt: '2026-01-03T00:00:00.000Z',
      highestRisk: 0.1,
      value: 0,
      bad: 0,
      refused: 1,
      pending: 0,
    },
    {
      id: 'run-1',
      actors: ['other', 'agent'],
      steps: 2,
      lastAt: '2026-01-02T00:00:00.000Z',
      highestRisk: 0.7,
      value: 10,
      bad: 1,
      refused: 1,
      pending: 0,
    },
  ])
})
