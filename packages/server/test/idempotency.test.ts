import { describe, expect, it } from 'vitest'
import { openServer, type TestServer } from './support/test-server.ts'

interface Decision {
  readonly request_id: string
}

const EVALUATION = { action: 'refund', actor: 'agent', value: 5 }

function evaluate(served: TestServer, key: string, body: unknown = EVALUATION) {
  return served.ask<Decision>('/actions/evaluate', { body, headers: { 'idempotency-key': key } })
}

async function countDecisions(served: TestServer): Promise<number> {
  return (await served.ask<{ decisions: unknown[] }>('/decisions')).json.decisions.length
}

describe('an idempotency key', () => {
  it('with the same body gets the stored answer, and nothing is done again', async () => {
    const served = await openServer()
    const first = await evaluate(served, 'key-1')
    const second = await evaluate(served, 'key-1')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect([second.status, second.text]).toEqual([200, first.text])
    expect(await countDecisions(served)).toBe(1)
  })

  it('that 20 requests carry at once makes one decision', async () => {
    const served = await openServer()
    const answers = await Promise.all(Array.from({ length: 20 }, () => evaluate(served, 'key-1')))
    const done = answers.filter(({ status }) => status === 200)
    const waiting = answers.filter(({ status }) => status === 409)
    expect(done.length + waiting.length).toBe(20)
    expect(new Set(done.map(({ json }) => json.request_id)).size).toBe(1)
    for (const { json } of waiting)
      expect(json).toMatchObject({
        detail: { code: 'idempotency_in_progress' },
        error: { code: 'idempotency_in_progress' },
      })
    expect(await countDecisions(served)).toBe(1)
    expect((await evaluate(served, 'key-1')).json.request_id).toBe(done[0]?.json.request_id)
  })

  it('with another body is refused', async () => {
    const served = await openServer()
    await evaluate(served, 'key-1')
    const { status, json } = await evaluate(served, 'key-1', { ...EVALUATION, value: 6 })
    expect([status, json]).toEqual([
      422,
      expect.objectContaining({
        detail: [{ loc: ['header', 'idempotency-key'], msg: expect.any(String), type: 'idempotency_key_reuse' }],
      }),
    ])
    expect(await countDecisions(served)).toBe(1)
  })

  it('is another one for another path, query, verb or key', async () => {
    const served = await openServer()
    const headers = { 'idempotency-key': 'key-1' }
    const rule = (await served.ask<{ rule_id: string }>('/rules', { body: { name: 'limit' }, headers })).json
    const replayed = []
    for (const [path, method] of [
      [`/rules/${rule.rule_id}/pause`, 'POST'],
      [`/rules/${rule.rule_id}/resume`, 'POST'],
      [`/rules/${rule.rule_id}`, 'DELETE'],
      ['/rules/admin/idempotency/purge', 'POST'],
      ['/rules/admin/idempotency/purge?limit=1', 'POST'],
    ] as const)
      replayed.push((await served.ask(path, { method, headers })).headers.get('idempotency-replayed'))
    const key = await served.newKey(['rules:write'])
    replayed.push(
      (await served.ask('/rules', { body: { name: 'limit' }, headers, key })).headers.get('idempotency-replayed'),
    )
    expect(replayed).toEqual([null, null, null, null, null, null])
  })

  it('keeps a refusal, but not input of the wrong form', async () => {
    const served = await openServer()
    const headers = { 'idempotency-key': 'key-1' }
    const lost = { body: { max_value: 1 }, method: 'PATCH', headers }
    const refusal = await served.ask('/rules/none', lost)
    const again = await served.ask('/rules/none', lost)
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([404, refusal.text, 'true'])
    expect((await evaluate(served, 'key-2', { value: 5 })).status).toBe(422)
    expect((await evaluate(served, 'key-2')).status).toBe(200)
  })

  it('gives a replayed rule its version back', async () => {
    const served = await openServer()
    const asked = { body: { name: 'limit' }, headers: { 'idempotency-key': 'key-1' } }
    const first = await served.ask('/rules', asked)
    const second = await served.ask('/rules', asked)
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'))
    expect(second.headers.get('etag')).toMatch(/:v1"$/)
  })

  it('shows a new key again, and the store does not hold it', async () => {
    const served = await openServer()
    const asked = { body: { label: 'agent' }, headers: { 'idempotency-key': 'a key of the client' } }
    const first = await served.ask<{ key: string }>('/api-keys', asked)
    const second = await served.ask<{ key: string }>('/api-keys', asked)
    expect(second.json.key).toBe(first.json.key)
    const stored = served.readStore()
    expect(stored).toContain('idempotency')
    expect(stored).not.toContain(first.json.key)
  })

  it.each(['x'.repeat(256), 'tab\there', 'ümlaut'])('that is none is refused: %j', async (key) => {
    const served = await openServer()
    const { status } = await evaluate(served, key)
    expect(status).toBe(422)
    expect(await countDecisions(served)).toBe(0)
  })

  it('means nothing on a read', async () => {
    const served = await openServer()
    const headers = { 'idempotency-key': 'key-1' }
    await served.ask('/rules', { headers })
    await served.ask('/rules', { body: { name: 'limit' } })
    expect((await served.ask<unknown[]>('/rules', { headers })).json).toHaveLength(1)
  })
})
