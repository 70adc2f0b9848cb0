import { existsSync } from 'node:fs'
import { type Authentication, type Credential, type EvaluateRequest, PlanLimitError } from '@bighub/core/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openCore } from '../../test/support/organisation-core.ts'
import { openReceiver, status } from '../../test/support/receiver.ts'
import { TestClock, temporaryFile } from '../../test/support/temporary.ts'
import { enqueue, madeEvent } from '../../test/support/webhooks.ts'
import { createEngineHost, type EngineHost } from './engine-host.ts'
import type { EngineHostOptions } from './host-options.ts'

const DAY_MS = 86_400_000
const ANN = { email: 'ann@example.com', password: 'correct horse' }
const REFUND: EvaluateRequest = { action: 'refund', actor: 'support', value: 20 }

function openHost(options: EngineHostOptions & { readonly clock?: TestClock } = {}) {
  const { clock = new TestClock(), ...rest } = options
  const file = options.file ?? temporaryFile()
  const host = createEngineHost({ now: clock.now, webhooks: { isSending: false, allow: ['127.0.0.1'] }, ...rest, file })
  onTestFinished(() => host.close())
  return { host, file, clock }
}

function withKey(host: EngineHost, secret: string, address: string | null = null): Promise<Authentication> {
  return host.authenticate({ kind: 'api_key', secret, address })
}

function bearer(secret: string): Credential {
  return { kind: 'bearer', secret, address: null }
}

describe('a host', () => {
  it('keeps the decisions of each organisation to itself', async () => {
    const { host } = openHost()
    const [one, other] = await Promise.all([host.api('one'), host.api('other')])
    const { request_id } = await one.actions.evaluate(REFUND)
    await expect(one.decisions.get(request_id)).resolves.toMatchObject({ request_id })
    await expect(other.decisions.get(request_id)).rejects.toMatchObject({ code: 'decision_not_found' })
  })

  it('closes and opens engines behind the methods that it gave out', async () => {
    const { host } = openHost({ mostOpen: 1 })
    const apis = await Promise.all(['a', 'b', 'c'].map((name) => host.api(name)))
    // All at once first, so that engines are closed under each other's work.
    await Promise.all(apis.flatMap((api) => [1, 2, 3].map(() => api.actions.evaluate(REFUND))))
    const ids = []
    for (const api of apis) ids.push((await api.actions.evaluate(REFUND)).request_id)
    for (const [index, api] of apis.entries())
      await expect(api.decisions.get(String(ids[index]))).resolves.toMatchObject({ request_id: ids[index] })
  })

  it('gives every organisation a policy to begin with, and leaves what it made of it', async () => {
    const options = { policy: { enforcement_mode: 'enforced' as const } }
    const { host, file } = openHost(options)
    const [one, other] = await Promise.all([host.api('one'), host.api('other')])
    for (const api of [one, other])
      await expect(api.actions.evaluate(REFUND)).resolves.toMatchObject({ enforcement_mode: 'enforced' })
    await one.policy.update({ enforcement_mode: 'review' })
    await host.close()
    const { host: later } = openHost({ ...options, file })
    const again = (await later.api('one')).actions
    await expect(again.evaluate(REFUND)).resolves.toMatchObject({ enforcement_mode: 'review' })
  })

  it('refuses options that it does not know, or that cannot work', () => {
    expect(() => createEngineHost({ flie: 'x' } as EngineHostOptions)).toThrow(/flie: is not an option/)
    expect(() => createEngineHost({ file: ':memory:' })).toThrow(/file: needs a file/)
    const wrong: EngineHostOptions[] = [{ mostOpen: 0 }, { tokenSecret: 'short' }, { webhooks: { allow: ['office'] } }]
    for (const options of wrong) {
      const file = temporaryFile()
      expect(() => createEngineHost({ file, ...options })).toThrow(Object.keys(options)[0])
      expect(existsSync(file)).toBe(false)
    }
  })

  it('takes a clock with fractions of milliseconds', async () => {
    const { host } = openHost({ now: () => 1_780_000_000_000.25 })
    const { apiKeys, actions, webhooks } = await host.api('one')
    const { created_at, key } = await apiKeys.create()
    expect(created_at).toBe(new Date(1_780_000_000_000).toISOString())
    await withKey(host, key)
    await webhooks.create({ url: 'https://hooks.example/' })
    await actions.evaluate(REFUND)
    await expect(host.idempotency.begin('one', 'scope', 'digest')).resolves.toEqual({ turn: 'first' })
  })

  it('is ready until it is closed', async () => {
    const { host } = openHost()
    await host.assertReady()
    await host.assertReady()
    const { actions } = await host.api('one')
    await host.close()
    await expect(host.assertReady()).rejects.toMatchObject({ code: 'storage_closed' })
    await expect(actions.evaluate(REFUND)).rejects.toMatchObject({ code: 'storage_closed' })
  })
})

