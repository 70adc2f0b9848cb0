import { RETRIEVAL_STRATEGIES, ROUTES } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

const DAY_MS = 86_400_000

async function tell(
  engine: Engine,
  fields: {
    action?: string
    domain?: string
    actor?: string
    risk?: number
    reversibility?: number
    status?: string
  } = {},
): Promise<string> {
  const { action = 'refund', domain = 'payments', actor = 'agent', risk = 0.3, reversibility, status } = fields
  const { case_id } = await engine.cases.create({
    domain,
    action: { tool: 'stripe', action },
    verdict: { verdict: 'ALLOWED', risk_score: risk },
    actor_type: actor,
    ...(reversibility === undefined ? {} : { context: { axes: { reversibility } } }),
  })
  if (status) await engine.cases.reportOutcome(case_id, { status })
  return case_id
}

describe('precedents', () => {
  it('are the cases that are alike, with what became of them', async () => {
    const clock = new TestClock()
    const engine = openEngine({ file: temporaryFile(), now: clock.now })
    const same = [
      await tell(engine, { status: 'FRAUD' }),
      await tell(engine, { status: 'FRAUD' }),
      await tell(engine, { status: 'SUCCESS' }),
    ]
    const neutral = await tell(engine, { status: 'NO_EFFECT' })
    const open = await tell(engine)
    await tell(engine, { action: 'send', domain: 'mail', status: 'SUCCESS' })
    const query = { domain: 'payments', action: 'refund', actor_type: 'agent' }
    const found = ROUTES.precedents.query.response.parse(await engine.precedents.query(query))
    expect(found).toMatchObject({
      total_precedents: 5,
      with_outcomes: 4,
      // All are equally alike.
      negative_rate: expect.closeTo(2 / 3, 9),
      success_rate: expect.closeTo(1 / 3, 9),
      risk_level: 'high',
      confidence: expect.closeTo(3 / 6, 9),
      risk_adjustment: expect.closeTo(0, 9),
      warnings: ['most of 3 similar past cases went wrong'],
      outcomes: { FRAUD: 2, SUCCESS: 1, NO_EFFECT: 1 },
    })
    expect(found.precedents.map(({ case_id }) => case_id)).toEqual([open, neutral, ...same.toReversed()])
    expect(found.precedents[4]).toMatchObject({
      request_id: same[0]?.replace('case_', 'act_'),
      similarity: expect.closeTo(1, 9),
      domain: 'payments',
      tool: 'stripe',
      action: 'refund',
      risk_score: 0.3,
      verdict: 'ALLOWED',
      recommendation: 'proceed',
      outcome_status: 'FRAUD',
      outcome_category: 'negative',
      created_at: '2026-07-01T12:00:00.000Z',
    })
    expect(await engine.precedents.query({ ...query, require_outcome: true, max_results: 2 })).toMatchObject({
      total_precedents: 4,
      precedents: [{}, {}],
    })
    const { outcomes: _outcomes, precedents: _precedents, ...summary } = found
    expect(ROUTES.precedents.signals.response.parse(await engine.precedents.signals(query))).toEqual({
      ...summary,
      domain: 'payments',
      action: 'refund',
      tool: null,
    })
  })

  it('that are closer weigh more, and the adjustment says which way', async () => {
    const engine = openEngine()
    await tell(engine, { actor: 'night', status: 'FRAUD' })
    await tell(engine, { actor: 'day', status: 'SUCCESS' })
    const { negative_rate: rate, risk_adjustment: adjustment } = await engine.precedents.query({
      domain: 'payments',
      action: 'refund',
      actor_type: 'night',
    })
    // The day's case lacks the actor: 0.1 of the weights 0.3, 0.15, 0.1 and 0.03 that speak.
    const weight = Math.exp(-8 * (0.1 / 0.58))
    expect(rate).toBeCloseTo(1 / (1 + weight), 6)
    expect(adjustment).toBeCloseTo((1 + 3 * 0.5) / (1 + weight + 3) - 0.5, 6)
  })

  it('of what nobody did are none, and nothing is made up', async () => {
    const engine = openEngine()
    await tell(engine, { status: 'FRAUD' })
    expect(await engine.precedents.query({ domain: 'mail', action: 'send' })).toEqual({
      total_precedents: 0,
      with_outcomes: 0,
      success_rate: null,
      negative_rate: null,
      risk_level: null,
      confidence: 0,
      warnings: [],
      risk_adjustment: null,
      outcomes: {},
      precedents: [],
    })
  })

  it('are counted by domain', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    expect(await engine.precedents.stats()).toEqual({
      total_cases: 0,
      with_outcomes: 0,
      domains: [],
      last_indexed_at: null,
    })
    await tell(engine, { status: 'SUCCESS' })
    await tell(engine)
    clock.advance(1000)
    await engine.evaluate({ action: 'walk' })
    expect(ROUTES.precedents.stats.response.parse(await engine.precedents.stats())).toEqual({
      total_cases: 3,
      with_outcomes: 1,
      domains: [
        { domain: 'payments', cases: 2, with_outcomes: 1 },
        { domain: null, cases: 1, with_outcomes: 0 },
      ],
      last_indexed_at: '2026-07-01T12:00:01.000Z',
    })
    expect(ROUTES.retrieval.stats.response.parse(await engine.retrieval.stats())).toEqual({
      total_indexed: 3,
      by_domain: { payments: 2, '': 1 },
      with_outcomes: 1,
      strategies: 6,
      last_indexed_at: '2026-07-01T12:00:01.000Z',
    })
  })

  it('with an outcome are found however many calls came after them', async () => {
    const engine = openEngine()
    const old = await tell(engine, { domain: 'elsewhere', status: 'FRAUD' })
    for (let n = 0; n < 320; n++) await engine.evaluate({ action: 'refund', domain: 'payments' })
    const found = await engine.precedents.query({ domain: 'payments', action: 'refund', require_outcome: true })
    expect(found.precedents.map(({ case_id }) => case_id)).toEqual([old])
  })
})

