import { ROUTES } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

const told = {
  domain: 'payments',
  action: { tool: 'stripe', action: 'refund', arguments: { order: 'o-1' }, value: 120, target: 'order-1' },
  verdict: { verdict: 'BLOCKED', mode: 'gate', reasons: ['too much'], risk_score: 0.7, confidence: 0.4 },
  context: { axes: { reversibility: 0.2 }, risk_score: 0.9, channel: 'mail' },
  goal_summary: 'give the money back',
  trigger_source: 'ticket',
  actor_type: 'SUPPORT',
  actor_id: 'agent-7',
  agent_model: 'm-1',
  refs: { external_ref: 'ext-1' },
  tags: ['night'],
} as const

describe('a case', () => {
  it('of a decision of elsewhere is read back as it was told', async () => {
    const clock = new TestClock()
    const engine = openEngine({ file: temporaryFile(), now: clock.now, organisation: 'acme' })
    const made = ROUTES.cases.create.response.parse(
      await engine.cases.create({ ...told, tags: [...told.tags] } as never),
    )
    expect(made).toMatchObject({
      case_id: expect.stringMatching(/^case_/),
      request_id: expect.stringMatching(/^act_/),
      org_id: 'acme',
      domain: 'payments',
      action: { ...told.action, domain: 'payments' },
      verdict: told.verdict,
      context: { axes: { reversibility: 0.2 }, channel: 'mail' },
      simulation: null,
      goal_summary: 'give the money back',
      trigger_source: 'ticket',
      actor_type: 'SUPPORT',
      actor_id: 'agent-7',
      agent_model: 'm-1',
      refs: { external_ref: 'ext-1' },
      tags: ['night'],
      recommendation: 'do_not_proceed',
      risk_score: 0.7,
      outcome: null,
      outcome_status: null,
      created_at: '2026-07-01T12:00:00.000Z',
      updated_at: '2026-07-01T12:00:00.000Z',
    })
    expect(await engine.cases.get(made.case_id)).toEqual(made)
    expect(await engine.decisions.get(made.request_id ?? '')).toMatchObject({ result: 'blocked', actor: 'SUPPORT' })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('of which little is told has what the model says, and null for the rest', async () => {
    const engine = openEngine()
    const { risk_score } = await engine.evaluate({ action: 'refund', domain: 'payments', dry_run: true })
    const made = await engine.cases.create({ domain: 'payments', action: { tool: 'refund' }, verdict: {} })
    expect(made).toMatchObject({
      risk_score,
      verdict: { mode: null, reasons: [], confidence: null },
      actor_type: 'AI_AGENT',
      actor_id: '',
      agent_model: '',
      refs: {},
      tags: [],
      action: { tool: 'refund', action: 'refund', value: null, target: null },
    })
  })

  it('is the decision that it names, with what is told of it', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const { request_id, validation_id, risk_score } = await engine.evaluate({
      action: 'refund',
      actor: 'agent',
      domain: 'payments',
      value: 20,
      context: { channel: 'web', call: { tool: 'stripe', arguments: { order: 'o-1' } }, run: { goal: 'be kind' } },
    })
    clock.advance(1000)
    for (const refs of [{ request_id }, { validation_id }])
      expect(await engine.cases.create({ ...told, refs, tags: ['x'] } as never)).toMatchObject({
        request_id,
        action: { tool: 'stripe', action: 'refund', arguments: { order: 'o-1' }, value: 20, target: null },
        verdict: { verdict: 'ALLOWED', mode: 'FULL', risk_score },
        context: { channel: 'mail', axes: { reversibility: 0.2 } },
        simulation: { available: true },
        goal_summary: 'give the money back',
        actor_type: 'agent',
        actor_id: 'agent-7',
        tags: ['x'],
        updated_at: '2026-07-01T12:00:01.000Z',
      })
    expect(await engine.statistics()).toMatchObject({ decisions: 1, records: 3 })
    expect(await engine.cases.get(request_id.replace('act_', 'case_'))).toMatchObject({ request_id })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('that names no known decision is one of its own', async () => {
    const engine = openEngine()
    const made = await engine.cases.create({ ...told, refs: { request_id: 'act_elsewhere' }, tags: [] } as never)
    expect(made.request_id).not.toBe('act_elsewhere')
    expect(made.refs).toEqual({ request_id: 'act_elsewhere' })
  })

  it('teaches by its outcome as an evaluated decision does', async () => {
    const engine = openEngine()
    const riskNow = async () =>
      (await engine.evaluate({ action: 'refund', domain: 'payments', dry_run: true })).risk_score
    const before = await riskNow()
    const { case_id } = await engine.cases.create({ domain: 'payments', action: { action: 'refund' }, verdict: {} })
    expect(await riskNow()).toBe(before)
    const report = ROUTES.cases.reportOutcome.response.parse(
      await engine.cases.reportOutcome(case_id, { status: 'FRAUD', description: 'stolen card' }),
    )
    expect(report).toMatchObject({ case_id, status: 'FRAUD', report_source: 'case', description: 'stolen card' })
    expect(await riskNow()).toBeGreaterThan(before)
    expect(await engine.cases.get(case_id)).toMatchObject({ outcome_status: 'FRAUD', outcome: report })
  })

  it('of a decision of elsewhere followed no advice of ours, unless somebody says so', async () => {
    const engine = openEngine()
    const made = async () =>
      (await engine.cases.create({ domain: 'd', action: { action: 'refund' }, verdict: { verdict: 'BLOCKED' } }))
        .case_id
    const open = await engine.cases.reportOutcome(await made(), { status: 'BLOCKED' })
    expect(open.recommendation_followed).toBeNull()
    const said = { status: 'BLOCKED', details: { recommendation_followed: true } }
    expect((await engine.cases.reportOutcome(await made(), said)).recommendation_followed).toBe(true)
    expect(await engine.outcomes.recommendationQuality()).toMatchObject({ total_with_outcome: 2, follow_rate: 1 })
  })

  it('without a name of its action, or that does not exist, is refused', async () => {
    const engine = openEngine()
    await expect(engine.cases.create({ domain: 'x', action: {}, verdict: {} })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'action.action',
    })
    const wrong = { domain: 'x', action: { action: 'a' }, verdict: { verdict: 'MAYBE' } } as never
    await expect(engine.cases.create(wrong)).rejects.toMatchObject({ field: 'verdict.verdict' })
    await expect(engine.cases.get('case_none')).rejects.toMatchObject({ code: 'case_not_found' })
    await expect(engine.cases.reportOutcome('case_none', { status: 'SUCCESS' })).rejects.toMatchObject({
      code: 'case_not_found',
    })
    expect(await engine.statistics()).toMatchObject({ records: 0 })
  })
})

describe('the list of cases', () => {
  it('has them by filter, newest first, page by page', async () => {
    const engine = openEngine()
    const ids: string[] = []
    for (const [verdict, risk, tool] of [
      ['ALLOWED', 0.1, 'a'],
      ['LIMITED', 0.3, 'a'],
      ['BLOCKED', 0.9, 'b'],
      ['APPROVAL_REQUIRED', 0.6, 'b'],
      ['DRY_RUN', 0.2, 'c'],
    ] as const) {
      const made = await engine.cases.create({
        domain: 'd',
        action: { tool, action: `use_${tool}` },
        verdict: { verdict, risk_score: risk },
      })
      ids.push(made.case_id)
    }
    await engine.cases.reportOutcome(ids[0] ?? '', { status: 'SUCCESS' })
    const found = async (query: Parameters<typeof engine.cases.list>[0]) =>
      (await engine.cases.list(query)).cases.map(({ case_id }) => ids.indexOf(case_id))
    expect(await found({})).toEqual([4, 3, 2, 1, 0])
    expect(await found({ tool: 'b' })).toEqual([3, 2])
    expect(await found({ action: 'use_a', domain: 'd' })).toEqual([1, 0])
    expect(await found({ domain: 'other' })).toEqual([])
    for (const [index, verdict] of ['allowed', 'LIMITED', 'BLOCKED', 'APPROVAL_REQUIRED', 'DRY_RUN'].entries())
      expect(await found({ verdict })).toEqual([index])
    expect(await found({ has_outcome: true })).toEqual([0])
    expect(await found({ outcome_status: 'success' })).toEqual([0])
    expect(await found({ min_risk_score: 0.3, max_risk_score: 0.6 })).toEqual([3, 1])
    const page = ROUTES.cases.list.response.parse(await engine.cases.list({ limit: 2, offset: 1 }))
    expect(page).toMatchObject({ total: 5, limit: 2, offset: 1 })
    expect(page.cases.map(({ case_id }) => case_id)).toEqual([ids[3], ids[2]])
    expect(page.cases[0]).toEqual(await engine.cases.get(ids[3] ?? ''))
  })

  it('has our own decisions too, by the verdict that they come to', async () => {
    const engine = openEngine()
    await engine.constraints.create({ max_value: 100 })
    await engine.evaluate({ action: 'refund', value: 5 })
    await engine.evaluate({ action: 'refund', value: 500 })
    expect(await engine.cases.list({ verdict: 'BLOCKED' })).toMatchObject({
      total: 1,
      cases: [{ action: { value: 500 }, recommendation: 'do_not_proceed' }],
    })
  })
})

describe('precedents of a case', () => {
  it('are found by action, arguments, target and value', async () => {
    const engine = openEngine()
    const tell = async (target: string, value: number, order: string) =>
      (
        await engine.cases.create({
          domain: 'payments',
          action: { tool: 'stripe', action: 'refund', target, value, arguments: { order } },
          verdict: { verdict: 'ALLOWED', risk_score: 0.3 },
        })
      ).case_id
    const near = await tell('order-1', 100, 'o-1')
    const far = await tell('order-9', 90_000, 'o-9')
    await engine.cases.create({ domain: 'mail', action: { action: 'send' }, verdict: {} })
    await engine.cases.reportOutcome(near, { status: 'SUCCESS' })
    await engine.cases.reportOutcome(far, { status: 'FRAUD' })
    const found = ROUTES.cases.precedents.response.parse(
      await engine.cases.precedents({
        domain: 'payments',
        action: { action: 'refund', tool: 'stripe', target: 'order-1', value: 100, arguments: { order: 'o-1' } },
      }),
    )
    expect(found.precedents.map(({ case_id }) => case_id)).toEqual([near, far])
    expect(found.outcomes).toEqual({ SUCCESS: 1, FRAUD: 1 })
    expect(found.negative_rate).toBeLessThan(0.3)
    expect(await engine.cases.precedents({ action: { action: 'refund' }, limit: 1 })).toMatchObject({
      total_precedents: 2,
      precedents: [{}],
    })
  })
})