describe('who may come in', () => {
  it('is whoever has a key, with its organisation, scopes and limit', async () => {
    const { host } = openHost()
    const { apiKeys } = await host.api('one')
    const { key, key_id } = await apiKeys.create({ scopes: ['rules:read'], rate_limit_per_minute: 60 })
    await expect(withKey(host, key)).resolves.toEqual({
      principal: { organisation: 'one', by: `key:${key_id}`, scopes: ['rules:read'], rateLimitPerMinute: 60 },
    })
    await expect(withKey(host, `${key}x`)).resolves.toEqual({ fault: 'unknown' })
    await expect(host.authenticate(bearer(key))).resolves.toEqual({ fault: 'unknown' })
    await expect(host.open.apiKeys.validate({ api_key: key })).resolves.toMatchObject({ valid: true, key_id })
    await expect(host.open.apiKeys.validate({ api_key: 'x' })).resolves.toEqual({ valid: false })
  })

  it('is nobody with a key that was revoked or rotated, from that moment on, or has expired', async () => {
    const { host, clock } = openHost()
    const { apiKeys } = await host.api('one')
    const [revoked, rotated, short] = await Promise.all([
      apiKeys.create(),
      apiKeys.create(),
      apiKeys.create({ expires_in_days: 1 }),
    ])
    await withKey(host, revoked.key)
    await apiKeys.delete(revoked.key_id)
    const fresh = await apiKeys.rotate(rotated.key_id)
    await expect(withKey(host, revoked.key)).resolves.toEqual({ fault: 'revoked' })
    await expect(withKey(host, rotated.key)).resolves.toEqual({ fault: 'revoked' })
    await expect(withKey(host, fresh.key)).resolves.toMatchObject({ principal: { organisation: 'one' } })
    clock.advance(DAY_MS)
    await expect(withKey(host, short.key)).resolves.toEqual({ fault: 'expired' })
  })

  it.each<[string | null, boolean]>([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['::1', false],
    [null, false],
  ])('with a key that is tied to networks, from %s: %s', async (address, isIn) => {
    const { host } = openHost()
    const { apiKeys } = await host.api('one')
    const { key } = await apiKeys.create({ ip_whitelist: ['10.0.0.0/8', '192.0.2.7'] })
    const { principal, fault } = await withKey(host, key, address)
    expect([principal?.organisation, fault]).toEqual(isIn ? ['one', undefined] : [undefined, 'address_not_allowed'])
  })

  it('is noted of a key once a minute', async () => {
    const { host, clock } = openHost()
    const { apiKeys } = await host.api('one')
    const { key } = await apiKeys.create()
    const lastUse = async () => (await apiKeys.list()).keys[0]?.last_used_at
    const start = clock.now()
    await withKey(host, key)
    clock.advance(59_000)
    await withKey(host, key)
    await expect(lastUse()).resolves.toBe(new Date(start).toISOString())
    clock.advance(1000)
    await withKey(host, key)
    await expect(lastUse()).resolves.toBe(new Date(start + 60_000).toISOString())
  })

  it('is a user with a token, in an organisation of their own, with all scopes', async () => {
    const { host, clock } = openHost()
    const { access_token } = await host.open.auth.signup(ANN)
    const { principal } = await host.authenticate(bearer(access_token))
    expect(principal).toMatchObject({
      organisation: expect.stringMatching(/^org_/),
      by: 'user:ann@example.com',
      scopes: expect.arrayContaining(['admin', 'approvals:resolve']),
      rateLimitPerMinute: null,
    })
    await expect(host.authenticate(bearer('x.y.z'))).resolves.toEqual({ fault: 'unknown' })
    await expect(withKey(host, access_token)).resolves.toEqual({ fault: 'unknown' })
    clock.advance(900_000)
    await expect(host.authenticate(bearer(access_token))).resolves.toEqual({ fault: 'expired' })
  })
})