describe('precedents of two processes on one file', () => {
  it('are found by both', async () => {
    const file = temporaryFile()
    const [a, b] = [openEngine({ file }), openEngine({ file })]
    const query = { domain: 'payments', action: 'refund' }
    expect(await b.precedents.query(query)).toMatchObject({ total_precedents: 0 })
    await tell(a, { status: 'FRAUD' })
    expect(await b.precedents.query(query)).toMatchObject({ total_precedents: 1, outcomes: { FRAUD: 1 } })
    expect(await b.precedents.query(query)).toEqual(await a.precedents.query(query))
  })
})

describe('retrieval', () => {
  it('answers by the strategy that is named, `strategy_name` before `strategy`', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const old = await tell(engine, { actor: 'mine', reversibility: 0, status: 'FRAUD' })
    clock.advance(90 * DAY_MS)
    const recent = await tell(engine, { actor: 'other', reversibility: 1, status: 'SUCCESS' })
    const first = async (strategy: string) => {
      const query = {
        domain: 'payments',
        action: 'refund',
        actor_type: 'mine',
        strategy: 'balanced',
        strategy_name: strategy,
      }
      const found = ROUTES.retrieval.query.response.parse(await engine.retrieval.query(query))
      expect(found).toMatchObject({ strategy, total: 2 })
      return found.results[0]?.case_id
    }
    expect(await first('recency-focused')).toBe(recent)
    expect(await first('actor-focused')).toBe(old)
    expect(await first('consequence-focused')).toBe(old)
    expect(await engine.retrieval.query({ domain: 'payments', action: 'refund' })).toMatchObject({
      strategy: 'balanced',
    })
    await expect(engine.retrieval.query({ domain: 'a', action: 'b', strategy: 'best' })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'strategy',
    })
  })

  it('finds the steps of a run', async () => {
    const engine = openEngine()
    const context = { trajectory_id: 'traj_1' }
    const { case_id } = await engine.evaluate({ action: 'refund', domain: 'payments', context })
    await engine.evaluate({ action: 'refund', domain: 'payments', context: { trajectory_id: 'traj_2' } })
    const query = { domain: 'payments', action: 'refund', trajectory_id: 'traj_1', strategy: 'trajectory-focused' }
    expect((await engine.retrieval.query(query)).results[0]).toMatchObject({ case_id, signals: { trajectory: 1 } })
  })

  it('explains each score by its parts', async () => {
    const engine = openEngine({ now: new TestClock().now })
    await tell(engine, { status: 'FRAUD' })
    await tell(engine, { action: 'charge' })
    const query = { domain: 'payments', action: 'refund', tool: 'stripe', actor_type: 'agent', risk_score: 0.4 }
    const explained = ROUTES.retrieval.queryExplained.response.parse(await engine.retrieval.queryExplained(query))
    const plain = await engine.retrieval.query(query)
    expect(explained.results.map(({ explanation: _explanation, ...result }) => result)).toEqual(plain.results)
    for (const { score, signals, explanation } of explained.results) {
      const parts = Object.values(explanation.signals)
      expect(parts.reduce((sum, part) => sum + part.weight, 0)).toBeCloseTo(1, 9)
      expect(parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(score, 9)
      expect(Object.keys(explanation.signals)).toEqual(Object.keys(signals))
    }
    expect(explained.results[0]?.signals).toMatchObject({
      action: 1,
      domain: 1,
      actor: 1,
      risk: expect.closeTo(0.9, 6),
    })
    expect(explained.results[1]?.signals['action']).toBe(0.6)
    expect(explained.results[0]?.explanation.summary).toMatch(/^0\.\d\d, most of it from the action \(0\.\d\d\)/)
    expect(explained.trace).toEqual([
      'looked for cases by action, tool, domain, actor, riskScore',
      'compared 2 cases by the strategy balanced',
      '2 of them score at least 0.3; the best 2 are the answer',
    ])
  })

  it('lists its strategies, and knows no other', async () => {
    const engine = openEngine()
    const { strategies, default: usual } = ROUTES.retrieval.strategies.response.parse(
      await engine.retrieval.strategies(),
    )
    expect(strategies.map(({ name }) => name)).toEqual([...RETRIEVAL_STRATEGIES])
    expect(strategies.filter(({ is_default }) => is_default).map(({ name }) => name)).toEqual([usual])
    expect(await engine.retrieval.strategy('balanced')).toEqual(strategies[0])
    for (const name of ['best', '__proto__'])
      await expect(engine.retrieval.strategy(name)).rejects.toMatchObject({ code: 'strategy_not_found' })
  })

  it('compares two strategies on the same cases', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const old: string[] = []
    for (let n = 0; n < 10; n++) old.push(await tell(engine, { actor: 'mine', status: 'FRAUD' }))
    clock.advance(120 * DAY_MS)
    const recent: string[] = []
    for (let n = 0; n < 10; n++)
      recent.push(await tell(engine, { actor: 'other', status: n < 5 ? 'FRAUD' : 'SUCCESS' }))
    const query = { domain: 'payments', action: 'refund', actor_type: 'mine', tool: '', risk_score: 0, intent: '' }
    const compared = ROUTES.retrieval.compare.response.parse(
      await engine.retrieval.compare({ ...query, strategy_a: 'actor-focused', strategy_b: 'recency-focused' }),
    )
    expect(compared).toMatchObject({ overlap: 0, risk_delta: 0.5 })
    expect(new Set(compared.only_a)).toEqual(new Set(old))
    expect(new Set(compared.only_b)).toEqual(new Set(recent))
    const same = await engine.retrieval.compare({ ...query, strategy_a: 'actor-focused', strategy_b: 'actor-focused' })
    expect(same).toMatchObject({ overlap: 1, only_a: [], only_b: [], risk_delta: 0 })
    expect(same.strategy_a).toEqual(same.strategy_b)
    expect(await engine.retrieval.compare({ domain: 'nowhere', action: 'nothing' })).toMatchObject({
      strategy_a: { strategy: 'balanced', results: [], stability: null, risk_level: null, confidence: 0 },
      strategy_b: { strategy: 'consequence-focused' },
      overlap: null,
      risk_delta: null,
    })
    expect(await engine.retrieval.compare({})).toMatchObject({ strategy_a: { total: expect.any(Number) } })
  })
})

