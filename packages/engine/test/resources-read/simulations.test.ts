import { ROUTES } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

describe('simulations', () => {
  it('are kept with the decision that they were drawn for', async () => {
    const clock = new TestClock()
    const engine = openEngine({ file: temporaryFile(), now: clock.now })
    const answer = await engine.evaluate({
      action: 'refund',
      domain: 'payments',
      value: 20,
      context: { call: { tool: 'stripe', reversibility: 0.25 } },
    })
    const id = answer.request_id
    const drawn = answer.intelligence?.simulation
    const snapshot = ROUTES.simulations.get.response.parse(await engine.simulations.byRequest(id))
    expect(snapshot).toMatchObject({
      ...drawn,
      snapshot_id: id.replace('act_', 'snap_'),
      request_id: id,
      case_id: answer.case_id,
      domain: 'payments',
      tool: 'stripe',
      action: 'refund',
      created_at: '2026-07-01T12:00:00.000Z',
      predicted_risk: answer.risk_score,
      impact_summary: { irreversibility_risk: answer.risk_score * 0.75 },
      outcome: null,
    })
    expect(snapshot.scenarios_run).toBe(256)
    expect(await engine.simulations.get(snapshot.snapshot_id)).toEqual(snapshot)
    clock.advance(5000)
    await engine.outcomes.report({ request_id: id, status: 'FRAUD' })
    expect((await engine.simulations.get(snapshot.snapshot_id)).outcome).toEqual({
      status: 'FRAUD',
      category: 'negative',
      severity: 1,
      reported_at: '2026-07-01T12:00:05.000Z',
    })
  })

  it('are compared with what happened', async () => {
    const engine = openEngine()
    const { request_id: id, risk_score: risk } = await engine.evaluate({ action: 'refund' })
    const compare = async () => ROUTES.simulations.compare.response.parse(await engine.simulations.compare(id))
    expect(await compare()).toEqual({
      request_id: id,
      snapshot_id: id.replace('act_', 'snap_'),
      predicted_risk: risk,
      actual_outcome: null,
      calibration_error: null,
      category: null,
      severity: null,
      prediction_correct: null,
    })
    await engine.outcomes.report({ request_id: id, status: 'NO_EFFECT' })
    expect(await compare()).toMatchObject({ actual_outcome: 'NO_EFFECT', calibration_error: null, category: 'neutral' })
    await engine.outcomes.report({ request_id: id, status: 'INCIDENT' })
    expect(await compare()).toMatchObject({
      actual_outcome: 'INCIDENT',
      calibration_error: risk - 1,
      category: 'negative',
      severity: 0.9,
      prediction_correct: risk >= 0.5,
    })
  })

  it('have figures over all, and over what is asked for', async () => {
    const engine = openEngine()
    const risks: number[] = []
    for (const [domain, status] of [
      ['a', 'SUCCESS'],
      ['a', 'FAILURE'],
      ['b', 'NO_EFFECT'],
      [undefined, null],
    ] as const) {
      const { request_id, risk_score } = await engine.evaluate({
        action: `act in ${domain}`,
        ...(domain ? { domain } : {}),
      })
      if (status) await engine.outcomes.report({ request_id, status })
      risks.push(risk_score)
    }
    // A decision of elsewhere had nothing drawn for it.
    await engine.cases.create({ domain: 'a', action: { action: 'told' }, verdict: { risk_score: 1 } })
    const [good = 0, bad = 0] = risks
    expect(ROUTES.simulations.accuracy.response.parse(await engine.simulations.accuracy())).toEqual({
      domain: null,
      tool: null,
      total: 4,
      with_outcome: 3,
      mean_absolute_error: expect.closeTo((good + 1 - bad) / 2, 12),
      brier_score: expect.closeTo((good ** 2 + (1 - bad) ** 2) / 2, 12),
      prediction_correct_rate: (Number(good < 0.5) + Number(bad >= 0.5)) / 2,
    })
    expect(await engine.simulations.accuracy({ domain: 'b' })).toMatchObject({
      domain: 'b',
      total: 1,
      with_outcome: 1,
      brier_score: null,
      mean_absolute_error: null,
    })
    expect(ROUTES.simulations.stats.response.parse(await engine.simulations.stats())).toEqual({
      total_snapshots: 4,
      with_outcome: 3,
      avg_predicted_risk: expect.closeTo(risks.reduce((sum, risk) => sum + risk, 0) / 4, 12),
      avg_scenarios_run: 256,
      by_domain: { a: 2, b: 1, '': 1 },
    })
    const list = ROUTES.simulations.list.response.parse(await engine.simulations.list({ limit: 1, with_outcome: true }))
    expect(list).toMatchObject({ total: 3, limit: 1, snapshots: [{ domain: 'b', outcome: { status: 'NO_EFFECT' } }] })
    expect(await engine.simulations.list({ domain: 'a' })).toMatchObject({ total: 2, limit: 50 })
  })

  it('that were never drawn are not found', async () => {
    const engine = openEngine()
    const { request_id } = await engine.cases.create({ domain: 'a', action: { action: 'told' }, verdict: {} })
    for (const id of ['snap_none', request_id ?? ''])
      await expect(engine.simulations.get(id)).rejects.toMatchObject({ code: 'simulation_not_found' })
    expect(await engine.simulations.stats()).toMatchObject({ total_snapshots: 0, avg_predicted_risk: null })
  })
})