describe('the first admin key', () => {
  it('is made on an empty store, once, whatever is asked later', async () => {
    const { host } = openHost()
    const made = await host.bootstrapAdminKey()
    await expect(withKey(host, made?.key ?? '')).resolves.toEqual({
      principal: { organisation: 'default', by: `key:${made?.key_id}`, scopes: ['admin'], rateLimitPerMinute: null },
    })
    await expect(host.bootstrapAdminKey()).resolves.toBeNull()
    await expect(host.bootstrapAdminKey('another from outside')).resolves.toBeNull()
    await expect(withKey(host, 'another from outside')).resolves.toEqual({ fault: 'unknown' })
  })

  it('is the one from the environment, of which little is shown', async () => {
    const { host } = openHost()
    await expect(host.bootstrapAdminKey('short')).rejects.toThrow(/BIGHUB_API_KEY: needs at least/)
    await expect(host.bootstrapAdminKey('my-own-admin-key')).resolves.toMatchObject({ key: 'my-own-admin-key' })
    await expect(withKey(host, 'my-own-admin-key')).resolves.toMatchObject({ principal: { scopes: ['admin'] } })
    const { keys } = await (await host.api('default')).apiKeys.list()
    expect(keys).toMatchObject([{ key_prefix: 'my-o', created_at: expect.any(String) }])
  })

  it('is one, when two processes start at the same time', async () => {
    const { host, file } = openHost()
    const { host: other } = openHost({ file })
    const made = await Promise.all([host.bootstrapAdminKey(), other.bootstrapAdminKey()])
    expect(made.filter((each) => each !== null)).toHaveLength(1)
    expect((await (await host.api('default')).apiKeys.list()).count).toBe(1)
  })

  it('is not made where somebody has signed up', async () => {
    const { host } = openHost()
    await host.open.auth.signup(ANN)
    await expect(host.bootstrapAdminKey()).resolves.toBeNull()
  })
})

describe('retention', () => {
  it('erases the words of each organisation after as many days as its own policy says', async () => {
    const clock = new TestClock('2026-07-01T00:00:00.000Z')
    const { host } = openHost({ clock, mostOpen: 1 })
    const [short, long] = [await host.api('short'), await host.api('long')]
    await short.policy.update({ retention_days: 5 })
    const ids = [short, long].map(async (api) => (await api.actions.evaluate(REFUND)).request_id)
    const [shortId = '', longId = ''] = await Promise.all(ids)
    clock.advance(6 * DAY_MS)
    await host.applyRetention()
    expect((await short.decisions.get(shortId)).request).toBeNull()
    expect((await long.decisions.get(longId)).request).not.toBeNull()
  })
})

