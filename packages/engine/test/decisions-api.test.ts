import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

async function decide(engine: Engine, more: Partial<Parameters<Engine['evaluate']>[0]> = {}): Promise<string> {
  return (await engine.evaluate({ action: 'refund', actor: 'agent', domain: 'payments', ...more })).request_id
}

describe('the list of decisions', () => {
  it('is paged from the newest to the oldest without gaps, also while it grows', async () => {
    const engine = openEngine()
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.push(await decide(engine))
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const page = await engine.decisions.list({ limit: 3, ...(cursor ? { cursor } : {}) })
      seen.push(...page.decisions.map((each) => each.request_id))
      cursor = page.next_cursor
      await decide(engine)
    } while (cursor)
    expect(seen).toEqual(ids.toReversed())
  })

  it('is filtered by what stands in a decision, and by what came of it', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const mail = await decide(engine, { action: 'send_mail', domain: 'mails', target: 'Mara_50%@lind.example' })
    clock.advance(60_000)
    const refund = await decide(engine, { value: 5, context: { trajectory_id: 'run-1' } })
    await engine.outcomes.report({ request_id: refund, status: 'FRAUD' })
    const idsOf = async (query: Parameters<Engine['decisions']['list']>[0]): Promise<string[]> =>
      (await engine.decisions.list(query)).decisions.map((each) => each.request_id)
    expect(await idsOf({ action: 'send_mail' })).toEqual([mail])
    expect(await idsOf({ domain: 'payments' })).toEqual([refund])
    expect(await idsOf({ trajectory_id: 'run-1' })).toEqual([refund])
    expect(await idsOf({ outcome_category: 'negative' })).toEqual([refund])
    expect(await idsOf({ outcome_category: 'none' })).toEqual([mail])
    expect(await idsOf({ q: 'mara_50%' })).toEqual([mail])
    expect(await idsOf({ q: 'nothing like it' })).toEqual([])
    expect(await idsOf({ since: '2026-07-01T12:00:30.000Z' })).toEqual([refund])
    expect(await idsOf({ until: '2026-07-01T12:00:30.000Z' })).toEqual([mail])
    await expect(engine.decisions.list({ cursor: 'x' })).rejects.toMatchObject({ field: 'cursor' })
    await expect(engine.decisions.list({ limit: 0 })).rejects.toMatchObject({ field: 'limit' })
  })

  it('shows the same after a restart, and to another engine on the file', async () => {
    const file = temporaryFile()
    const first = openEngine({ file })
    const id = await decide(first)
    const other = openEngine({ file })
    await other.outcomes.report({ request_id: id, status: 'SUCCESS' })
    const shown = await first.decisions.list()
    expect(shown.decisions).toMatchObject([{ request_id: id, outcome_status: 'SUCCESS' }])
    await first.close()
    expect(await openEngine({ file }).decisions.list()).toEqual(shown)
  })
})

describe('one decision', () => {
  it('is shown with its whole story, by any of its ids', async () => {
    const engine = openEngine()
    await engine.constraints.create({ require_approval_above: 1 })
    const id = await decide(engine, { value: 5, context: { call: { tool: 'refund_order', arguments_digest: 'd' } } })
    await engine.approvals.resolve(id, { resolution: 'approved' }, { by: 'ana' })
    await engine.approvals.consume(id, { arguments_digest: 'd', effect_key: 'k' })
    await engine.outcomes.report({ request_id: id, status: 'SUCCESS' })
    const decision = await engine.decisions.get(id.replace('act_', 'case_'))
    expect(decision).toMatchObject({
      request_id: id,
      tool: 'refund_order',
      result: 'requires_approval',
      blocked_by: 'require_approval_above',
      approval_status: 'approved',
      effect_state: 'claimed',
      outcome_status: 'SUCCESS',
      request: { action: 'refund' },
      response: { request_id: id },
      approval: { resolved_by: 'ana' },
      effect: { effect_key: 'k' },
      outcomes: [{ status: 'SUCCESS' }],
    })
    expect(decision.records.map((record) => record.type)).toEqual([
      'evaluation',
      'approval_resolved',
      'approval_consumed',
      'outcome',
    ])
    await expect(engine.decisions.get('act_nobody')).rejects.toMatchObject({ code: 'decision_not_found' })
  })

  it('is verified by its hash', async () => {
    const engine = openEngine()
    await decide(engine)
    const answer = await engine.evaluate({ action: 'refund' })
    expect(await engine.actions.verifyValidation(answer.validation_id ?? '')).toMatchObject({
      valid: true,
      validation_hash: answer.validation_hash,
      computed_hash: answer.validation_hash,
      result: answer.result,
    })
    expect(await engine.actions.verifyValidation('val_nobody')).toMatchObject({ valid: false, validation_hash: null })
  })
})

