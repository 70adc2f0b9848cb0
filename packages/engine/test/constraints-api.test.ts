import { describe, expect, it } from 'vitest'
import { openEngine, TestClock } from './support/temporary.ts'

describe('a rule', () => {
  it('keeps its history: who changed what, when and why', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    const { rule_id: id } = await engine.constraints.create({ name: 'limit', max_value: 10 }, { by: 'ana' })
    clock.advance(1000)
    await engine.constraints.update(id, { max_value: 20 }, { by: 'bob' })
    await engine.constraints.pause(id, { by: 'bob' })
    await engine.constraints.resume(id)
    await engine.constraints.applyPatch(
      id,
      { patch: [{ op: 'replace', path: '/max_value', value: 15 }], preview: false, reason: 'too much' },
      { by: 'user:ana@shop.example' },
    )
    const versions = await engine.constraints.versions(id)
    expect(versions).toMatchObject([
      {
        version: 5,
        change_type: 'patched',
        changed_by: 'user:ana@shop.example',
        reason: 'too much',
        changed_fields: [{ field: 'max_value', before: 20, after: 15 }],
        snapshot: { max_value: 15, status: 'active' },
      },
      { version: 4, change_type: 'resumed' },
      { version: 3, change_type: 'paused', changed_fields: [{ field: 'status', before: 'active', after: 'paused' }] },
      { version: 2, change_type: 'updated', changed_by: 'bob', changed_at: '2026-07-01T12:00:01.000Z' },
      { version: 1, change_type: 'created', changed_by: 'ana', changed_fields: [] },
    ])
    expect(await engine.constraints.versions(id, { limit: 1 })).toHaveLength(1)
    await engine.constraints.delete(id)
    expect((await engine.constraints.versions(id))[0]).toMatchObject({ change_type: 'deleted' })
    await expect(engine.constraints.get(id)).rejects.toMatchObject({ code: 'rule_not_found' })
    await expect(engine.constraints.versions('rule_nobody')).rejects.toMatchObject({ code: 'rule_not_found' })
  })

  it('is patched after a preview, and only if nobody changed it meanwhile', async () => {
    const engine = openEngine()
    const { rule_id: id } = await engine.constraints.create({ name: 'limit', max_value: 10, tags: ['a'] })
    const patch = [
      { op: 'replace', path: '/max_value', value: 25 },
      { op: 'add', path: '/tags/-', value: 'b' },
    ] as const
    const preview = await engine.constraints.applyPatch(id, { patch: [...patch] })
    expect(preview).toMatchObject({
      preview: true,
      applied: false,
      patch_valid: true,
      changed_paths: ['/max_value', '/tags'],
      before: { max_value: 10, tags: ['a'], version: 1 },
      after: { max_value: 25, tags: ['a', 'b'], version: 1 },
      applied_by: null,
      patch_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
    expect(await engine.constraints.get(id)).toMatchObject({ max_value: 10, version: 1 })
    const apply = { patch: [...patch], preview: false, if_match_version: preview.after['version'] as number }
    expect(await engine.constraints.applyPatch(id, apply)).toMatchObject({ applied: true, after: { version: 2 } })
    expect(await engine.constraints.get(id)).toMatchObject({ max_value: 25, tags: ['a', 'b'], version: 2 })
    await expect(engine.constraints.applyPatch(id, apply)).rejects.toMatchObject({
      code: 'version_conflict',
      currentVersion: 2,
    })
    await expect(
      engine.constraints.applyPatch(id, { patch: [...patch], preview: false }, { ifMatch: `W/"rule:${id}:v1"` }),
    ).rejects.toMatchObject({ code: 'version_conflict' })
  })

  it.each([
    ['changes what nobody may change', [{ op: 'replace', path: '/version', value: 9 }], 'version cannot be changed'],
    ['tests what is not so', [{ op: 'test', path: '/max_value', value: 9 }], 'Test failed'],
    ['makes no sense as a rule', [{ op: 'replace', path: '/max_value', value: 'much' }], 'max_value'],
    ['points nowhere', [{ op: 'remove', path: '/nothing/here' }], '/nothing/here'],
    ['reaches for the prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 'prototype'],
  ] as const)('refuses a patch that %s', async (_, patch, message) => {
    const engine = openEngine()
    const { rule_id: id } = await engine.constraints.create({ name: 'limit', max_value: 10 })
    const body = { patch: [...patch] }
    const preview = await engine.constraints.applyPatch(id, body)
    expect(preview).toMatchObject({
      patch_valid: false,
      applied: false,
      diff_summary: expect.stringContaining(message),
    })
    await expect(engine.constraints.applyPatch(id, { ...body, preview: false })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'patch',
    })
    expect(await engine.constraints.get(id)).toMatchObject({ max_value: 10, version: 1 })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('is shown as it would be stored, with what it conflicts with', async () => {
    const engine = openEngine()
    const { rule_id: id } = await engine.constraints.create({ name: 'old', domain: 'payments', max_value: 10 })
    expect(await engine.constraints.dryRun({ domain: 'payments', max_value: 20, min_value: 30 })).toMatchObject({
      dry_run: true,
      valid: true,
      rule: { name: 'unnamed rule', max_value: 20 },
      warnings: [expect.stringContaining('min_value lies above max_value')],
      conflicts: [{ rule_id: id, field: 'max_value' }],
    })
    expect(await engine.constraints.list()).toHaveLength(1)
  })

  it('is changed conditionally by its tag', async () => {
    const engine = openEngine()
    const { rule_id: id } = await engine.constraints.create({ max_value: 10 })
    await expect(
      engine.constraints.update(id, { max_value: 1 }, { ifMatch: `W/"rule:${id}:v2"` }),
    ).rejects.toMatchObject({ code: 'version_conflict' })
    expect(await engine.constraints.update(id, { max_value: 1 }, { ifMatch: `W/"rule:${id}:v1"` })).toMatchObject({
      version: 2,
    })
  })
})

describe('an action checked against the rules alone', () => {
  it('is counted, or only looked at', async () => {
    const engine = openEngine()
    const { rule_id: id } = await engine.constraints.create({ name: 'twice a day', max_per_day: 2, domain: 'mails' })
    const action = { action: 'send_mail', domain: 'mails' }
    for (let n = 0; n < 5; n++)
      expect(await engine.constraints.validateDryRun(action)).toMatchObject({ allowed: true, dry_run: true })
    const first = await engine.constraints.validate(action)
    expect(first).toMatchObject({ allowed: true, usage: { rule_id: id, remaining_today: 2 }, dry_run: false })
    await engine.constraints.validate(action)
    expect(await engine.constraints.validate(action)).toMatchObject({
      allowed: false,
      result: 'blocked',
      blocked_by: 'max_per_day',
      matched_rules: [{ rule_id: id, effect: 'block' }],
    })
    expect(await engine.constraints.get(id)).toMatchObject({ usage_today: 2, blocked_today: 1 })
    expect(await engine.actions.verifyValidation(first.validation_id ?? '')).toMatchObject({
      valid: true,
      validation_hash: first.validation_hash,
    })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
  })

  it('knows the domains that rules and decisions name', async () => {
    const engine = openEngine()
    await engine.constraints.create({ domain: 'payments', max_value: 10, max_per_day: 5 })
    await engine.constraints.create({ domain: 'payments', max_value: 10 })
    await engine.evaluate({ action: 'send_mail', domain: 'mails' })
    expect(await engine.constraints.domains()).toMatchObject([
      { id: 'mails', max_value_default: null },
      { id: 'payments', max_value_default: 10, max_per_day_default: 5 },
    ])
  })
})

describe('the policy', () => {
  it('keeps its versions, and is changed only from the one that was seen', async () => {
    const engine = openEngine()
    expect(await engine.policy.get()).toMatchObject({ version: 0, changed_at: null })
    await engine.policy.update({ enforcement_mode: 'review', reason: 'audit' }, { by: 'ana' })
    expect(await engine.policy.versions()).toMatchObject([
      { version: 1, changed_by: 'ana', reason: 'audit', policy: { enforcement_mode: 'review' } },
    ])
    await expect(engine.policy.update({ repeat_refusal: false, if_match_version: 0 })).rejects.toMatchObject({
      code: 'version_conflict',
      currentVersion: 1,
    })
    await engine.policy.update({ costs: { review: 0.5 } })
    await engine.policy.update({ costs: { caution: 0.1 } })
    expect((await engine.policy.get()).policy.costs).toMatchObject({ review: 0.5, caution: 0.1, wrong_block: 1.6 })
    expect(await engine.policy.update({ repeat_refusal: false }, { ifMatch: 'W/"policy:v3"' })).toMatchObject({
      version: 4,
      policy: { enforcement_mode: 'review', repeat_refusal: false },
    })
  })
})

describe('a kill switch', () => {
  it('that names a domain stops that domain', async () => {
    const engine = openEngine()
    expect(await engine.killSwitch.activate({ domain: 'payments' })).toMatchObject({ scope: 'domain' })
    expect(await engine.evaluate({ action: 'list_orders', domain: 'mails' })).toMatchObject({ blocked_by: null })
    expect(await engine.evaluate({ action: 'list_orders', domain: 'payments' })).toMatchObject({
      blocked_by: 'kill_switch',
    })
  })
})

describe('a claim', () => {
  it('is not given for a call that was held or blocked', async () => {
    const engine = openEngine()
    await engine.constraints.create({ max_value: 1, domain: 'a' })
    await engine.constraints.create({ require_approval_above: 1, domain: 'b' })
    for (const domain of ['a', 'b']) {
      const { request_id } = await engine.evaluate({ action: 'refund', value: 5, domain })
      expect(
        await engine.effects.claim({ effect_key: `key ${domain}`, request_id, arguments_digest: 'd' }),
      ).toMatchObject({ claimed: false, state: 'not_run' })
    }
  })
})

describe('an effect of which nobody knows', () => {
  it('is resolved by a person, once', async () => {
    const engine = openEngine()
    const { request_id: id } = await engine.evaluate({
      action: 'refund',
      context: { call: { effect_key: 'k', arguments_digest: 'd' } },
    })
    const effectId = id.replace('act_', 'eff_')
    await engine.effects.settle(effectId, { state: 'aborted' })
    expect(await engine.effects.list({ state: 'aborted' })).toMatchObject({
      total: 1,
      effects: [{ effect_id: effectId }],
    })
    const resolved = await engine.effects.resolve(effectId, { state: 'succeeded', summary: 'the bank says so' })
    expect(resolved).toMatchObject({ state: 'succeeded', summary: 'the bank says so' })
    expect(await engine.effects.list({ state: 'aborted' })).toMatchObject({ total: 0 })
    expect(await engine.effects.resolve(effectId, { state: 'succeeded' })).toMatchObject({ state: 'succeeded' })
    await expect(engine.effects.resolve(effectId, { state: 'failed' })).rejects.toMatchObject({
      code: 'effect_settled',
    })
  })
})
