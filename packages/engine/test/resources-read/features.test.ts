import { ROUTES } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

const refund = {
  action: 'refund_order',
  actor: 'agent',
  domain: 'payments',
  target: 'order-1',
  value: 20,
  context: {
    channel: 'web',
    call: {
      tool: 'stripe',
      arguments: { order: 'o-1', amount: 20 },
      mutating: true,
      reversibility: 0.5,
      annotations: { destructiveHint: true },
      provenance: { order: 'user', amount: 'tool' },
    },
  },
} as const

async function decide(engine: Engine, change: { value?: number; target?: string } = {}): Promise<string> {
  return (await engine.evaluate({ ...refund, ...change })).case_id ?? ''
}

describe('the features of a case', () => {
  it('are those that it was decided on', async () => {
    const clock = new TestClock()
    const engine = openEngine({ file: temporaryFile(), now: clock.now, organisation: 'acme' })
    const { case_id = '', ...answer } = await engine.evaluate(refund)
    clock.advance(60_000)
    const vector = ROUTES.features.compute.response.parse(await engine.features.compute({ case_id }))
    expect(vector).toMatchObject({
      case_id,
      org_id: 'acme',
      schema_version: 2,
      computed_at: '2026-07-01T12:00:00.000Z',
      features: {
        action: 'refund_order',
        tool: 'stripe',
        domain: 'payments',
        actor: 'agent',
        target: 'order-1',
        verb_class: 'pay',
        value: 20,
        value_size: Math.log(21),
        hour_utc: 12,
        argument_count: 2,
        // The channel and the two arguments.
        field_count: 3,
        mutating: true,
        reversibility: 0.5,
        read_only_hint: null,
        destructive_hint: true,
        provenance: 'tool_and_user',
        risk_score: answer.risk_score,
        risk_lower: answer.risk_interval?.[0],
        confidence: answer.intelligence?.confidence?.score,
        novel_situation: true,
        recommendation: answer.recommendation,
        result: answer.result,
        blocked_by: null,
        precedent_count: 0,
        precedent_negative_rate: null,
        simulation_failure_rate: answer.intelligence?.simulation?.failure_rate,
        trajectory_health: null,
        trajectory_step: null,
      },
    })
    // Nothing had an outcome: what its name and annotations suggest is all that the model had.
    expect(vector.features['log_odds_prior']).not.toBe(0)
    expect(vector.features['log_odds_action']).toBe(0)
    expect(vector.features['context_action']).toMatch(/^[0-9a-f]{8}$/)
  })

  it('do not change with what is learned later', async () => {
    const engine = openEngine()
    const id = await decide(engine)
    const before = await engine.features.export(id)
    for (let n = 0; n < 5; n++) await engine.outcomes.report({ case_id: await decide(engine), status: 'FRAUD' })
    expect(await engine.features.export(id)).toEqual(before)
    const { features } = await engine.features.export(await decide(engine))
    expect(features['log_odds_action']).toBeGreaterThan(0)
    expect(features['precedent_count']).toBe(5)
  })

  it('follow the schema, key by key and type by type', async () => {
    const engine = openEngine()
    const schema = ROUTES.features.schema.response.parse(await engine.features.schema())
    const run = { trajectory_id: 'traj_1' }
    await engine.evaluate({ ...refund, context: { ...refund.context, ...run } })
    const { case_id = '' } = await engine.evaluate({ ...refund, context: { ...refund.context, ...run } })
    const { features } = await engine.features.export(case_id)
    expect(Object.keys(features)).toEqual(schema.features.map(({ key }) => key))
    const known = schema.features.filter(({ key }) => features[key] !== null)
    expect(known.map(({ key }) => [key, typeof features[key]])).toEqual(known.map(({ key, type }) => [key, type]))
    expect(features).toMatchObject({ trajectory_health: 'healthy', trajectory_step: 1 })
  })

  it('of a described case are those that an evaluation would have, and nothing is recorded', async () => {
    const engine = openEngine()
    for (let n = 0; n < 3; n++) await engine.outcomes.report({ case_id: await decide(engine), status: 'FRAUD' })
    const { records } = await engine.statistics()
    const described = {
      action: {
        action: 'refund_order',
        tool: 'stripe',
        value: 20,
        target: 'order-1',
        arguments: { order: 'o-1', amount: 20 },
      },
      domain: 'payments',
      actor_type: 'agent',
      context: { channel: 'web', axes: { reversibility: 0.5 } },
    }
    const { results, count } = ROUTES.features.computeBatch.response.parse(
      await engine.features.computeBatch({
        cases: [
          { case_id: 'planned', org_id: '', case_data: described },
          { case_id: 'flat', case_data: { action: 'refund_order', value: 20, domain: 'payments' } },
        ],
      }),
    )
    expect(count).toBe(2)
    const { risk_score } = await engine.evaluate({
      action: 'refund_order',
      actor: 'agent',
      domain: 'payments',
      target: 'order-1',
      value: 20,
      context: {
        channel: 'web',
        axes: { reversibility: 0.5 },
        call: { tool: 'stripe', arguments: { order: 'o-1', amount: 20 }, reversibility: 0.5 },
      },
      dry_run: true,
    })
    expect(results[0]).toMatchObject({
      case_id: 'planned',
      features: { risk_score, reversibility: 0.5, actor: 'agent' },
    })
    expect(results[1]).toMatchObject({ case_id: 'flat', features: { value: 20, tool: null, actor: 'AI_AGENT' } })
    expect(await engine.statistics()).toMatchObject({ records })
  })

  it('of a case told from elsewhere leave out what nobody worked out', async () => {
    const engine = openEngine()
    const { case_id } = await engine.cases.create({
      domain: 'payments',
      action: { action: 'refund', arguments: { a: 1 } },
      verdict: { risk_score: 0.4 },
      context: { axes: { reversibility: 0.1 } },
    })
    expect((await engine.features.export(case_id)).features).toMatchObject({
      risk_score: 0.4,
      argument_count: 1,
      reversibility: 0.1,
      confidence: null,
      simulation_failure_rate: null,
    })
  })

  it('are explained in words', async () => {
    const engine = openEngine()
    const id = await decide(engine)
    const all = ROUTES.features.explain.response.parse(await engine.features.explain(id))
    expect(all.features).toHaveLength((await engine.features.schema()).features.length)
    const one = ROUTES.features.explainOne.response.parse(await engine.features.explainOne(id, 'value'))
    expect(one).toEqual({
      case_id: id,
      key: 'value',
      value: 20,
      source: 'request',
      explanation: 'Value at stake, in the unit of the application: 20',
    })
    expect(all.features.find(({ key }) => key === 'read_only_hint')?.explanation).toMatch(/not known of this case$/)
    for (const key of ['nothing', '__proto__'])
      await expect(engine.features.explainOne(id, key)).rejects.toMatchObject({ code: 'feature_not_found' })
  })
})