describe('events', () => {
  it('tell what happened, newest first, by type, severity and rule', async () => {
    const engine = openEngine()
    const rule = await engine.constraints.create({ name: 'small', max_value: 10 })
    await decide(engine, { value: 5 })
    const blocked = await decide(engine, { value: 50 })
    await engine.outcomes.report({ request_id: blocked, status: 'BLOCKED' })
    await engine.killSwitch.activate({ reason: 'stop' })
    const { events, total } = await engine.events.list()
    expect(events.map((each) => each.event_type)).toEqual([
      'kill_switch.activated',
      'outcome.reported',
      'action_blocked',
      'action_allowed',
      'rule.created',
    ])
    expect(total).toBe(5)
    expect(events[2]).toMatchObject({ severity: 'warning', blocked_by: 'max_value', request_id: blocked, value: 50 })
    expect(await engine.events.list({ event_type: 'action_blocked' })).toMatchObject({ total: 1 })
    expect(await engine.events.list({ severity: 'critical' })).toMatchObject({ total: 1 })
    expect(await engine.events.list({ rule_id: rule.rule_id, limit: 1, offset: 1 })).toMatchObject({
      events: [{ event_type: 'rule.created' }],
    })
    expect(await engine.events.stats()).toMatchObject({
      today: { total: 2, allowed: 1, blocked: 1, requires_approval: 0 },
      total: { total: 2 },
      by_type: { action_blocked: 1, 'rule.created': 1 },
    })
  })
})

describe('the figures of the dashboard', () => {
  it('count by period, sum what was stopped, and score how much ran well without a person', async () => {
    const clock = new TestClock('2026-07-31T23:30:00.000Z')
    const engine = openEngine({ now: clock.now })
    expect(await engine.actions.dashboardSummary()).toMatchObject({ automation_health_score: null })
    await engine.constraints.create({ max_value: 10, require_approval_above: 8 })
    const ran = [await decide(engine, { value: 5 }), await decide(engine, { value: 5 })]
    await decide(engine, { value: 50 })
    const denied = await decide(engine, { value: 9 })
    await engine.approvals.resolve(denied, { resolution: 'denied' })
    await engine.outcomes.report({ request_id: ran[0] ?? '', status: 'SUCCESS' })
    await engine.outcomes.report({ request_id: ran[1] ?? '', status: 'FRAUD' })
    clock.advance(3_600_000)
    const summary = await engine.actions.dashboardSummary()
    expect(summary).toMatchObject({
      total_validations_this_month: 0,
      pending_approvals: 0,
      approvals_resolved: 1,
      // Half of the calls with an outcome went well, three of four needed nobody: 100 · 0.5 · 0.75.
      automation_health_score: 38,
      today: { total: 0 },
      week: { total: 4, allowed: 2, blocked: 1, requires_approval: 1, value_protected: 59 },
    })
    expect(await engine.actions.observerStats()).toMatchObject({
      month: { total: 4 },
      all_time: { value_protected: 59 },
      top_blocked_by: expect.arrayContaining([
        { blocked_by: 'max_value', count: 1 },
        { blocked_by: 'require_approval_above', count: 1 },
      ]),
    })
    expect(await engine.actions.valueProtectedHistory({ days: 2 })).toEqual({
      data: [
        { date: '2026-07-31', value_protected: 59, blocked_count: 2 },
        { date: '2026-08-01', value_protected: 0, blocked_count: 0 },
      ],
      total_value_protected: 59,
      total_blocked: 2,
      period_days: 2,
    })
    expect(await engine.actions.status()).toMatchObject({ ok: true, kill_switch_active: false })
  })
})

describe('a live connection', () => {
  it('lives as long as its heartbeats, and a call that needs one is stopped without it', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const { connection_id: id } = await engine.actions.connect({ actor: 'agent' })
    const context = { require_live_connection: true, connection_id: id }
    expect(await engine.evaluate({ action: 'list_orders', context })).toMatchObject({ blocked_by: null })
    clock.advance(100_000)
    expect(await engine.actions.heartbeat({ connection_id: id })).toMatchObject({
      status: 'alive',
      current_connections: 1,
    })
    clock.advance(119_000)
    expect(await engine.evaluate({ action: 'list_orders', context })).toMatchObject({ blocked_by: null })
    clock.advance(2000)
    expect(await engine.evaluate({ action: 'list_orders', context })).toMatchObject({
      recommendation: 'do_not_proceed',
      blocked_by: 'live_connection',
    })
    await expect(engine.actions.heartbeat({ connection_id: id })).rejects.toMatchObject({
      code: 'live_connection_not_found',
    })
    expect(await engine.actions.disconnect({ connection_id: id })).toMatchObject({ status: 'disconnected' })
  })
})
