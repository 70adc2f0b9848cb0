import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

const DAY = 86_400_000

async function setUp() {
  const clock = new TestClock()
  const file = temporaryFile()
  const engine = openEngine({ file, now: clock.now })
  const rule = await engine.constraints.create({ name: 'ask', require_approval_above: 100 })
  return { clock, file, engine, rule }
}

let calls = 0

/** A call that is held for a person. */
async function hold(engine: Engine, context: Record<string, unknown> = {}): Promise<string> {
  const digest = `digest-${++calls}`
  const answer = await engine.evaluate({
    action: 'refund',
    actor: 'agent',
    domain: 'payments',
    value: 200,
    context: { ...context, call: { tool: 'refund', arguments: { amount: 200 }, arguments_digest: digest } },
  })
  expect(answer).toMatchObject({ result: 'requires_approval', requires_approval: true, human_review: true })
  return answer.request_id
}

const use = async (engine: Engine, id: string, over: { arguments_digest?: string; effect_key?: string } = {}) =>
  engine.consumeApproval(id, {
    arguments_digest: (await engine.getApproval(id)).arguments_digest,
    effect_key: `key of ${id}`,
    ...over,
  })

describe('an approval', () => {
  it('is opened by a call that is held, bound to it, with its evidence', async () => {
    const { engine, rule } = await setUp()
    const id = await hold(engine)
    expect(await engine.getApproval(id)).toMatchObject({
      request_id: id,
      status: 'pending',
      action: 'refund',
      tool: 'refund',
      value: 200,
      arguments: { amount: 200 },
      arguments_digest: `digest-${calls}`,
      rule_id: rule.rule_id,
      reason: 'ask: value 200 needs approval above 100',
      created_at: '2026-07-01T12:00:00.000Z',
      expires_at: '2026-07-02T12:00:00.000Z',
      consumed_at: null,
    })
    expect(await engine.approvals.list()).toHaveLength(1)
  })

  it('is opened neither in a dry run nor in shadow', async () => {
    const { engine } = await setUp()
    const dry = await engine.evaluate({ action: 'refund', value: 200, dry_run: true })
    const shadow = await engine.evaluate({ action: 'refund', value: 200, context: { call: { shadow: true } } })
    expect([dry, shadow]).toMatchObject([
      { result: 'requires_approval', requires_approval: false },
      { result: 'requires_approval', requires_approval: false },
    ])
    await expect(engine.getApproval(shadow.request_id)).rejects.toMatchObject({ code: 'approval_not_found' })
    expect(await engine.approvals.list({ status: 'all' })).toEqual([])
  })

  it('lets the call run once, and counts it then', async () => {
    const { engine, rule } = await setUp()
    const id = await hold(engine)
    expect((await engine.constraints.get(rule.rule_id)).usage_today).toBe(0)
    await engine.resolveApproval(id, { resolution: 'approved', comment: 'fine' }, { resolvedBy: 'ann' })
    expect(await engine.getApproval(id)).toMatchObject({
      status: 'approved',
      resolution: 'approved',
      resolved_by: 'ann',
      comment: 'fine',
    })
    const used = await use(engine, id)
    expect(used).toEqual({ consumed: true, effect_id: id.replace('act_', 'eff_') })
    expect(await engine.openEffects()).toMatchObject([{ request_id: id, state: 'claimed' }])
    expect((await engine.constraints.get(rule.rule_id)).usage_today).toBe(1)
    expect(await use(engine, id)).toMatchObject({ consumed: false, reason: 'already_consumed' })
    expect(await use(engine, id, { effect_key: 'another' })).toMatchObject({
      consumed: false,
      reason: 'already_consumed',
    })
  })

  it('is used by one of many who try at once, in two engines', async () => {
    const { engine, file, clock } = await setUp()
    const other = openEngine({ file, now: clock.now })
    const id = await hold(engine)
    await engine.resolveApproval(id, { resolution: 'approved' })
    const tries = await Promise.all([engine, other, engine, other].map((each) => use(each, id)))
    expect(tries.filter(({ consumed }) => consumed)).toHaveLength(1)
  })

  it('is good for no other call', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    await engine.resolveApproval(id, { resolution: 'approved' })
    expect(await use(engine, id, { arguments_digest: 'another' })).toMatchObject({ reason: 'digest_mismatch' })
    expect(await use(engine, id)).toMatchObject({ consumed: true })
  })

  it('does not help while pending, nor after it was denied or cancelled', async () => {
    const { engine } = await setUp()
    const [pending, denied, cancelled] = [await hold(engine), await hold(engine), await hold(engine)]
    await engine.resolveApproval(denied, { resolution: 'rejected' })
    await engine.cancelApproval(cancelled, { reason: 'the run ended' })
    for (const [id, status] of [
      [pending, 'pending'],
      [denied, 'denied'],
      [cancelled, 'cancelled'],
    ] as const)
      expect(await use(engine, id)).toEqual({
        consumed: false,
        reason: 'not_approved',
        message: `the approval is ${status}`,
      })
    expect(await engine.getApproval(cancelled)).toMatchObject({ cancel_reason: 'the run ended' })
  })

  it('is the only way to claim its call, and does not help when its key was claimed by another', async () => {
    const { engine } = await setUp()
    const [first, second] = [await hold(engine), await hold(engine)]
    for (const id of [first, second]) await engine.resolveApproval(id, { resolution: 'approved' })
    const claim = { effect_key: `key of ${first}`, request_id: first, arguments_digest: 'd' }
    expect(await engine.claimEffect(claim)).toMatchObject({ claimed: false, state: 'not_run' })
    expect(await use(engine, first)).toMatchObject({ consumed: true })
    expect(await use(engine, second, { effect_key: `key of ${first}` })).toMatchObject({ reason: 'effect_claimed' })
    expect(await use(engine, second)).toMatchObject({ consumed: true })
  })

  it('does not help against a kill switch or a rule that came later', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    await engine.resolveApproval(id, { resolution: 'approved' })
    const { switch_id: switchId } = await engine.killSwitch.activate({
      scope: 'domain',
      domain: 'payments',
      reason: 'audit',
    })
    expect(await use(engine, id)).toMatchObject({ reason: 'kill_switch', message: expect.stringContaining('audit') })
    await engine.killSwitch.deactivate(switchId)
    const cap = await engine.constraints.create({ name: 'cap', max_value: 150 })
    expect(await use(engine, id)).toMatchObject({
      reason: 'constraint',
      message: 'cap: value 200 is above the limit of 150',
    })
    await engine.constraints.delete(cap.rule_id)
    expect(await use(engine, id)).toMatchObject({ consumed: true })
  })

  it('is not held against its own call by a rule on the action before', async () => {
    const { engine } = await setUp()
    const twice = { previous_action: 'refund', action: 'refund' }
    await engine.constraints.create({ name: 'no two in a row', conditions: twice, action_on_match: 'block' })
    const id = await hold(engine, { trajectory_id: 'run-1' })
    await engine.resolveApproval(id, { resolution: 'approved' })
    expect(await use(engine, id)).toMatchObject({ consumed: true })
    const next = await engine.evaluate({ action: 'refund', value: 1, context: { trajectory_id: 'run-1' } })
    expect(next).toMatchObject({ blocked_by: 'condition' })
  })

  it('expires by the clock to the millisecond, also after it was given', async () => {
    const { engine, clock } = await setUp()
    const [open, given] = [await hold(engine), await hold(engine)]
    await engine.resolveApproval(given, { resolution: 'approved' })
    clock.advance(DAY - 1)
    expect(await engine.getApproval(open)).toMatchObject({ status: 'pending' })
    clock.advance(1)
    expect(await use(engine, given)).toMatchObject({ reason: 'expired' })
    expect(await engine.getApproval(open)).toMatchObject({ status: 'expired' })
    expect(await use(engine, open)).toMatchObject({ reason: 'expired' })
    await expect(engine.resolveApproval(open, { resolution: 'approved' })).rejects.toMatchObject({
      code: 'approval_closed',
      message: expect.stringContaining('is expired already'),
    })
  })

  it('that nobody looked at since it expired is listed as such', async () => {
    const { engine, clock } = await setUp()
    const id = await hold(engine)
    clock.advance(DAY)
    expect(await engine.approvals.list({ status: 'expired' })).toMatchObject([{ request_id: id, status: 'expired' }])
    expect(await engine.approvals.list()).toEqual([])
    expect(await engine.approvals.list({ status: 'all' })).toMatchObject([{ status: 'expired' }])
  })

  it('takes the same answer twice and no other', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    const first = await engine.resolveApproval(id, { resolution: 'denied' }, { resolvedBy: 'ann' })
    expect(await engine.resolveApproval(id, { resolution: 'denied' }, { resolvedBy: 'bob' })).toEqual(first)
    await expect(engine.resolveApproval(id, { resolution: 'approved' })).rejects.toMatchObject({
      code: 'approval_closed',
    })
    expect(await engine.cancelApproval(id)).toEqual(first)
    expect(await engine.recordsOf(id)).toHaveLength(2)
  })

  it('of two different answers at once takes one', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    const settled = await Promise.allSettled([
      engine.resolveApproval(id, { resolution: 'approved' }),
      engine.resolveApproval(id, { resolution: 'denied' }),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(await engine.getApproval(id)).toMatchObject({ status: 'approved' })
  })

  it('is not found where there is none, and bad input is named', async () => {
    const { engine } = await setUp()
    const { request_id: id } = await engine.evaluate({ action: 'refund', value: 1 })
    const notFound = { code: 'approval_not_found' }
    for (const each of [id, 'act_nobody', '']) {
      await expect(engine.getApproval(each)).rejects.toMatchObject(notFound)
      await expect(engine.resolveApproval(each, { resolution: 'denied' })).rejects.toMatchObject(notFound)
      await expect(engine.cancelApproval(each)).rejects.toMatchObject(notFound)
      await expect(engine.consumeApproval(each, { arguments_digest: 'd', effect_key: 'k' })).rejects.toMatchObject(
        notFound,
      )
    }
    const odd = { resolution: 'maybe' } as never
    await expect(engine.resolveApproval(id, odd)).rejects.toMatchObject({ field: 'resolution' })
    await expect(engine.consumeApproval(id, { arguments_digest: '', effect_key: 'k' })).rejects.toMatchObject({
      field: 'arguments_digest',
    })
  })
})

