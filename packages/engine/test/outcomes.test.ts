import { OUTCOME_TAXONOMY } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock } from './support/temporary.ts'

const refund = { action: 'refund', actor: 'agent', domain: 'payments', target: 'order-1', value: 20 } as const

async function decide(engine: Engine): Promise<{ id: string; risk: number }> {
  const { request_id: id, risk_score: risk } = await engine.evaluate({ ...refund })
  return { id, risk }
}

const riskNow = async (engine: Engine): Promise<number> =>
  (await engine.evaluate({ ...refund, dry_run: true })).risk_score

describe('an outcome', () => {
  it.each(OUTCOME_TAXONOMY)('$status is $category', async ({ status, category, severity }) => {
    const engine = openEngine()
    const { id, risk } = await decide(engine)
    const report = await engine.reportOutcome({ request_id: id, status: ` ${status.toLowerCase()} ` })
    const label = category === 'neutral' ? null : category === 'negative' ? 1 : 0
    expect(report).toMatchObject({
      request_id: id,
      status,
      category,
      severity,
      decision_context: { action: 'refund', actor_type: 'agent', domain: 'payments', risk_score_was: risk },
      calibration: { error: label === null ? null : risk - label },
      recommendation_followed: status !== 'BLOCKED',
    })
    expect(await engine.calibration.report()).toMatchObject({ sample_size: label === null ? 0 : 1 })
    expect(await engine.statistics()).toMatchObject({ outcomes: 1 })
  })

  it('finds its decision by any of the three ids', async () => {
    const engine = openEngine()
    const { request_id, case_id, validation_id } = await engine.evaluate({ ...refund })
    const found = await Promise.all([
      engine.reportOutcome({ request_id, status: 'SUCCESS' }),
      engine.reportOutcome({ case_id: case_id ?? '', status: 'SUCCESS' }),
      engine.reportOutcome({ validation_id: validation_id ?? '', status: 'SUCCESS' }),
    ])
    expect(new Set(found.map((report) => report.request_id))).toEqual(new Set([request_id]))
    expect(found[0]).toMatchObject({ case_id, validation_id })
  })

  it('keeps what was reported, and works out the time that it took', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now, organisation: 'acme' })
    const { id } = await decide(engine)
    clock.advance(60_000)
    const report = await engine.reportOutcome({
      request_id: id,
      status: 'ROLLBACK',
      description: 'booked twice',
      details: { ticket: 7 },
      correction_needed: true,
      correction_cost: 12.5,
      revenue_impact: -40,
      customer_impact_count: 3,
      rollback_performed: true,
      observed_at: '2026-07-01T12:00:30Z',
      tags: ['double'],
    })
    expect(report).toMatchObject({
      org_id: 'acme',
      description: 'booked twice',
      details: { ticket: 7 },
      correction: { needed: true, cost: 12.5, time_to_detect_s: null },
      rollback: { performed: true },
      business_impact: { revenue_impact: -40, customer_impact_count: 3, support_tickets_created: 0 },
      decision_at: '2026-07-01T12:00:00.000Z',
      reported_at: '2026-07-01T12:01:00.000Z',
      time_to_outcome_s: 30,
      tags: ['double'],
    })
    const records = await engine.recordsOf(id)
    expect(records.at(-1)?.payload).toEqual({ report })
  })

  it('is what the model learns from', async () => {
    const engine = openEngine()
    const before = await riskNow(engine)
    const { id } = await decide(engine)
    expect(await riskNow(engine)).toBe(before)
    await engine.reportOutcome({ request_id: id, status: 'FRAUD' })
    expect(await riskNow(engine)).toBeGreaterThan(before + 0.05)
    const { intelligence } = await engine.evaluate({ ...refund })
    expect(intelligence?.precedents?.negative).toMatchObject({ request_id: id, outcome_status: 'FRAUD' })
  })

  it('changes no record that was written before it', async () => {
    const engine = openEngine()
    const { id } = await decide(engine)
    const before = await engine.recordsOf(id)
    await engine.reportOutcome({ request_id: id, status: 'FRAUD' })
    await engine.reportOutcome({ request_id: id, status: 'SUCCESS' })
    const after = await engine.recordsOf(id)
    expect(after.slice(0, 1)).toEqual(before)
    expect(JSON.stringify(after[0]?.kept)).not.toMatch(/FRAUD|label|outcome/)
  })

  it('that is corrected counts as the last one, forth and back', async () => {
    const engine = openEngine()
    const { id } = await decide(engine)
    const seen: (number | null)[] = []
    for (const status of ['SUCCESS', 'FRAUD', 'NO_EFFECT', 'FRAUD', 'SUCCESS']) {
      await engine.reportOutcome({ request_id: id, status })
      const { sample_size: size, observed_negative_rate: rate } = await engine.calibration.report({
        domain: 'payments',
      })
      seen.push(size === 0 ? null : rate)
    }
    expect(seen).toEqual([0, 1, null, 1, 0])
    expect(await engine.statistics()).toMatchObject({ decisions: 1, outcomes: 1, records: 6 })
    expect((await engine.recordsOf(id)).filter(({ type }) => type === 'outcome')).toHaveLength(5)
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('that is delivered twice teaches once', async () => {
    const [once, twice] = [openEngine(), openEngine()]
    for (const [engine, times] of [
      [once, 1],
      [twice, 3],
    ] as const) {
      const { id } = await decide(engine)
      for (let n = 0; n < times; n++) await engine.reportOutcome({ request_id: id, status: 'FRAUD' })
    }
    expect(await riskNow(twice)).toBe(await riskNow(once))
    expect(await twice.calibration.report()).toEqual(await once.calibration.report())
  })

  it('that arrives twice at once teaches once', async () => {
    const [once, twice] = [openEngine(), openEngine()]
    const [a, b] = [await decide(once), await decide(twice)]
    await once.reportOutcome({ request_id: a.id, status: 'FRAUD' })
    await Promise.all([1, 2].map(() => twice.reportOutcome({ request_id: b.id, status: 'FRAUD' })))
    expect(await riskNow(twice)).toBe(await riskNow(once))
    expect(await twice.verifyState()).toMatchObject({ equal: true })
  })

  it('says whether the recommendation was followed', async () => {
    const engine = openEngine()
    await engine.constraints.create({ max_value: 1000, require_approval_above: 100 })
    const followed = async (value: number, status: string, details: Record<string, unknown> = {}, answer = false) => {
      const { request_id } = await engine.evaluate({ action: 'refund', value })
      if (answer) await engine.resolveApproval(request_id, { resolution: 'approved' })
      return (await engine.reportOutcome({ request_id, status, details })).recommendation_followed
    }
    expect(await followed(10, 'SUCCESS')).toBe(true)
    expect(await followed(10, 'BLOCKED')).toBe(false)
    expect(await followed(5000, 'BLOCKED')).toBe(true)
    expect(await followed(5000, 'SUCCESS')).toBe(false)
    expect(await followed(500, 'SUCCESS')).toBe(false)
    expect(await followed(500, 'SUCCESS', {}, true)).toBe(true)
    expect(await followed(500, 'BLOCKED')).toBeNull()
    expect(await followed(10, 'SUCCESS', { recommendation_followed: false })).toBe(false)
  })

  it('of no decision, or in a wrong form, is refused and leaves nothing', async () => {
    const engine = openEngine()
    const { id } = await decide(engine)
    const dry = await engine.evaluate({ ...refund, dry_run: true })
    for (const request_id of ['act_nobody', dry.request_id, 'eff_x', '__proto__'])
      await expect(engine.reportOutcome({ request_id, status: 'SUCCESS' })).rejects.toMatchObject({
        code: 'decision_not_found',
        id: request_id,
      })
    for (const [report, field] of [
      [{ status: 'SUCCESS' }, 'request_id'],
      [{ status: 'FINE', request_id: id }, 'status'],
      [{ status: 'SUCCESS', request_id: id, tags: 'x' }, 'tags'],
      [{ status: 'SUCCESS', request_id: id, revenue_impact: Number.NaN }, 'revenue_impact'],
      [{ status: 'SUCCESS', request_id: id, observed_at: 'soon' }, 'observed_at'],
    ] as const)
      await expect(engine.reportOutcome(report as never)).rejects.toMatchObject({ code: 'invalid_input', field })
    expect(await engine.statistics()).toMatchObject({ records: 1, outcomes: 0 })
  })

  it('takes details of any kind', async () => {
    const engine = openEngine()
    const { id } = await decide(engine)
    const cyclic: Record<string, unknown> = {}
    cyclic['self'] = cyclic
    await expect(engine.reportOutcome({ request_id: id, status: 'FAILURE', details: cyclic })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const details = { error: new Date(0), big: 10n, nan: Number.NaN, text: '\ud800', none: undefined }
    await engine.reportOutcome({ request_id: id, status: 'FAILURE', details })
    expect(await engine.statistics()).toMatchObject({ records: 2 })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
  })
})