describe('quotas', () => {
  const quotas = { agents: null, evaluationsPerMonth: null, historyDays: null }

  it('bound the evaluations of a month, dry runs and refused ones not counted', async () => {
    const clock = new TestClock('2026-07-31T23:59:00.000Z')
    const { host, file } = openHost({ clock, quotas: () => ({ ...quotas, evaluationsPerMonth: 3 }) })
    const { actions } = await host.api('one')
    await actions.evaluate(REFUND)
    await actions.evaluate({ ...REFUND, dry_run: true })
    await expect(actions.evaluate({ ...REFUND, value: 'much' as unknown as number })).rejects.toThrow(/value/)
    const tooMany = actions.evaluateBatch({ actions: [REFUND, REFUND, REFUND] })
    await expect(tooMany).rejects.toThrow(PlanLimitError)
    await expect(tooMany).rejects.toMatchObject({ code: 'plan_limit', retryAfterSeconds: 60 })
    await actions.evaluateBatch({ actions: [REFUND, { ...REFUND, actor: 'other' }] })
    await expect(actions.evaluate(REFUND)).rejects.toThrow(/3 evaluations a month/)
    await expect((await host.api('other')).actions.evaluate(REFUND)).resolves.toBeDefined()
    await host.close()
    const { host: later } = openHost({ file, clock, quotas: () => ({ ...quotas, evaluationsPerMonth: 3 }) })
    const again = (await later.api('one')).actions
    await expect(again.evaluate(REFUND)).rejects.toThrow(PlanLimitError)
    clock.advance(60_000)
    await expect(again.evaluate(REFUND)).resolves.toBeDefined()
  })

  it('bound how long words are kept, and the policy cannot keep them longer', async () => {
    const clock = new TestClock('2026-07-01T00:00:00.000Z')
    const { host } = openHost({
      clock,
      quotas: (organisation) => (organisation === 'one' ? { ...quotas, historyDays: 10 } : null),
    })
    const apis = [await host.api('one'), await host.api('other')]
    const ids = await Promise.all(
      apis.map(async (api) => (await api.actions.evaluate({ ...REFUND, target: 'order A-1' })).request_id),
    )
    const [one] = apis
    await expect(one?.policy.update({ retention_days: 30 })).rejects.toMatchObject({ code: 'plan_limit' })
    await expect(one?.policy.update({ retention_days: null })).rejects.toThrow(/10 days of history/)
    await expect(one?.policy.update({ retention_days: 10 })).resolves.toBeDefined()
    clock.advance(9 * DAY_MS)
    await host.applyRetention()
    expect((await one?.decisions.get(ids[0] ?? ''))?.request).not.toBeNull()
    clock.advance(2 * DAY_MS)
    await host.applyRetention()
    const decisions = await Promise.all(apis.map((api, index) => api.decisions.get(ids[index] ?? '')))
    expect(decisions.map(({ request }) => request === null)).toEqual([true, false])
  })

  it('bound the agents of a month', async () => {
    const { host } = openHost({ quotas: () => ({ ...quotas, agents: 2 }) })
    const { actions } = await host.api('one')
    for (const actor of ['a', 'b', 'a']) await actions.evaluate({ ...REFUND, actor })
    await expect(actions.evaluate({ ...REFUND, actor: 'c' })).rejects.toThrow(/2 agents a month/)
    await expect(actions.evaluateBatch({ actor: 'd', actions: [{ action: 'refund' }] })).rejects.toThrow(PlanLimitError)
    await expect(actions.evaluate({ ...REFUND, actor: 'b' })).resolves.toBeDefined()
  })
})

describe('webhooks of a host', () => {
  it('are disabled after days of failure, which stands in the events of their organisation', async () => {
    const { host, file, clock } = openHost()
    const receiver = await openReceiver(status(500))
    const api = await host.api('one')
    const { webhook_id } = await api.webhooks.create({ url: receiver.url })
    const core = openCore({ file, organisation: 'one', clock })
    await enqueue(core, madeEvent('evt_1'))
    await host.deliverDue()
    clock.advance(5 * DAY_MS)
    await enqueue(core, madeEvent('evt_2'))
    await host.deliverDue()
    await expect(api.webhooks.get(webhook_id)).resolves.toMatchObject({ is_active: false })
    const { events } = await api.events.list({ event_type: 'webhook.disabled' })
    expect(events).toMatchObject([{ severity: 'warning', reason: expect.stringContaining(receiver.url) }])
  })

  it('are sent what happens, for every organisation, also while its engine is closed', async () => {
    const { host, file, clock } = openHost({ mostOpen: 1 })
    const receiver = await openReceiver()
    for (const name of ['one', 'two']) {
      await (await host.api(name)).webhooks.create({ url: receiver.url })
      await enqueue(openCore({ file, organisation: name, clock }), madeEvent(`evt_${name}`))
    }
    await host.deliverDue()
    const organisations = receiver.received.map(({ body }) => (JSON.parse(body) as { org_id: string }).org_id)
    expect(organisations.toSorted((a, b) => a.localeCompare(b))).toEqual(['one', 'two'])
  })
})
