import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock } from './support/temporary.ts'

const HOUR = 3_600_000

async function decide(engine: Engine, more: Partial<Parameters<Engine['evaluate']>[0]> = {}): Promise<string> {
  const answer = await engine.evaluate({ action: 'refund', actor: 'agent', domain: 'payments', value: 10, ...more })
  return answer.request_id
}

describe('outcomes of decisions', () => {
  it('are found by request, case and validation, and are missing until reported', async () => {
    const engine = openEngine()
    const id = await decide(engine)
    await expect(engine.outcomes.get(id)).rejects.toMatchObject({ code: 'outcome_not_found' })
    const report = await engine.outcomes.report({ request_id: id, status: 'SUCCESS' })
    const suffix = id.replace('act_', '')
    expect(await engine.outcomes.get(id)).toEqual(report)
    expect(await engine.outcomes.getByCase(`case_${suffix}`)).toEqual(report)
    expect(await engine.outcomes.getByValidation(`val_${suffix}`)).toEqual(report)
  })

  it('are accepted or refused one by one in a batch', async () => {
    const engine = openEngine()
    const id = await decide(engine)
    const answer = await engine.outcomes.reportBatch({
      outcomes: [
        { request_id: id, status: 'SUCCESS' },
        { request_id: 'act_missing', status: 'SUCCESS' },
        { request_id: id, status: 'WONDERFUL' },
      ],
    })
    expect(answer).toMatchObject({
      accepted: 1,
      failed: 2,
      results: [
        { index: 0, ok: true, outcome: { status: 'SUCCESS', report_source: 'batch' } },
        { index: 1, ok: false, error: { code: 'decision_not_found' } },
        { index: 2, ok: false, error: { code: 'invalid_input', message: expect.stringContaining('status') } },
      ],
    })
  })

  it('are told in order by the timeline: decision, execution, outcome, correction', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const id = await decide(engine, { context: { call: { effect_key: 'k', arguments_digest: 'd' } } })
    clock.advance(HOUR)
    await engine.settleEffect(id.replace('act_', 'eff_'), { state: 'succeeded' })
    await engine.outcomes.report({ request_id: id, status: 'SUCCESS' })
    clock.advance(24 * HOUR)
    await engine.outcomes.report({ request_id: id, status: 'FRAUD', description: 'charged back', reported_by: 'bank' })
    expect(await engine.outcomes.timeline(id)).toMatchObject({
      current_status: 'FRAUD',
      count: 4,
      events: [
        { type: 'decision', at: '2026-07-01T12:00:00.000Z', status: 'allowed' },
        { type: 'execution', at: '2026-07-01T13:00:00.000Z', status: 'succeeded' },
        { type: 'outcome', status: 'SUCCESS' },
        { type: 'outcome_update', at: '2026-07-02T13:00:00.000Z', status: 'FRAUD', actor: 'bank' },
      ],
    })
    await expect(engine.outcomes.timeline('act_nobody')).rejects.toMatchObject({ code: 'decision_not_found' })
  })

  it('are pending for what ran and has none, oldest first, by age', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const old = await decide(engine)
    clock.advance(5 * HOUR)
    const young = await decide(engine)
    const done = await decide(engine)
    await engine.outcomes.report({ request_id: done, status: 'SUCCESS' })
    await engine.killSwitch.activate({ reason: 'test' })
    await decide(engine)
    expect(await engine.outcomes.pending()).toMatchObject({
      total: 2,
      pending: [
        { request_id: old, age_hours: 5 },
        { request_id: young, age_hours: 0 },
      ],
    })
    expect(await engine.outcomes.pending({ min_age_hours: 1 })).toMatchObject({ total: 1 })
    expect((await engine.outcomes.pending({ limit: 1 })).pending).toHaveLength(1)
  })

  it('add up in the analytics, each decision by its newest outcome', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const ids = [await decide(engine), await decide(engine), await decide(engine), await decide(engine)] as const
    clock.advance(HOUR)
    await engine.outcomes.report({ request_id: ids[0], status: 'SUCCESS' })
    await engine.outcomes.report({ request_id: ids[0], status: 'FRAUD', revenue_impact: -50, customer_impact_count: 2 })
    await engine.outcomes.report({ request_id: ids[1], status: 'SUCCESS' })
    await engine.outcomes.report({ request_id: ids[2], status: 'SUCCESS' })
    await engine.outcomes.report({
      request_id: ids[3],
      status: 'NO_EFFECT',
      rollback_performed: true,
      correction_needed: true,
      correction_cost: 7,
    })
    const other = await decide(engine, { domain: 'mails' })
    await engine.outcomes.report({ request_id: other, status: 'FAILURE' })
    expect(await engine.outcomes.analytics({ domain: 'payments' })).toMatchObject({
      domain: 'payments',
      total: 4,
      by_status: { FRAUD: 1, SUCCESS: 2, NO_EFFECT: 1 },
      by_category: { positive: 2, neutral: 1, negative: 1 },
      positive_rate: 2 / 3,
      negative_rate: 1 / 3,
      // FRAUD 1.0, SUCCESS 0, SUCCESS 0, NO_EFFECT 0.1 (taxonomy)
      avg_severity: 1.1 / 4,
      avg_time_to_outcome_s: 3600,
      corrections: { count: 1, total_cost: 7 },
      rollbacks: 1,
      business_impact: { revenue_impact: -50, customer_impact_count: 2, support_tickets_created: 0 },
      by_action: [{ action: 'refund', total: 4, positive_rate: 2 / 3 }],
    })
    expect(await engine.outcomes.analytics({ since: '2030-01-01T00:00:00Z' })).toMatchObject({
      total: 0,
      positive_rate: null,
      avg_severity: null,
    })
  })

  it('say whether recommendations were followed and helped', async () => {
    const clock = new TestClock('2026-07-06T10:00:00.000Z')
    const engine = openEngine({ now: clock.now })
    const [good, bad, neutral, ignored] = [
      await decide(engine),
      await decide(engine),
      await decide(engine),
      await decide(engine, { domain: 'mails' }),
    ]
    await engine.outcomes.report({ request_id: good, status: 'SUCCESS' })
    await engine.outcomes.report({ request_id: bad, status: 'FRAUD' })
    await engine.outcomes.report({ request_id: neutral, status: 'NO_EFFECT' })
    clock.advance(7 * 24 * HOUR)
    await engine.outcomes.report({
      request_id: ignored,
      status: 'FAILURE',
      details: { recommendation_followed: false },
    })
    const quality = await engine.outcomes.recommendationQuality()
    expect(quality).toMatchObject({
      total_with_outcome: 4,
      follow_rate: 3 / 4,
      positive_after_following: 1 / 2,
      quadrants: { followed_positive: 1, followed_negative: 1, ignored_positive: 0, ignored_negative: 1 },
      by_domain: [
        { domain: 'payments', total: 3, followed: 3, ignored: 0, follow_rate: 1, followed_positive: 1 },
        { domain: 'mails', total: 1, followed: 0, ignored: 1, follow_rate: 0, ignored_negative: 1 },
      ],
      by_actor: [{ actor_type: 'agent', total: 4 }],
      trend: [
        { week: '2026-07-06', total: 3 },
        { week: '2026-07-13', total: 1 },
      ],
    })
    expect(quality.examples.helped.map((each) => each.request_id)).toEqual([good])
    expect(quality.examples.missed.map((each) => each.request_id)).toEqual([ignored, bad])
    expect(await engine.outcomes.partnerView('payments')).toMatchObject({
      overview: { decisions_evaluated: 3, with_outcome: 3, follow_rate: 1, positive_after_following: 0.5 },
      by_action: [{ action: 'refund', total: 3, with_outcome: 3, positive_rate: 0.5, negative_rate: 0.5 }],
      sparse_evidence: [{ action: 'refund', needed: 28 }],
    })
  })

  it('have a taxonomy', async () => {
    const { statuses, categories } = await openEngine().outcomes.taxonomy()
    expect(categories).toEqual(['positive', 'neutral', 'negative'])
    expect(statuses).toContainEqual(expect.objectContaining({ status: 'FAILURE', aliases: ['TOOL_ERROR'] }))
  })
})
