import { listRoutes, pathParameters, type Route, SCOPES } from '@bighub/core/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, TestServer } from './support/test-server.ts'

const ROUTES = listRoutes()
const CLOSED = ROUTES.filter(({ route }) => route.scope !== null)

/** The path with a made-up id in each parameter's place. */
function pathOf(route: Route, id = 'none_1'): string {
  return route.path.replace(/\{\w+\}/g, id)
}

describe('access', () => {
  let served: TestServer
  beforeAll(async () => {
    served = await TestServer.open()
  })
  afterAll(() => served.close())

  it.each(CLOSED.map(({ name, route }) => [name, route] as const))('%s answers 401 without a key', async (_, route) => {
    const { status, json, headers } = await served.ask(pathOf(route), { method: route.verb, key: null })
    expect(status).toBe(401)
    expect(json.detail).toMatch(/show an API key/)
    expect(json.error.code).toBe('unauthenticated')
    expect(headers.get('www-authenticate')).toContain('Bearer')
  })

  it.each(CLOSED.map(({ name, route }) => [name, route] as const))(
    '%s answers 403 to a key with every scope but its own',
    async (_, route) => {
      const others = SCOPES.filter((scope) => scope !== route.scope && scope !== 'admin')
      const { status, json } = await served.ask(pathOf(route), { method: route.verb, key: await keyWith(others) })
      expect(status).toBe(403)
      expect(json.detail).toContain(route.scope)
    },
  )

  it.each(CLOSED.map(({ name, route }) => [name, route] as const))(
    '%s lets a key with its scope alone in',
    async (_, route) => {
      const scope = route.scope ?? 'admin'
      const { status } = await served.ask(pathOf(route), { method: route.verb, key: await keyWith([scope]) })
      // What it is asked may be wrong or not there; who asks is not.
      expect([200, 404, 422]).toContain(status)
    },
  )

  const keys = new Map<string, Promise<string>>()
  function keyWith(scopes: Parameters<TestServer['newKey']>[0]): Promise<string> {
    const name = scopes.join()
    const made = keys.get(name) ?? served.newKey(scopes)
    keys.set(name, made)
    return made
  }

  it('lets a key that may only read see suggestions, but not have them applied', async () => {
    const ask = (key: string, auto_apply: boolean) =>
      served.ask('/actions/memory/recommendations', { method: 'POST', key, body: { auto_apply } })
    const reader = await keyWith(['actions:read'])
    expect((await ask(reader, false)).status).toBe(200)
    const { status, json } = await ask(reader, true)
    expect(status).toBe(403)
    expect(json.detail).toContain('rules:write')
    expect((await ask(await keyWith(['actions:read', 'rules:write']), true)).status).toBe(200)
  })

  it('refuses a key that nobody made, and does not say why', async () => {
    const { status, json } = await served.ask('/policy', { key: 'bhk_nobody_made_this_one' })
    expect(status).toBe(401)
    expect(json.detail).toBe('the key or token is not good, or no longer')
  })

  it('refuses a key from an address that it may not be used from, and takes it from its own', async () => {
    const key = await served.newKey(['rules:read'], { ip_whitelist: ['10.1.0.0/16'] })
    expect((await served.ask('/policy', { key, address: '10.2.0.1' })).status).toBe(403)
    expect((await served.ask('/policy', { key })).status).toBe(403)
    expect((await served.ask('/policy', { key, address: '10.1.2.3' })).status).toBe(200)
  })

  it('takes a bearer token, and lets a key count before it', async () => {
    const authorization = `Bearer ${await served.signUp('bearer@example.com')}`
    expect((await served.ask('/policy', { key: null, headers: { authorization } })).status).toBe(200)
    expect((await served.ask('/policy', { key: 'bhk_wrong', headers: { authorization } })).status).toBe(401)
  })

  it.each(['Basic YTpi', 'Bearer', 'Bearer not.a.token'])('refuses the authorization %s', async (authorization) => {
    expect((await served.ask('/policy', { key: null, headers: { authorization } })).status).toBe(401)
  })

  it('validates the key of the query, whoever asks with which header', async () => {
    const asked = `/api-keys/validate?api_key=${served.key}`
    for (const key of [null, 'bhk_wrong', served.key])
      expect((await served.ask<{ valid: boolean }>(asked, { key })).json.valid).toBe(true)
    const { status, json } = await served.ask<{ valid: boolean }>('/api-keys/validate?api_key=bhk_wrong')
    expect({ status, json }).toEqual({ status: 200, json: { valid: false } })
  })

  it('writes down who asked as authentication found it, whatever the body says', async () => {
    await served.ask('/policy', { method: 'PATCH', body: { repeat_refusal: false, reason: 'by: somebody else' } })
    const { json } = await served.ask<{ changed_by: string }>('/policy')
    expect(json.changed_by).toMatch(/^key:key_/)
  })
})

