import { calibrationReportSchema, driftSchema, qualityHistorySchema, reliabilitySchema } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

const DAY_MS = 86_400_000

/** A decision of elsewhere with a given score, and its outcome. */
async function tell(
  engine: Engine,
  {
    risk,
    status,
    domain = 'payments',
    tool = 'stripe',
    action = 'refund',
    actor = 'agent',
  }: {
    risk: number
    status: string | null
    domain?: string
    tool?: string
    action?: string
    actor?: string
  },
): Promise<string> {
  const { case_id } = await engine.cases.create({
    domain,
    action: { tool, action },
    verdict: { verdict: 'ALLOWED', risk_score: risk },
    actor_type: actor,
  })
  if (status !== null) await engine.cases.reportOutcome(case_id, { status })
  return case_id
}

async function tellMany(
  engine: Engine,
  count: number,
  bad: number,
  fields: Omit<Parameters<typeof tell>[1], 'status'>,
) {
  for (let index = 0; index < count; index++)
    await tell(engine, { ...fields, status: index < bad ? 'FAILURE' : 'SUCCESS' })
}

describe('the calibration report', () => {
  it('is worked out from the predictions as they were made', async () => {
    const engine = openEngine({ file: temporaryFile() })
    await tellMany(engine, 20, 4, { risk: 0.2 })
    await tellMany(engine, 20, 10, { risk: 0.8 })
    await tell(engine, { risk: 0.9, status: 'NO_EFFECT' })
    await tell(engine, { risk: 0.9, status: null })
    const report = await engine.calibration.report({ domain: 'payments' })
    expect(calibrationReportSchema.parse(report)).toMatchObject({
      sample_size: 40,
      mean_predicted_risk: expect.closeTo(0.5, 9),
      observed_negative_rate: 0.35,
      // 4·0.64 + 16·0.04 + 10·0.04 + 10·0.64 = 10 of 40.
      brier_score: expect.closeTo(0.25, 9),
      quality_score: expect.closeTo(0.75, 9),
      // Half of all are 0.3 off, the others not at all.
      expected_calibration_error: expect.closeTo(0.15, 9),
      calibration_quality: 'poor',
      bias_direction: 'overestimates_risk',
      domain: 'payments',
      tool: null,
      risk_band: null,
    })
    expect(await engine.calibration.report({ risk_band: 'low' })).toMatchObject({
      sample_size: 20,
      expected_calibration_error: expect.closeTo(0, 9),
      calibration_quality: 'insufficient_data',
      bias_direction: 'unknown',
    })
    expect(await engine.cases.calibration({ domain: 'payments' })).toEqual(report)
    expect(await engine.calibration.report({ domain: '' })).toMatchObject({ sample_size: 40, domain: null })
  })

  it('says nothing where there is nothing', async () => {
    const engine = openEngine()
    expect(await engine.calibration.report({ tool: 'none' })).toMatchObject({
      sample_size: 0,
      brier_score: null,
      expected_calibration_error: null,
      mean_predicted_risk: null,
      observed_negative_rate: null,
      calibration_quality: 'insufficient_data',
      bias_direction: 'unknown',
      tool: 'none',
    })
    expect(await engine.calibration.reliability()).toEqual({ bins: [], total: 0, domain: null, tool: null })
    expect(await engine.calibration.breakdown()).toEqual({ by: 'domain', groups: [] })
    expect(await engine.calibration.qualityHistory()).toEqual([])
  })

  it('uses the newest of an outcome that was corrected', async () => {
    const engine = openEngine()
    const id = await tell(engine, { risk: 0.4, status: 'SUCCESS' })
    await engine.cases.reportOutcome(id, { status: 'FRAUD' })
    expect(await engine.calibration.report()).toMatchObject({ sample_size: 1, observed_negative_rate: 1 })
  })
})

describe('the reliability table', () => {
  it('shows what was predicted beside what happened, with intervals', async () => {
    const engine = openEngine()
    await tellMany(engine, 10, 0, { risk: 0.1 })
    await tellMany(engine, 10, 9, { risk: 0.7, tool: 'other' })
    const { bins, total } = reliabilitySchema.parse(await engine.calibration.reliability())
    expect(total).toBe(20)
    expect(bins).toEqual([
      {
        lower: 0.1,
        upper: 0.1,
        count: 10,
        mean_predicted: 0.1,
        observed_rate: 0,
        interval: [0, expect.closeTo(0.2775, 4)],
      },
      {
        lower: 0.7,
        upper: 0.7,
        count: 10,
        mean_predicted: 0.7,
        observed_rate: 0.9,
        interval: [expect.closeTo(0.5958, 4), expect.closeTo(0.9821, 4)],
      },
    ])
    expect(await engine.calibration.reliability({ tool: 'other' })).toMatchObject({ total: 10, tool: 'other' })
  })
})

describe('drift', () => {
  it('is a difference of two windows that chance does not explain', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    await tellMany(engine, 40, 4, { risk: 0.2 })
    clock.advance(20 * DAY_MS)
    await tellMany(engine, 40, 20, { risk: 0.2 })
    // 0.5 − 0.1 over √(0.3 · 0.7 · 0.05).
    const found = driftSchema.parse(await engine.calibration.drift())
    expect(found).toMatchObject({
      window_days: 14,
      drift_detected: true,
      drift_score: expect.closeTo(0.4 / Math.sqrt(0.0105), 9),
      direction: 'riskier',
      current: { n: 40, observed_rate: 0.5, mean_predicted: expect.closeTo(0.2, 9) },
      previous: { n: 40, observed_rate: 0.1 },
    })
    expect(await engine.calibration.drift({ window_days: 30 })).toMatchObject({
      drift_detected: false,
      drift_score: null,
      direction: 'none',
      current: { n: 80 },
      previous: { n: 0, observed_rate: null, brier: null },
    })
    expect(await engine.calibration.drift({ domain: 'nowhere' })).toMatchObject({ drift_score: null })
  })
})