describe('an indexed case', () => {
  const told = { case_id: 'order-1', org_id: '1', tool: 'stripe', action: 'refund', domain: 'payments' } as const

  it('is found, and counts once however often it is told', async () => {
    const engine = openEngine({ file: temporaryFile() })
    const index = (fields: object = {}) =>
      engine.retrieval.indexCase({ ...told, risk_score: 0.2, verdict: 'ALLOWED', ...fields })
    expect(ROUTES.retrieval.indexCase.response.parse(await index())).toEqual({
      indexed: true,
      case_id: 'order-1',
      total_indexed: 1,
    })
    await index()
    expect(await engine.statistics()).toMatchObject({ decisions: 1, records: 1 })
    expect(await index({ risk_score: 0.8, verdict: 'blocked', axes: { reversibility: 0.1 } })).toMatchObject({
      total_indexed: 1,
    })
    expect(await engine.statistics()).toMatchObject({ decisions: 1, records: 2 })
    const found = await engine.retrieval.query({ domain: 'payments', action: 'refund', axes: { reversibility: 0.1 } })
    expect(found.results).toEqual([
      expect.objectContaining({
        case_id: 'order-1',
        risk_score: 0.8,
        verdict: 'BLOCKED',
        signals: expect.objectContaining({ axes: 1 }),
      }),
    ])
    expect(await engine.cases.get('order-1')).toMatchObject({ case_id: 'order-1', risk_score: 0.8 })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('keeps its prediction once its outcome is known', async () => {
    const engine = openEngine()
    await engine.retrieval.indexCase({ ...told, risk_score: 0.2 })
    await engine.outcomes.report({ case_id: 'order-1', status: 'FRAUD' })
    await engine.retrieval.indexCase({ ...told, risk_score: 0.99 })
    expect(await engine.cases.get('order-1')).toMatchObject({ risk_score: 0.2, outcome_status: 'FRAUD' })
    expect(await engine.calibration.report()).toMatchObject({ sample_size: 1, mean_predicted_risk: 0.2 })
  })

  it('that is a decision of our own stays as it is', async () => {
    const engine = openEngine()
    const { case_id = '', risk_score } = await engine.evaluate({ action: 'refund', domain: 'payments' })
    await engine.retrieval.indexCase({ ...told, case_id, risk_score: 0.99 })
    expect(await engine.cases.get(case_id)).toMatchObject({ risk_score, action: { tool: null } })
    expect(await engine.statistics()).toMatchObject({ records: 1 })
  })

  it('with a verdict that there is not is refused', async () => {
    const engine = openEngine()
    await expect(engine.retrieval.indexCase({ ...told, verdict: 'MAYBE' })).rejects.toMatchObject({ field: 'verdict' })
  })
})
