import { describe, expect, it } from 'vitest'
import { BighubClient } from '../../src/node/index.ts'
import { ok, startServer } from './support/test-server.ts'

/** What the client sent as the body of one call. */
async function bodyOf(call: (client: BighubClient) => Promise<unknown>): Promise<unknown> {
  await using server = await startServer(ok({}))
  await using client = new BighubClient({ baseUrl: server.url })
  await call(client)
  return JSON.parse(server.requests[0]?.body ?? 'null')
}

describe('evaluate', () => {
  it('always says who acts, and leaves out what is absent (!, ∅)', async () => {
    expect(await bodyOf((client) => client.evaluate({ action: 'pay' }))).toEqual({ action: 'pay', actor: 'AI_AGENT' })
    const nothing = {
      action: 'pay',
      actor: 'ana',
      value: null,
      target: null,
      domain: null,
      context: null,
      metadata: null,
    }
    expect(await bodyOf((client) => client.evaluate(nothing))).toEqual({ action: 'pay', actor: 'ana' })
  })

  it('sends 0 and empty text, which are not absent (∅)', async () => {
    const request = { action: 'pay', value: 0, target: '', domain: '' }
    expect(await bodyOf((client) => client.evaluate(request))).toEqual({ ...request, actor: 'AI_AGENT' })
  })

  it('leaves an empty context out (ƒ)', async () => {
    expect(await bodyOf((client) => client.evaluate({ action: 'pay', context: {}, metadata: {} }))).toEqual({
      action: 'pay',
      actor: 'AI_AGENT',
    })
  })

  it('merges metadata under the context and never sends it itself', async () => {
    const request = { action: 'pay', context: { a: 1, b: 1 }, metadata: { b: 2, c: 2 } }
    const merged = { action: 'pay', actor: 'AI_AGENT', context: { a: 1, b: 1, c: 2 } }
    expect(await bodyOf((client) => client.evaluate(request))).toEqual(merged)
    expect(await bodyOf((client) => client.actions.submit(request))).toEqual(merged)
    expect(request.metadata).toEqual({ b: 2, c: 2 })
  })
})

describe('a context of the wrong kind', () => {
  it('is sent, so that the server refuses it, rather than judged without', async () => {
    const request = { action: 'pay', context: 'urgent' as never, metadata: { a: 1 } }
    const written = { action: 'pay', context: 'urgent' }
    expect(await bodyOf((client) => client.evaluate(request))).toEqual({ ...written, actor: 'AI_AGENT' })
    expect(await bodyOf((client) => client.actions.evaluatePayload(request))).toEqual(written)
  })
})

describe('evaluatePayload', () => {
  it('sends the caller’s object as it is, but for metadata', async () => {
    const payload = { action: 'pay', value: null, context: null, own: { key: 1 } }
    expect(await bodyOf((client) => client.actions.evaluatePayload(payload))).toEqual(payload)
    expect(await bodyOf((client) => client.actions.submitPayload({ ...payload, metadata: { a: 1 } }))).toEqual({
      ...payload,
      context: { a: 1 },
    })
  })
})

describe('dryRun', () => {
  it('is an evaluation of which nothing is kept, whatever the payload says', async () => {
    const payload = { action: 'pay', dry_run: false, metadata: { a: 1 } }
    expect(await bodyOf((client) => client.actions.dryRun(payload))).toEqual({
      action: 'pay',
      dry_run: true,
      context: { a: 1 },
    })
  })
})

describe('outcomes.report', () => {
  const ids = { status: 'SUCCESS', request_id: 'req_1' }

  it('leaves out what is empty, but for numbers that say something (ƒ, ∅)', async () => {
    const report = {
      ...ids,
      case_id: '',
      description: '',
      details: {},
      actual_impact: {},
      correction_needed: false,
      correction_description: '',
      correction_cost: 0,
      time_to_detect_s: 0,
      time_to_resolve_s: null,
      rollback_performed: false,
      revenue_impact: 0,
      customer_impact_count: 0,
      support_tickets_created: 0,
      observed_at: '',
      reported_by: '',
      tags: [],
    }
    expect(await bodyOf((client) => client.outcomes.report(report))).toEqual({
      ...ids,
      correction_cost: 0,
      time_to_detect_s: 0,
      revenue_impact: 0,
    })
  })

  it('sends a correction’s facts also where the reference drops them (protocol §11, 12)', async () => {
    const correction = { correction_description: 'refunded', correction_cost: 12, revenue_impact: -12, tags: ['a'] }
    // Whether the recommendation was followed is no field of the reference; the server reads it.
    const report = { ...ids, ...correction, recommendation_followed: false }
    expect(await bodyOf((client) => client.reportOutcome(report))).toEqual(report)
  })
})

describe('constraints.applyPatch', () => {
  const ops = [{ op: 'replace' as const, path: '/max_value', value: 5 }]

  it('takes a list or what the memory recommends, and sends the list', async () => {
    const written = { patch: ops, preview: true }
    expect(await bodyOf((client) => client.rules.applyPatch('rule_1', { patch: ops }))).toEqual(written)
    const recommended = { format: 'json_patch', ops } as const
    expect(await bodyOf((client) => client.rules.applyPatch('rule_1', { patch: recommended, reason: null }))).toEqual(
      written,
    )
  })

  it('sends the version that was seen as If-Match', async () => {
    await using server = await startServer(ok({}))
    await using client = new BighubClient({ baseUrl: server.url })
    const request = { patch: ops, preview: false, if_match_version: 3 }
    await client.constraints.applyPatch('rule_1', request, { ifMatch: 'W/"rule:rule_1:v3"' })
    expect(server.requests[0]?.headers['if-match']).toBe('W/"rule:rule_1:v3"')
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual(request)
  })

  it('refuses everything else before it is sent', async () => {
    const client = new BighubClient()
    const patch = { format: 'merge_patch', ops } as unknown as typeof ops
    await expect(client.rules.applyPatch('rule_1', { patch })).rejects.toMatchObject({ field: 'patch' })
  })
})