describe('a refused call', () => {
  const again = (digest: string) => ({
    action: 'refund',
    value: 200,
    context: { trajectory_id: 'run-1', call: { arguments_digest: digest } },
  })

  it('repeated in its run is refused again without a new approval, until the rules change', async () => {
    const { engine } = await setUp()
    const { request_id: id } = await engine.evaluate(again('d1'))
    await engine.resolveApproval(id, { resolution: 'denied' })
    const repeated = await engine.evaluate(again('d1'))
    expect(repeated).toMatchObject({ recommendation: 'do_not_proceed', blocked_by: 'repeat_refusal' })
    expect(repeated.reason).toContain(id)
    expect(await engine.approvals.list()).toEqual([])
    expect(await engine.evaluate(again('d2'))).toMatchObject({ result: 'requires_approval' })
    await engine.constraints.create({ name: 'another', max_value: 1000 })
    expect(await engine.evaluate(again('d1'))).toMatchObject({ result: 'requires_approval' })
  })

  it('is asked again where the policy says so', async () => {
    const { engine } = await setUp()
    await engine.policy.update({ repeat_refusal: false })
    const { request_id: id } = await engine.evaluate(again('d1'))
    await engine.resolveApproval(id, { resolution: 'denied' })
    expect(await engine.evaluate(again('d1'))).toMatchObject({ result: 'requires_approval' })
  })
})