describe('another organisation’s ids', () => {
  it('are not found, on any route that takes one', async () => {
    const served = await openServer()
    const ids = await fillOrganisation(served)
    const authorization = `Bearer ${await served.signUp('stranger@example.com')}`
    const routes = CLOSED.filter(({ route }) => pathParameters(route.path).some((each) => ID_NAMES.has(each)))
    expect(routes.length).toBeGreaterThan(30)
    const wrong: unknown[] = []
    for (const { name, route } of routes) {
      const path = route.path.replace(/\{(\w+)\}/g, (_, parameter: string) => idFor(ids, name, parameter))
      const body = BODIES[name]
      const asked = { method: route.verb, ...(body === undefined ? {} : { body }) }
      const { status, json } = await served.ask<{ valid?: boolean }>(path, {
        ...asked,
        key: null,
        headers: { authorization },
      })
      // An unknown validation is an answer of its own (protocol §7.1).
      const isHidden = name === 'actions.verifyValidation' ? json.valid === false : status === 404
      if (!isHidden) wrong.push([name, 'stranger', status, json])
      // Its owner finds it, or the 404 would say nothing. A write would change what the next route is asked about.
      const own = route.verb === 'GET' ? await served.ask(path) : null
      if (own && own.status !== 200) wrong.push([name, 'owner', own.status, own.json])
    }
    expect(wrong).toEqual([])
  })
})

const ID_NAMES: ReadonlySet<string> = new Set([
  'request_id',
  'validation_id',
  'case_id',
  'rule_id',
  'effect_id',
  'webhook_id',
  'key_id',
  'switch_id',
  'job_id',
  'snapshot_id',
])

function idFor(ids: Readonly<Record<string, string>>, route: string, parameter: string): string {
  const own = `${route.slice(0, route.indexOf('.'))}.${parameter}`
  return ids[own] ?? ids[parameter] ?? 'missing'
}

/** Bodies that routes with a path parameter accept, so that the id is what is judged. */
const BODIES: Readonly<Record<string, unknown>> = {
  'cases.reportOutcome': { status: 'SUCCESS' },
  'constraints.update': { max_value: 5 },
  'constraints.applyPatch': { patch: [{ op: 'replace', path: '/max_value', value: 7 }] },
  'approvals.resolve': { resolution: 'approved' },
  'approvals.consume': { arguments_digest: 'a'.repeat(64), effect_key: 'key' },
  'webhooks.update': { label: 'other' },
  'webhooks.test': { event_type: 'signal.new' },
  'effects.settle': { state: 'succeeded' },
  'effects.resolve': { state: 'succeeded' },
}

/** One of each thing that has an id, in the admin key's organisation. */
async function fillOrganisation(served: TestServer): Promise<Record<string, string>> {
  const post = async (path: string, body: unknown): Promise<Record<string, string>> =>
    (await served.ask<Record<string, string>>(path, { body })).json
  const rule = await post('/rules', { name: 'limit', domain: 'payments', require_approval_above: 10 })
  const context = { call: { effect_key: 'effect-1', arguments_digest: 'b'.repeat(64) } }
  const ran = await post('/actions/evaluate', { action: 'read', actor: 'agent', context })
  const held = await post('/actions/evaluate', { action: 'refund', domain: 'payments', value: 50 })
  await post('/outcomes/report', { request_id: ran['request_id'], status: 'SUCCESS' })
  await post('/outcomes/report', { request_id: held['request_id'], status: 'SUCCESS' })
  const effect = await post('/effects/claim', {
    effect_key: 'effect-2',
    request_id: ran['request_id'],
    arguments_digest: 'c'.repeat(64),
  })
  const webhook = await post('/webhooks', { url: 'http://127.0.0.1:9/hook', events: ['signal.new'] })
  const key = await post('/api-keys', { label: 'other' })
  const stop = await post('/kill-switch/activate', { scope: 'domain', domain: 'elsewhere', reason: 'test' })
  const features = await post('/features/snapshot', { case_id: ran['case_id'] })
  const job = await post('/backtests', {})
  const simulation = await served.ask<{ snapshot_id: string }>(`/simulations/by-request/${held['request_id']}`)
  const ids = {
    request_id: held['request_id'],
    validation_id: held['validation_id'],
    case_id: held['case_id'],
    rule_id: rule['rule_id'],
    effect_id: effect['effect_id'],
    webhook_id: webhook['webhook_id'],
    delivery_id: '1',
    key_id: key['key_id'],
    switch_id: stop['switch_id'],
    job_id: job['job_id'],
    'features.snapshot_id': features['snapshot_id'],
    'features.feature_key': 'value',
    'simulations.snapshot_id': simulation.json.snapshot_id,
  }
  for (const [name, id] of Object.entries(ids)) expect([name, id]).toEqual([name, expect.any(String)])
  return ids as Record<string, string>
}