describe('a snapshot of features', () => {
  it('is kept under its id and tag', async () => {
    const clock = new TestClock()
    const engine = openEngine({ file: temporaryFile(), now: clock.now })
    const [a, b] = [await decide(engine), await decide(engine, { value: 50 })]
    clock.advance(1000)
    const first = ROUTES.features.snapshot.response.parse(await engine.features.snapshot({ case_id: a, tag: 'before' }))
    const second = await engine.features.snapshot({ case_id: b })
    expect(first).toMatchObject({ case_id: a, tag: 'before', created_at: '2026-07-01T12:00:01.000Z' })
    expect(first.features).toEqual((await engine.features.export(a)).features)
    expect(await engine.features.getSnapshot(first.snapshot_id)).toEqual(first)
    expect(await engine.features.listSnapshots()).toEqual({ snapshots: [second, first], total: 2 })
    expect(await engine.features.listSnapshots({ tag: 'before' })).toEqual({ snapshots: [first], total: 1 })
    expect(await engine.features.listSnapshots({ case_id: b })).toEqual({ snapshots: [second], total: 1 })
    expect(ROUTES.features.stats.response.parse(await engine.features.stats())).toEqual({
      vectors: 2,
      snapshots: 2,
      features: (await engine.features.schema()).features.length,
      last_computed_at: '2026-07-01T12:00:00.000Z',
    })
  })

  it('is compared with another, or with a case', async () => {
    const engine = openEngine()
    const [a, b] = [await decide(engine), await decide(engine, { value: 50 })]
    const { snapshot_id } = await engine.features.snapshot({ case_id: a })
    const compared = ROUTES.features.compare.response.parse(
      await engine.features.compare({ snapshot_id_a: snapshot_id, case_id_b: b }),
    )
    expect(compared).toMatchObject({ a: snapshot_id, b })
    expect(compared.changed).toContainEqual({ key: 'value', a: 20, b: 50, diff: 30 })
    expect(compared.changed.map(({ key }) => key)).toContain('context_value')
    expect(compared.changed.map(({ key }) => key)).not.toContain('action')
    expect(compared.changed_count).toBe(compared.changed.length)
    const all = await engine.features.compare({ case_id_a: a, case_id_b: b, changed_only: false })
    expect(all.changed).toHaveLength(all.total_features)
    expect(all.changed).toContainEqual({ key: 'action', a: 'refund_order', b: 'refund_order', diff: null })
  })

  it('of nothing is refused', async () => {
    const engine = openEngine()
    await expect(engine.features.snapshot({ case_id: 'case_none' })).rejects.toMatchObject({ code: 'case_not_found' })
    await expect(engine.features.compute({ case_id: 'none' })).rejects.toMatchObject({ code: 'case_not_found' })
    await expect(engine.features.getSnapshot('none')).rejects.toMatchObject({ code: 'snapshot_not_found' })
    await expect(engine.features.compare({ case_id_a: 'none' })).rejects.toMatchObject({ field: 'case_id_b' })
    const batch = engine.features.exportBatch({ case_ids: [await decide(engine), 'none'] })
    await expect(batch).rejects.toMatchObject({ code: 'case_not_found', id: 'none' })
  })
})
