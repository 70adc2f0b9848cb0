import { AccessError, type DecisionHost, PlanLimitError, StorageError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { createServer, type Server } from '../src/index.ts'
import { openServer, type ProblemBody } from './support/test-server.ts'

interface FieldProblem {
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly type: string
}

describe('an error', () => {
  it('names request id and code at the top and in its mirror, always as JSON', async () => {
    const served = await openServer()
    const { headers, json } = await served.ask('/cases/none', { headers: { 'x-request-id': 'trace-1' } })
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('x-request-id')).toBe('trace-1')
    const message = 'no case with the id "none" in this organisation'
    expect(json).toEqual({
      detail: { code: 'case_not_found', message },
      request_id: 'trace-1',
      error: { code: 'case_not_found', message, request_id: 'trace-1' },
    })
  })

  it.each(['a b', 'x'.repeat(129), '<script>', ''])('has an id of its own where the given one is %j', async (given) => {
    const served = await openServer()
    const { headers, json } = await served.ask('/nowhere', { headers: { 'x-request-id': given } })
    expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-f-]{36}$/)
    expect(json.request_id).toBe(headers.get('x-request-id'))
  })

  it('says in text why on 401 and 403', async () => {
    const served = await openServer()
    expect((await served.ask('/policy', { key: null })).json.detail).toEqual(expect.any(String))
    const key = await served.newKey(['events:read'])
    expect((await served.ask('/policy', { key })).json.detail).toEqual(expect.any(String))
  })

  it('names every field that is wrong on 422, with its place', async () => {
    const served = await openServer()
    const body = { action: '', value: 'much', context: { call: { reversibility: 7 } } }
    const { status, json } = await served.ask('/actions/evaluate', { body })
    expect(status).toBe(422)
    expect((json.detail as FieldProblem[]).map(({ loc }) => loc)).toEqual([
      ['body', 'action'],
      ['body', 'value'],
      ['body', 'context', 'call', 'reversibility'],
    ])
    expect(json.error.code).toBe('invalid_input')
  })

  it('names the index in a list as a number', async () => {
    const served = await openServer()
    const { json } = await served.ask('/actions/evaluate/batch', { body: { actions: [{ action: 'a' }, {}] } })
    expect((json.detail as FieldProblem[])[0]?.loc).toEqual(['body', 'actions', 1, 'action'])
  })

  it('names at most 100 fields', async () => {
    const served = await openServer()
    const { json } = await served.ask('/ingest/batch', { body: { events: Array.from({ length: 400 }, () => 7) } })
    expect((json.detail as FieldProblem[]).length).toBe(100)
  })

  it('names an unknown field itself', async () => {
    const served = await openServer()
    const { json } = await served.ask('/policy', { method: 'PATCH', body: { enforcement_mod: 'enforced' } })
    expect((json.detail as FieldProblem[])[0]).toMatchObject({
      loc: ['body', 'enforcement_mod'],
      type: 'unrecognized_keys',
    })
  })

  it('places a fault of the query in the query and one of the path in the path', async () => {
    const served = await openServer()
    const query = await served.ask('/approvals?limit=0')
    expect((query.json.detail as FieldProblem[])[0]?.loc).toEqual(['query', 'limit'])
    const path = await served.ask(`/rules/${'x'.repeat(501)}`)
    expect(path.status).toBe(422)
    expect((path.json.detail as FieldProblem[])[0]?.loc).toEqual(['path', 'rule_id'])
  })

  it.each([
    ['malformed JSON', '{"action":', 'json_invalid'],
    ['half a string', '"abc', 'json_invalid'],
    ['no body at all', '', 'invalid_input'],
    ['a body of white space', '  ', 'json_invalid'],
    ['brackets without end', '['.repeat(200_000), 'json_too_deep'],
    ['an object without end', '{"a":'.repeat(100_000), 'json_too_deep'],
  ])('answers %s with 422', async (_, body, code) => {
    const served = await openServer()
    const { status, json } = await served.ask('/actions/evaluate', { body })
    expect([status, json.error.code]).toEqual([422, code])
    expect((json.detail as FieldProblem[])[0]?.loc[0]).toBe('body')
  })

  it('does not repeat a body that cannot be read', async () => {
    const served = await openServer()
    const { text } = await served.ask('/webhooks/verify-signature', { body: '{"secret": whsec_very_secret}' })
    expect(text).not.toContain('very_secret')
  })

  it('takes brackets in strings for what they are', async () => {
    const served = await openServer()
    const target = `${'['.repeat(300)}\\"${'{'.repeat(300)}`
    const { status } = await served.ask('/actions/evaluate', { body: { action: 'read', target } })
    expect(status).toBe(200)
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'answers a body of the type %s with 415',
    async (type) => {
      const served = await openServer()
      const { status, json } = await served.ask('/cases/precedents', { body: {}, headers: { 'content-type': type } })
      expect([status, json.detail]).toEqual([415, expect.objectContaining({ code: 'unsupported_media_type' })])
    },
  )

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/merge-patch+json'])(
    'takes a body of the type %s',
    async (type) => {
      const served = await openServer()
      const asked = { body: { action: 'read' }, headers: { 'content-type': type } }
      expect((await served.ask('/actions/evaluate', asked)).status).toBe(200)
    },
  )

  it('answers a body over the limit with 413, announced or not', async () => {
    const served = await openServer({ maxBodyBytes: 1000 })
    const body = JSON.stringify({ action: 'x'.repeat(1000) })
    const announced = { body, headers: { 'content-length': String(body.length) } }
    for (const asked of [{ body }, announced]) {
      const { status, json, headers } = await served.ask('/actions/evaluate', asked)
      expect([status, json.error.code, headers.get('connection')]).toEqual([413, 'body_too_large', 'close'])
    }
    const exact = JSON.stringify({ action: 'read', target: 'x'.repeat(1000 - '{"action":"read","target":""}'.length) })
    expect((await served.ask('/actions/evaluate', { body: exact })).status).toBe(200)
  })

  it('answers a path that is none with 404, also one that only ends with a slash', async () => {
    const served = await openServer()
    for (const path of ['/nowhere', '/rules/', '/Rules', '//rules', '/rules/a/b/c'])
      expect([path, (await served.ask(path)).json.detail]).toEqual([
        path,
        expect.objectContaining({ code: 'not_found' }),
      ])
  })

  it('answers another verb with 405 and says which there are', async () => {
    const served = await openServer()
    const { status, headers, json } = await served.ask('/rules/some', { method: 'PUT', body: {} })
    expect([status, headers.get('allow'), json.error.code]).toEqual([405, 'DELETE, GET, PATCH', 'method_not_allowed'])
    expect((await served.ask('/healthz', { method: 'POST' })).status).toBe(405)
  })

  it('answers another version with 409 and the present one', async () => {
    const served = await openServer()
    const rule = (await served.ask<{ rule_id: string }>('/rules', { body: { name: 'limit' } })).json
    const asked = { method: 'PATCH', body: { max_value: 1 }, headers: { 'if-match': `W/"rule:${rule.rule_id}:v9"` } }
    const { status, json } = await served.ask(`/rules/${rule.rule_id}`, asked)
    expect([status, json.detail]).toEqual([
      409,
      expect.objectContaining({ code: 'version_conflict', current_version: 1 }),
    ])
  })

  it('answers a closed approval with 422, which clients do not repeat', async () => {
    const served = await openServer()
    await served.ask('/rules', { body: { name: 'hold', require_approval_above: 1 } })
    const { json } = await served.ask<{ request_id: string }>('/actions/evaluate', {
      body: { action: 'pay', value: 2 },
    })
    const path = `/approvals/${json.request_id}/resolve`
    expect((await served.ask(path, { body: { resolution: 'denied' } })).status).toBe(200)
    const again = await served.ask(path, { body: { resolution: 'approved' } })
    expect(again.status).toBe(422)
    expect((again.json.detail as FieldProblem[])[0]).toMatchObject({
      loc: ['path', 'request_id'],
      type: 'approval_closed',
    })
  })
})