describe('the breakdown', () => {
  it('has a group for each value, the largest first', async () => {
    const engine = openEngine()
    await tellMany(engine, 3, 1, { risk: 0.1, domain: 'payments', actor: 'a' })
    await tellMany(engine, 2, 2, { risk: 0.9, domain: 'shipping', tool: 'mail', action: 'send', actor: 'b' })
    const keys = async (by: 'domain' | 'tool' | 'action' | 'actor_type' | 'risk_band') =>
      (await engine.calibration.breakdown({ by })).groups.map(({ key, n }) => [key, n])
    expect(await keys('domain')).toEqual([
      ['payments', 3],
      ['shipping', 2],
    ])
    expect(await keys('tool')).toEqual([
      ['stripe', 3],
      ['mail', 2],
    ])
    expect(await keys('action')).toEqual([
      ['refund', 3],
      ['send', 2],
    ])
    expect(await keys('actor_type')).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    expect(await keys('risk_band')).toEqual([
      ['low', 3],
      ['critical', 2],
    ])
  })
})

describe('feedback', () => {
  it('asks for outcomes while there are few', async () => {
    const engine = openEngine()
    await tellMany(engine, 3, 1, { risk: 0.3 })
    const { risk_adjustment, suggestions } = await engine.calibration.feedback()
    expect(risk_adjustment).toBeCloseTo(1 / 3 - 0.3, 9)
    expect(suggestions).toEqual([
      expect.objectContaining({ type: 'collect_outcomes', strength: 0.9, evidence: { outcomes: 3, needed: 27 } }),
    ])
  })

  it('says by how much scores are off, and of which actions', async () => {
    const engine = openEngine()
    await tellMany(engine, 30, 15, { risk: 0.1, action: 'delete' })
    await tellMany(engine, 30, 3, { risk: 0.1, action: 'read' })
    const { risk_adjustment, suggestions } = await engine.calibration.feedback({ domain: 'payments' })
    expect(risk_adjustment).toBeCloseTo(0.2, 9)
    expect(suggestions.map(({ type, evidence }) => [type, evidence['action']])).toEqual([
      ['raise_scores', null],
      ['raise_scores', 'delete'],
    ])
    expect(suggestions[0]?.strength).toBeGreaterThan(0.999)
    expect(suggestions[1]?.message).toBe(
      '15 of 30 outcomes of delete were bad where 10 % was predicted: scores of delete are 40 % too low',
    )
  })
})

describe('an observation', () => {
  it('counts in the report of its domain, once for a case', async () => {
    const engine = openEngine({ file: temporaryFile() })
    const observe = (status: string, risk = 0.3) =>
      engine.calibration.observe({
        case_id: 'order-1',
        predicted_risk: risk,
        outcome_status: status,
        domain: 'payments',
        tool: 'stripe',
      })
    expect(await observe('success')).toEqual({
      recorded: true,
      case_id: 'order-1',
      predicted_risk: 0.3,
      outcome_status: 'SUCCESS',
      actual: 0,
      error: 0.3,
      brier: 0.09,
    })
    await observe('SUCCESS')
    expect(await engine.statistics()).toMatchObject({ records: 1, decisions: 0 })
    expect(await engine.calibration.report({ domain: 'payments', tool: 'stripe' })).toMatchObject({
      sample_size: 1,
      observed_negative_rate: 0,
      brier_score: expect.closeTo(0.09, 9),
    })
    await observe('FRAUD', 0.6)
    expect(await engine.calibration.report({ domain: 'payments' })).toMatchObject({
      sample_size: 1,
      observed_negative_rate: 1,
      mean_predicted_risk: 0.6,
    })
    await observe('NO_EFFECT')
    expect(await engine.calibration.report()).toMatchObject({ sample_size: 0 })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
  })

  it('of a status that there is not is refused', async () => {
    const engine = openEngine()
    const bad = engine.calibration.observe({ case_id: 'x', predicted_risk: 0.1, outcome_status: 'FINE' })
    await expect(bad).rejects.toMatchObject({ code: 'invalid_input', field: 'outcome_status' })
    expect(await engine.statistics()).toMatchObject({ records: 0 })
  })
})

describe('the quality history', () => {
  it('has an entry for each local day with outcomes, oldest first', async () => {
    const clock = new TestClock('2026-07-01T23:30:00Z')
    const engine = openEngine({ now: clock.now, policy: { time_zone: 'Europe/Berlin' } })
    await tell(engine, { risk: 0.5, status: 'SUCCESS' })
    clock.advance(DAY_MS)
    await tell(engine, { risk: 0.2, status: 'SUCCESS' })
    await tell(engine, { risk: 0.2, status: 'FAILURE' })
    const history = qualityHistorySchema.parse(await engine.calibration.qualityHistory())
    expect(history).toEqual([
      { date: '2026-07-02', count: 1, quality_score: 0.75, positive_rate: 1, mean_predicted: 0.5 },
      { date: '2026-07-03', count: 2, quality_score: expect.closeTo(0.66, 9), positive_rate: 0.5, mean_predicted: 0.2 },
    ])
    expect(await engine.calibration.qualityHistory({ days: 1 })).toHaveLength(1)
  })
})
