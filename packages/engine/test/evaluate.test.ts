import { type EvaluateRequest, evaluateResponseSchema, InvalidInputError } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

describe('an evaluation', () => {
  it('of an unknown call says how little it rests on', async () => {
    const engine = openEngine()
    const answer = await engine.evaluate({ action: 'refund', value: 20 })
    expect(() => evaluateResponseSchema.parse(answer)).not.toThrow()
    expect(answer).toMatchObject({
      allowed: true,
      recommendation_confidence: 'low',
      blocked_by: null,
      enforcement_mode: 'advisory',
      enforced_verdict: null,
      decision_intelligence: { evidence_status: 'none', alternatives: [], rule_basis: null, trajectory_health: null },
      intelligence: { confidence: { novel_situation: true }, precedents: { total_precedents: 0 } },
    })
    expect(answer.validation_hash).toBe((await engine.statistics()).head)
    expect(answer.decision_intelligence.rationale).toContain('no outcome of a like call is known yet')
  })

  it('is recorded with the request as it came and the answer as it went', async () => {
    const engine = openEngine()
    const { validation_hash: hash, ...answer } = await engine.evaluate({ action: 'refund', metadata: { tier: 'gold' } })
    expect(await engine.recordsOf(answer.request_id)).toMatchObject([
      {
        seq: 1,
        type: 'evaluation',
        hash,
        payload: { request: { action: 'refund', context: { tier: 'gold' } }, response: answer },
      },
    ])
  })

  it('in a dry run answers the same and leaves nothing', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    await engine.constraints.create({ max_per_day: 1 })
    const request = { action: 'refund', value: 20, context: { trajectory_id: 'run' } }
    const dry = [
      await engine.evaluate({ ...request, dry_run: true }),
      await engine.evaluate({ ...request, dry_run: true }),
    ]
    const real = await engine.evaluate(request)
    for (const answer of dry) {
      expect(answer).toMatchObject({ dry_run: true, allowed: true, risk_score: real.risk_score })
      await expect(engine.recordsOf(answer.request_id)).rejects.toMatchObject({ code: 'decision_not_found' })
    }
    expect(await engine.statistics()).toMatchObject({ decisions: 1, records: 2 })
  })

  it('is made stricter by rules, and its risk is the same with and without them', async () => {
    const [free, bound] = [openEngine(), openEngine()]
    const names: string[] = []
    for (const [name, action_on_match] of [
      ['w', 'warn'],
      ['r', 'review'],
      ['b', 'block'],
      ['a', 'allow'],
    ] as const) {
      await bound.constraints.create({ name, conditions: { 'context.case': name }, action_on_match })
      names.push(name)
    }
    const results = await Promise.all(
      names.map((name) => bound.evaluate({ action: 'get_order', context: { case: name } })),
    )
    expect(results.map(({ recommendation }) => recommendation)).toEqual([
      'proceed_with_caution',
      'review_recommended',
      'do_not_proceed',
      'proceed',
    ])
    expect(results.map(({ blocked_by: by }) => by)).toEqual([null, 'condition', 'condition', null])
    expect(results[0]?.warnings).toEqual([expect.stringContaining('w: its conditions hold')])
    const plain = await free.evaluate({ action: 'get_order', context: { case: 'b' } })
    expect(new Set(results.map(({ risk_score: risk }) => risk))).toEqual(new Set([plain.risk_score]))
  })

  it('binds as its domain’s policy says', async () => {
    const engine = openEngine({
      policy: { domains: { strict: { enforcement_mode: 'enforced' }, careful: { enforcement_mode: 'review' } } },
    })
    await engine.constraints.create({ conditions: { value_gt: 5 }, action_on_match: 'warn' })
    const answers = await Promise.all(
      ['strict', 'careful', 'other'].map((domain) => engine.evaluate({ action: 'get', value: 10, domain })),
    )
    expect(answers).toMatchObject([
      { enforcement_mode: 'enforced', enforced_verdict: 'allowed', result: 'allowed' },
      { enforcement_mode: 'review', enforced_verdict: null, result: 'requires_approval', requires_approval: true },
      { enforcement_mode: 'advisory', enforced_verdict: null, result: 'allowed' },
    ])
  })

  it('names the value that would have been let through, judged by all rules', async () => {
    const engine = openEngine()
    await engine.constraints.create({ name: 'cap', max_value: 100 })
    const refused = await engine.evaluate({ action: 'refund', value: 500 })
    expect(refused.intelligence?.counterfactual).toEqual({
      available: true,
      easiest_change: 'value of at most 100 instead of 500',
      would_allow: true,
    })
    await engine.constraints.create({ name: 'ask', require_approval_above: 50 })
    const asked = await engine.evaluate({ action: 'refund', value: 500 })
    expect(asked.intelligence?.counterfactual.easiest_change).toBe('value of at most 50 instead of 500')
    await engine.constraints.create({ name: 'never', conditions: { action: 'refund' }, action_on_match: 'block' })
    const never = await engine.evaluate({ action: 'refund', value: 500 })
    expect(never.intelligence?.counterfactual.would_allow).toBe(false)
  })

  it('is the same whatever an argument is called', async () => {
    const engine = openEngine()
    await engine.constraints.create({ conditions: { action: 'payout', domain: 'treasury' }, action_on_match: 'block' })
    const answer = await engine.evaluate({
      action: 'refund',
      context: {
        call: { arguments: { action: 'payout', domain: 'treasury', dry_run: true, recommendation: 'proceed' } },
      },
    })
    expect(answer).toMatchObject({ action: 'refund', domain: null, blocked_by: null, dry_run: false })
  })

  it('of anything at all ends in an answer that is recorded, or in an error that names the field', async () => {
    const engine = openEngine()
    let recorded = 0
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      maxDepth: 3,
    })
    const field = fc.constantFrom('action', 'actor', 'value', 'target', 'domain', 'context', 'metadata', 'other')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(field, anything), { maxLength: 5 }),
        fc.boolean(),
        async (fields, hasAction) => {
          const request = { ...Object.fromEntries(fields), ...(hasAction ? { action: 'refund' } : {}) }
          const end = await engine.evaluate(request as EvaluateRequest).then(
            async ({ request_id: id }) => (await engine.recordsOf(id))[0]?.type,
            (error: unknown) => (InvalidInputError.isInstance(error) && 'field' in error ? error.field : error),
          )
          if (end === 'evaluation') recorded++
          expect(end).toMatch(/^(?:evaluation|action|actor|value|target|domain|context|metadata|other)/)
        },
      ),
      { numRuns: 300 },
    )
    expect(await engine.statistics()).toMatchObject({ decisions: recorded, records: recorded })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })
})

