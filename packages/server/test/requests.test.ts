import { BighubClient } from '@bighub/core'
import { listRoutes } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { openServer } from './support/test-server.ts'

describe('the path', () => {
  it('leads to its own route, also where another one’s parameter would match it', async () => {
    const routes: unknown[] = []
    const served = await openServer({
      logger: { log: (_, __, facts) => void routes.push(facts?.['route']) },
      rateLimit: 'off',
    })
    const table = listRoutes().map(({ route }) => route)
    // Pairs as of protocol §9: without them nothing would be tried.
    const isCovered = (path: string): boolean => table.some((other) => other.path !== path && matches(other.path, path))
    expect(table.filter(({ path }) => isCovered(path)).length).toBeGreaterThan(5)
    for (const { verb, path } of table) {
      await served.ask(path.replace(/\{\w+\}/g, 'x'), { method: verb })
      expect(routes.at(-1)).toBe(path)
    }
  })

  it('with a fixed name is never taken for a parameter by another verb', async () => {
    const served = await openServer()
    const { status, headers } = await served.ask('/rules/domains', { method: 'DELETE' })
    expect([status, headers.get('allow')]).toEqual([405, 'GET'])
  })

  it('decodes parameters once', async () => {
    const served = await openServer()
    for (const [written, id] of [
      ['a%2Fb', 'a/b'],
      ['a%3Fb%23c', 'a?b#c'],
      ['%C3%A4%20x', 'ä x'],
      ['a%252Fb', 'a%2Fb'],
      ['%25', '%'],
    ] as const) {
      const { status, json } = await served.ask(`/cases/${written}`)
      expect([status, json.error.message]).toEqual([
        404,
        `no case with the id ${JSON.stringify(id)} in this organisation`,
      ])
    }
  })

  it('takes what cannot be decoded as it stands', async () => {
    const served = await openServer()
    expect((await served.ask('/cases/%zz%E4')).status).toBe(404)
  })
})

function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path)
}

describe('the query', () => {
  it('is read as numbers and booleans where the table wants them', async () => {
    const served = await openServer()
    await served.ask('/rules', { body: { name: 'one' } })
    await served.ask('/rules', { body: { name: 'two' } })
    expect((await served.ask<unknown[]>('/rules?limit=1&offset=1')).json).toHaveLength(1)
    await served.ask('/webhooks', { body: { url: 'https://example.com', events: [] } })
    expect((await served.ask('/webhooks?include_inactive=true')).status).toBe(200)
    expect((await served.ask('/calibration/report?window_days=7')).status).toBe(200)
  })

  it.each(['limit=ten', 'limit=1.5', 'limit=-1', 'limit=0x10', 'limit=Infinity', 'limit=1e999', 'limit=%20'])(
    'refuses %s',
    async (query) => {
      const served = await openServer()
      const { status, json } = await served.ask(`/rules?${query}`)
      expect([status, json.detail]).toEqual([422, [expect.objectContaining({ loc: ['query', 'limit'] })]])
    },
  )

  it('refuses a boolean that is neither true nor false', async () => {
    const served = await openServer()
    expect((await served.ask('/webhooks?include_inactive=yes')).status).toBe(422)
  })

  it('takes empty text for nothing, the last of many, and no notice of what it does not know', async () => {
    const served = await openServer()
    await served.ask('/rules', { body: { name: 'one' } })
    const { status, json } = await served.ask<unknown[]>('/rules?status=&limit=9&limit=1&color=blue&__proto__=x')
    expect([status, json.length]).toEqual([200, 1])
  })
})

