import { createHash } from 'node:crypto'
import { canonicalJson, type PolicyInput } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock } from './support/temporary.ts'

const HOUR = 3_600_000

/** An engine under a policy, where refunds above 100 are held. */
async function setUp(policy: PolicyInput) {
  const clock = new TestClock()
  const engine = openEngine({ now: clock.now, policy })
  await engine.constraints.create({ name: 'ask', require_approval_above: 100 })
  return { clock, engine }
}

let calls = 0

async function hold(engine: Engine, by?: string): Promise<string> {
  const call = { tool: 'refund', arguments: { amount: 200 }, arguments_digest: `digest-${++calls}` }
  const request = { action: 'refund', actor: 'agent', value: 200, context: { call } }
  const answer = await engine.evaluate(request, by === undefined ? {} : { by })
  expect(answer).toMatchObject({ requires_approval: true })
  return answer.request_id
}

const approve = (engine: Engine, id: string, resolvedBy: string) =>
  engine.resolveApproval(id, { resolution: 'approved' }, { resolvedBy })

const use = async (engine: Engine, id: string) =>
  engine.consumeApproval(id, {
    arguments_digest: (await engine.getApproval(id)).arguments_digest,
    effect_key: `key of ${id}`,
  })

describe('a quorum', () => {
  it('lets the call run when so many different people have approved, and not before', async () => {
    const { engine } = await setUp({ approvals: { quorum: 3 } })
    const id = await hold(engine)
    expect(await engine.getApproval(id)).toMatchObject({ approvals_needed: 3, approvals_given: [] })
    await approve(engine, id, 'ann')
    await approve(engine, id, 'bob')
    expect(await approve(engine, id, 'ann')).toMatchObject({
      status: 'pending',
      approvals_given: [{ by: 'ann' }, { by: 'bob' }],
    })
    expect(await use(engine, id)).toMatchObject({ consumed: false, reason: 'not_approved' })
    expect(await approve(engine, id, 'eve')).toMatchObject({ status: 'approved', resolved_by: 'eve' })
    expect(await use(engine, id)).toMatchObject({ consumed: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('is refused by one person who declines', async () => {
    const { engine } = await setUp({ approvals: { quorum: 2 } })
    const id = await hold(engine)
    await approve(engine, id, 'ann')
    expect(await engine.resolveApproval(id, { resolution: 'denied' }, { resolvedBy: 'ann' })).toMatchObject({
      status: 'denied',
    })
    await expect(approve(engine, id, 'bob')).rejects.toMatchObject({ code: 'approval_closed' })
  })

  it('is that of the time when the call was held', async () => {
    const { engine } = await setUp({ approvals: { quorum: 2 } })
    const id = await hold(engine)
    await engine.policy.update({ approvals: { quorum: 1 } })
    expect(await approve(engine, id, 'ann')).toMatchObject({ status: 'pending' })
  })

  it('is in the log with each vote, and wakes nobody before it is full', async () => {
    const { engine } = await setUp({ approvals: { quorum: 2 } })
    const id = await hold(engine)
    const waiting = engine.getApproval(id, { waitMs: 600_000 })
    await approve(engine, id, 'ann')
    await approve(engine, id, 'bob')
    expect(await waiting).toMatchObject({ status: 'approved' })
    expect((await engine.recordsOf(id)).map(({ type }) => type)).toEqual([
      'evaluation',
      'approval_voted',
      'approval_resolved',
    ])
  })
})

describe('four-eyes', () => {
  it('lets neither the actor nor who had the call judged approve it, but both decline', async () => {
    const { engine } = await setUp({ approvals: { four_eyes: true } })
    const id = await hold(engine, 'key_agent')
    for (const by of ['agent', 'key_agent'])
      await expect(approve(engine, id, by)).rejects.toMatchObject({ code: 'forbidden' })
    expect(await approve(engine, id, 'user_ann')).toMatchObject({ status: 'approved' })
    const taken = await hold(engine, 'key_agent')
    expect(await engine.resolveApproval(taken, { resolution: 'denied' }, { resolvedBy: 'key_agent' })).toMatchObject({
      status: 'denied',
    })
  })
})

describe('who asked for a call', () => {
  it('has asked for what a reviewer made of it, too', async () => {
    const { engine } = await setUp({ approvals: { four_eyes: true, quorum: 2 } })
    const call = { tool: 'refund', arguments: { amount: 200 } }
    const bound = canonicalJson({ ...call, actor: 'agent', domain: null, target_version: null })
    const digest = createHash('sha256').update(bound).digest('hex')
    const context = { call: { ...call, arguments_digest: digest, effect_key: 'key' } }
    const { request_id: id } = await engine.evaluate(
      { action: 'refund', actor: 'agent', value: 200, context },
      { by: 'key_agent' },
    )
    const edit = { resolution: 'approved', arguments: { amount: 150 } } as const
    const { superseded_by: next } = await engine.resolveApproval(id, edit, { resolvedBy: 'user_ann' })
    expect(await engine.getApproval(String(next))).toMatchObject({ status: 'pending', requested_by: 'key_agent' })
    await expect(approve(engine, String(next), 'key_agent')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await approve(engine, String(next), 'user_bob')).toMatchObject({ status: 'approved' })
  })
})

describe('approvers', () => {
  it('that the policy names are the only ones who may answer, either way', async () => {
    const { engine } = await setUp({ approvals: { approvers: ['ann'] } })
    const id = await hold(engine)
    for (const resolution of ['approved', 'denied'] as const)
      await expect(engine.resolveApproval(id, { resolution }, { resolvedBy: 'bob' })).rejects.toMatchObject({
        code: 'forbidden',
        message: expect.stringContaining('"bob"'),
      })
    expect(await approve(engine, id, 'ann')).toMatchObject({ status: 'approved' })
  })

  it('are joined by others once nobody has answered for the time of the escalation, which is told once', async () => {
    const { engine, clock } = await setUp({
      approvals: { approvers: ['ann'], escalation: { after_seconds: 3600, approvers: ['boss'] } },
    })
    const id = await hold(engine)
    clock.advance(HOUR - 1)
    await expect(approve(engine, id, 'boss')).rejects.toMatchObject({ code: 'forbidden' })
    clock.advance(1)
    expect(await engine.approvals.list()).toMatchObject([
      { status: 'pending', escalated_at: '2026-07-01T13:00:00.000Z' },
    ])
    await engine.approvals.list()
    expect(await engine.events.list({ event_type: 'approval.escalated' })).toMatchObject({
      events: [{ request_id: id }],
    })
    await expect(approve(engine, id, 'bob')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await approve(engine, id, 'boss')).toMatchObject({ status: 'approved' })
  })

  it.each([
    [{ quorum: 0 }, 'approvals.quorum'],
    [{ approvers: [] }, 'approvals.approvers'],
    [{ escalation: { after_seconds: 0 } }, 'approvals.escalation.after_seconds'],
    [{ escalation: { after: 5 } }, 'approvals.escalation'],
  ])('of a policy that cannot be meant are refused: %j', async (approvals, field) => {
    const { engine } = await setUp({})
    await expect(engine.policy.update({ approvals } as never)).rejects.toMatchObject({
      field: expect.stringContaining(field),
    })
  })
})

describe('an hour’s budget of interruptions', () => {
  const refund = (engine: Engine, value = 200) => engine.evaluate({ action: 'refund', value })

  it('blocks what would be held above it, says so, and is full again in the next hour', async () => {
    const { engine, clock } = await setUp({ max_holds_per_hour: 2 })
    await hold(engine)
    await hold(engine)
    const over = await refund(engine)
    expect(over).toMatchObject({
      result: 'blocked',
      recommendation: 'do_not_proceed',
      blocked_by: 'hold_budget',
      requires_approval: false,
      reason: expect.stringContaining('2 calls were held in this hour'),
    })
    expect(await engine.approvals.list()).toHaveLength(2)
    expect(await refund(engine, 5)).toMatchObject({ result: 'allowed' })
    clock.advance(HOUR)
    expect(await refund(engine)).toMatchObject({ requires_approval: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('lets a call run with caution that only risk would hold, where the policy says so; a rule still stops its own', async () => {
    const { engine } = await setUp({ max_holds_per_hour: 1, over_budget: 'caution', costs: { review: 0, caution: 1 } })
    const risky = () => engine.evaluate({ action: 'wipe' })
    expect(await risky()).toMatchObject({ requires_approval: true })
    expect(await risky()).toMatchObject({
      result: 'allowed',
      recommendation: 'proceed_with_caution',
      warnings: expect.arrayContaining([expect.stringContaining('held in this hour')]),
    })
    expect(await refund(engine)).toMatchObject({ result: 'blocked', blocked_by: 'hold_budget' })
  })

  it('of nothing interrupts nobody', async () => {
    const { engine } = await setUp({ max_holds_per_hour: 0 })
    expect(await refund(engine)).toMatchObject({ blocked_by: 'hold_budget' })
    expect(await engine.approvals.list({ status: 'all' })).toEqual([])
  })

  it('is not used up by a guard in shadow', async () => {
    const { engine } = await setUp({ max_holds_per_hour: 1 })
    await engine.evaluate({ action: 'refund', value: 200, context: { call: { shadow: true } } })
    expect(await refund(engine)).toMatchObject({ requires_approval: true })
  })
})