describe('a kill switch', () => {
  it('stops everything, or a domain, in every mode, until it is lifted', async () => {
    const engine = openEngine()
    const all = await engine.killSwitch.activate({ reason: 'incident 7' }, { by: 'ann' })
    const stopped = await engine.evaluate({ action: 'refund', context: { call: { shadow: true } } })
    expect(stopped).toMatchObject({
      recommendation: 'do_not_proceed',
      result: 'blocked',
      blocked_by: 'kill_switch',
      enforcement_mode: 'enforced',
      enforced_verdict: 'blocked',
      reason: expect.stringContaining('incident 7'),
    })
    expect(await engine.killSwitch.status()).toMatchObject({
      is_active: true,
      active_switches: [{ id: all.switch_id, switch_id: all.switch_id, scope: 'global', activated_by: 'ann' }],
    })
    expect(await engine.killSwitch.deactivate(all.switch_id)).toEqual({ success: true })
    const one = await engine.killSwitch.activate({ scope: 'domain', domain: 'payments' })
    expect(await engine.evaluate({ action: 'refund', domain: 'payments' })).toMatchObject({ blocked_by: 'kill_switch' })
    expect(await engine.evaluate({ action: 'refund', domain: 'support' })).toMatchObject({ blocked_by: null })
    expect(await engine.evaluate({ action: 'refund' })).toMatchObject({ blocked_by: null })
    await engine.killSwitch.deactivate(one.switch_id)
    expect(await engine.killSwitch.status()).toEqual({ is_active: false, active_switches: [] })
    await expect(engine.killSwitch.deactivate(one.switch_id)).rejects.toMatchObject({ code: 'kill_switch_not_found' })
    await expect(engine.killSwitch.activate({ scope: 'domain' })).rejects.toMatchObject({ field: 'domain' })
  })
})