describe('a host that fails', () => {
  it.each([
    [new StorageError('unavailable', '/data/bighub.db', 'is locked'), 503, 'storage_unavailable', '1'],
    [new StorageError('corrupt', '/data/bighub.db', 'is damaged'), 500, 'internal_error', null],
    [new Error('secret words of the inside'), 500, 'internal_error', null],
    [new PlanLimitError('all evaluations of the month are used', 77), 429, 'plan_limit', '77'],
    [new AccessError('forbidden', 'this key cannot give that scope'), 403, 'forbidden', null],
  ])('answers %s with %i, and tells nothing of the inside', async (error, status, code, retryAfter) => {
    const answer = await failing(error).fetch(new Request('http://localhost/policy', { headers: { 'x-api-key': 'k' } }))
    const body = (await answer.json()) as ProblemBody
    expect([answer.status, body.error.code, answer.headers.get('retry-after')]).toEqual([status, code, retryAfter])
    expect(JSON.stringify(body)).not.toMatch(/secret words|\/data\//)
    expect(body.request_id).toMatch(/^req_/)
  })
})

/** A server over a host whose every method ends with this error. */
function failing(error: Error): Server {
  const host: Pick<DecisionHost, 'authenticate' | 'api'> = {
    authenticate: async () => ({
      principal: { organisation: 'o', by: 'key:k', scopes: ['admin'], rateLimitPerMinute: null },
    }),
    api: async () => {
      throw error
    },
  }
  // No other part of a host is reached.
  return createServer({ host: host as DecisionHost })
}
