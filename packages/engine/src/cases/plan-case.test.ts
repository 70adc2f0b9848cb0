import { describe, expect, it } from 'vitest'
import { EngineState, type EvaluationKept } from '../engine-state.ts'
import { planCase } from './plan-case.ts'

const AT = Date.parse('2026-07-01T12:00:00Z')
const told = { source: 'case', subject: 'act_1', action: 'refund', domain: 'payments', value: 20 } as const

function keptOf(fields: Partial<Parameters<typeof planCase>[0]>): EvaluationKept {
  return planCase({ ...told, ...fields }, new EngineState(), AT).kept as unknown as EvaluationKept
}

describe('a decision of elsewhere', () => {
  it.each([
    ['ALLOWED', 'allowed', 'proceed'],
    ['LIMITED', 'allowed', 'proceed_with_caution'],
    ['DRY_RUN', 'allowed', 'proceed'],
    ['APPROVAL_REQUIRED', 'requires_approval', 'review_recommended'],
    ['BLOCKED', 'blocked', 'do_not_proceed'],
  ] as const)('%s is %s with the advice %s', (verdict, result, recommendation) => {
    expect(keptOf({ verdict })).toMatchObject({ verdict, result, recommendation })
  })

  it('without a verdict or a score has what the model says of it', () => {
    const kept = keptOf({})
    expect(kept).toMatchObject({
      result: 'allowed',
      source: 'case',
      step: null,
      claim: null,
    })
    expect(kept.risk).toBeGreaterThan(0)
    expect(keptOf({ riskScore: 0 }).risk).toBe(0)
    expect(keptOf({ riskScore: 0.9 }).prediction).toEqual(kept.prediction)
  })

  it('is under no rule and takes no part in a run', () => {
    const state = new EngineState()
    const context = { trajectory_id: 'traj_1', risk_score: 0.9, call: { effect_key: 'key' }, channel: 'web' }
    const record = planCase({ ...told, context, arguments: { order: 7 } }, state, AT)
    expect(record.kept).toMatchObject({ step: null, rules: [], rules_blocked: [], shadow: false })
    expect(record.payload).toEqual({
      case: { tool: null, actor: 'AI_AGENT', target: null, arguments: { order: 7 }, context: { channel: 'web' } },
    })
    state.apply({ ...record, type: 'case_created' })
    expect(state.decisions).toBe(1)
  })

  it('that takes the place of an earlier telling is not counted again', () => {
    const state = new EngineState()
    for (const replaces of [false, true]) state.apply(planCase({ ...told, replaces }, state, AT))
    expect(state.decisions).toBe(1)
  })

  it('in a wrong form is refused by name', () => {
    expect(() => keptOf({ action: '' })).toThrow(expect.objectContaining({ field: 'action' }))
    expect(() => keptOf({ value: Number.NaN })).toThrow(expect.objectContaining({ field: 'value' }))
  })
})