describe('constraints', () => {
  it('are made, changed, paused and deleted, with versions and counters', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const rule = await engine.constraints.create({ name: 'cap', max_value: 10, max_per_day: 2, unit: 'EUR' })
    expect(rule).toMatchObject({ version: 1, status: 'active', unit: 'EUR', usage_today: 0, remaining_today: 2 })
    const id = rule.rule_id
    await engine.evaluate({ action: 'refund', value: 5 })
    await engine.evaluate({ action: 'refund', value: 50 })
    expect(await engine.constraints.get(id)).toMatchObject({
      usage_today: 1,
      usage_total: 1,
      blocked_today: 1,
      remaining_today: 1,
      last_used_at: '2026-07-01T12:00:00.000Z',
    })
    clock.advance(86_400_000)
    expect(await engine.constraints.get(id)).toMatchObject({ usage_today: 0, usage_total: 1, blocked_total: 1 })
    const changed = await engine.constraints.update(id, { max_value: 100 })
    expect(changed).toMatchObject({ version: 2, name: 'cap', max_value: 100, max_per_day: 2, unit: 'EUR' })
    expect(changed.created_at).not.toBe(changed.updated_at)
    await engine.constraints.pause(id)
    expect(await engine.evaluate({ action: 'refund', value: 500 })).toMatchObject({ blocked_by: null })
    await engine.constraints.resume(id)
    expect(await engine.evaluate({ action: 'refund', value: 500 })).toMatchObject({ blocked_by: 'max_value' })
    expect(await engine.constraints.list({ status: 'active' })).toMatchObject([{ rule_id: id, version: 4 }])
    expect(await engine.constraints.delete(id)).toEqual({ rule_id: id, status: 'deleted' })
    for (const use of [
      engine.constraints.get(id),
      engine.constraints.update(id, { max_value: 1 }),
      engine.constraints.delete(id),
    ])
      await expect(use).rejects.toMatchObject({ code: 'rule_not_found' })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('cannot be changed into what could not have been made', async () => {
    const engine = openEngine()
    const rule = await engine.constraints.create({ allowed_hours_start: 8, allowed_hours_end: 18 })
    await expect(engine.constraints.update(rule.rule_id, { allowed_hours_end: null })).rejects.toMatchObject({
      field: 'allowed_hours_end',
    })
    await expect(engine.constraints.update(rule.rule_id, { conditions: { value_gt: 1 } })).rejects.toMatchObject({
      field: 'action_on_match',
    })
    const forged = { rule_id: 'other', version: 99, usage_total: 99, created_at: 'x' } as never
    expect(await engine.constraints.update(rule.rule_id, forged)).toMatchObject({
      rule_id: rule.rule_id,
      version: 2,
      usage_total: 0,
      created_at: rule.created_at,
    })
    expect(await engine.constraints.list()).toHaveLength(1)
  })
})

describe('the policy', () => {
  it('changes the fields that are given, and names what is wrong', async () => {
    const engine = openEngine()
    await engine.policy.update({ time_zone: 'Europe/Berlin' })
    await engine.policy.update({ enforcement_mode: 'review', reason: 'audit' }, { by: 'ann' })
    expect(await engine.policy.get()).toMatchObject({
      version: 2,
      policy: { time_zone: 'Europe/Berlin', enforcement_mode: 'review' },
    })
    await expect(engine.policy.update({ time_zone: 'Mars/Base' })).rejects.toMatchObject({ field: 'time_zone' })
    const misspelt: object = { moood: 1 }
    await expect(engine.policy.update(misspelt)).rejects.toMatchObject({ field: 'moood' })
    expect((await engine.policy.get()).version).toBe(2)
  })
})

describe('options of an engine', () => {
  it.each([
    [{ file: '' }, 'file'],
    [{ file: 5 }, 'file'],
    [{ organisation: '' }, 'organisation'],
    [{ durability: 'disk' }, 'durability'],
    [{ snapshotEvery: 0 }, 'snapshotEvery'],
    [{ snapshotEvery: 1.5 }, 'snapshotEvery'],
    [{ now: 12 }, 'now'],
    [{ path: 'x.db' }, 'path'],
  ])('%j: refused by its name', (options, option) => {
    expect(() => createEngine(options as never)).toThrow(
      expect.objectContaining({
        code: 'configuration_invalid',
        option,
        message: expect.stringContaining(`${option}: `),
      }),
    )
  })

  it('with a wrong policy make no file', () => {
    const file = temporaryFile()
    expect(() => createEngine({ file, policy: { costs: { review: -1 } } })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'costs.review' }),
    )
    expect(() => createEngine({ file: `${file}\0` })).toThrow()
  })

  it('keep organisations in one file apart', async () => {
    const file = temporaryFile()
    const [a, b] = [openEngine({ file, organisation: 'a' }), openEngine({ file, organisation: 'b' })]
    const { request_id } = await a.evaluate({ action: 'refund' })
    await a.constraints.create({ max_value: 1 })
    expect(await b.statistics()).toMatchObject({ decisions: 0, records: 0 })
    await expect(b.recordsOf(request_id)).rejects.toMatchObject({ code: 'decision_not_found' })
    expect(await b.evaluate({ action: 'refund', value: 10 })).toMatchObject({ blocked_by: null })
    expect(await a.verifyLog()).toMatchObject({ valid: true, records: 2 })
    expect(await b.verifyLog()).toMatchObject({ valid: true, records: 1 })
  })
})