describe('waiting for an answer', () => {
  it('ends as soon as there is one', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    const waiting = engine.getApproval(id, { waitMs: 600_000 })
    await engine.resolveApproval(id, { resolution: 'approved' })
    expect(await waiting).toMatchObject({ status: 'approved' })
  })

  it('ends when another process’s engine has answered', async () => {
    const { engine, file } = await setUp()
    const id = await hold(engine)
    const waiting = engine.getApproval(id, { waitMs: 600_000 })
    await openEngine({ file, now: () => Date.parse('2026-07-01T12:00:00Z') }).resolveApproval(id, {
      resolution: 'denied',
    })
    expect(await waiting).toMatchObject({ status: 'denied' })
  })

  it('ends after its time, whatever the engine’s clock says', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    expect(await engine.getApproval(id, { waitMs: 30 })).toMatchObject({ status: 'pending' })
  })

  it('ends when it is given up', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    const given = new AbortController()
    const waiting = engine.getApproval(id, { waitMs: 600_000, signal: given.signal })
    given.abort()
    expect(await waiting).toMatchObject({ status: 'pending' })
    expect(await engine.getApproval(id, { waitMs: 600_000, signal: AbortSignal.abort() })).toMatchObject({
      status: 'pending',
    })
  })

  it('ends when the engine is closed', async () => {
    const { engine } = await setUp()
    const id = await hold(engine)
    const waiting = engine.getApproval(id, { waitMs: 600_000 }).catch((error: unknown) => error)
    await engine.close()
    expect(await waiting).toMatchObject({ code: 'storage_closed' })
  })
})