describe('the body', () => {
  it.each(['pause', 'resume'])('may be missing, empty or anything where a route has none: %s', async (verb) => {
    const served = await openServer()
    const { json } = await served.ask<{ rule_id: string }>('/rules', { body: { name: 'limit' } })
    const path = `/rules/${json.rule_id}/${verb}`
    expect((await served.ask(path, { method: 'POST' })).status).toBe(200)
    expect((await served.ask(path, { method: 'POST', body: '' })).status).toBe(200)
    expect((await served.ask(path, { body: 'not json', headers: { 'content-type': 'text/plain' } })).status).toBe(200)
  })

  it('may be left out where the table says so', async () => {
    const served = await openServer()
    for (const path of ['/kill-switch/activate', '/actions/memory/recommendations', '/api-keys'])
      expect([path, (await served.ask(path, { method: 'POST' })).status]).toEqual([path, 200])
  })

  it('of a DELETE is read: why a key was revoked', async () => {
    const served = await openServer()
    const { json } = await served.ask<{ key_id: string }>('/api-keys', { body: {} })
    await served.ask(`/api-keys/${json.key_id}`, { method: 'DELETE', body: { reason: 'leaked' } })
    const list = await served.ask<{ keys: { key_id: string; revoke_reason: string }[] }>(
      '/api-keys?include_revoked=true',
    )
    expect(list.json.keys.find(({ key_id }) => key_id === json.key_id)?.revoke_reason).toBe('leaked')
  })
})

describe('versions', () => {
  it('of a rule are in ETag, and If-Match takes them back', async () => {
    const served = await openServer()
    const made = await served.ask<{ rule_id: string }>('/rules', { body: { name: 'limit' } })
    const path = `/rules/${made.json.rule_id}`
    const tag = (await served.ask(path)).headers.get('etag') ?? ''
    expect(tag).toBe(`W/"rule:${made.json.rule_id}:v1"`)
    expect(made.headers.get('etag')).toBe(tag)
    const patch = { body: { patch: [{ op: 'add', path: '/max_value', value: 5 }], preview: false } }
    expect((await served.ask(`${path}/apply_patch`, { ...patch, headers: { 'if-match': tag } })).status).toBe(200)
    expect((await served.ask(`${path}/apply_patch`, { ...patch, headers: { 'if-match': tag } })).status).toBe(409)
    expect((await served.ask(path)).headers.get('etag')).toBe(`W/"rule:${made.json.rule_id}:v2"`)
  })

  it('of the policy too', async () => {
    const served = await openServer()
    const tag = (await served.ask('/policy')).headers.get('etag') ?? ''
    const asked = { method: 'PATCH', body: { repeat_refusal: false }, headers: { 'if-match': tag } }
    const changed = await served.ask('/policy', asked)
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, 'W/"policy:v1"'])
    expect((await served.ask('/policy', asked)).status).toBe(409)
  })
})

describe('pages of other origins', () => {
  it('may not ask unless their origin is on the list', async () => {
    const served = await openServer({ cors: ['https://app.example'] })
    const from = (origin: string) => served.ask('/healthz', { headers: { origin } })
    expect((await from('https://app.example')).headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect((await from('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
    expect((await from('https://evil.example')).headers.get('vary')).toBe('origin')
  })

  it('are answered before they ask, without a key', async () => {
    const served = await openServer({ cors: ['https://app.example'] })
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const asked = { method: 'OPTIONS', key: null, headers }
    const answer = await served.ask('/actions/evaluate', asked)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-headers')).toContain('idempotency-key')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect((await (await openServer()).ask('/actions/evaluate', asked)).status).toBe(405)
  })

  it.each(['*', 'app.example', 'https://app.example/'])('cannot be listed as %j', async (origin) => {
    await expect(openServer({ cors: [origin] })).rejects.toThrow(/is not an origin/)
  })
})

describe('our own client', () => {
  it('works against the server without noticing', async () => {
    const served = await openServer()
    await using client = new BighubClient({
      baseUrl: 'http://localhost',
      apiKey: served.key,
      fetch: (url, init) => served.server.fetch(new Request(url, init)),
    })
    const decision = await client.evaluate({ action: 'refund', value: 3 })
    await client.reportOutcome({ request_id: decision.request_id, status: 'SUCCESS' })
    expect((await client.decisions.get(decision.request_id)).request_id).toBe(decision.request_id)
    await expect(client.cases.get('none')).rejects.toMatchObject({ code: 'case_not_found', kind: 'case', id: 'none' })
    await expect(client.constraints.list({ limit: 0 })).rejects.toMatchObject({ statusCode: 422 })
  })
})
