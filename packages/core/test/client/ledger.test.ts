import { describe, expect, it } from 'vitest'
import { BighubClient } from '../../src/node/index.ts'
import { isLedger } from '../../src/protocol/ledger.ts'
import { type Answer, inOrder, ok, sendJson, startServer, status } from './support/test-server.ts'

const APPROVAL = {
  request_id: 'req_1',
  action: 'pay',
  actor: 'AI_AGENT',
  status: 'pending',
  risk_score: 0.5,
  reason: 'large',
  created_at: '2026-02-27T00:00:00Z',
  arguments_digest: 'd',
  expires_at: '2026-02-28T00:00:00Z',
}
const EFFECT = {
  effect_id: 'eff_1',
  effect_key: 'k',
  request_id: 'req_1',
  arguments_digest: 'd',
  state: 'succeeded',
  claimed_at: '2026-02-27T00:00:00Z',
}
const approved = ok({ ...APPROVAL, status: 'approved' })
const pending = ok(APPROVAL)

/** A client whose waits take no time but count, and a server that answers after `heldMs` of that time. */
async function setUp(answer: Answer, heldMs = 0) {
  let time = 0
  const waits: number[] = []
  const server = await startServer((response, request, index) => {
    const { searchParams } = new URL(request.url, 'http://localhost')
    time += Math.min(heldMs, Number(searchParams.get('wait_s') ?? 0) * 1000)
    answer(response, request, index)
  })
  const client = new BighubClient({
    baseUrl: server.url,
    maxRetries: 0,
    now: () => time,
    async delay(ms) {
      waits.push(ms)
      time += ms
    },
  })
  return {
    client,
    waits,
    urls: () => server.requests.map(({ method, url }) => `${method} ${url}`),
    bodies: () => server.requests.map(({ body }) => (body === '' ? null : (JSON.parse(body) as unknown))),
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('the client as a ledger', () => {
  it('is one, by its methods', () => expect(isLedger(new BighubClient())).toBe(true))

  it('claims, settles, resolves, consumes and cancels over the routes of the protocol (§12)', async () => {
    await using test = await setUp((response, { url }) => {
      if (url.endsWith('/claim')) return sendJson(response, { effect_id: 'eff_1', claimed: true, state: 'claimed' })
      if (url.endsWith('/settle')) return sendJson(response, EFFECT)
      if (url.endsWith('/consume')) return sendJson(response, { consumed: true, effect_id: 'eff_1' })
      sendJson(response, { ...APPROVAL, status: url.endsWith('/cancel') ? 'cancelled' : 'approved' })
    })
    const { client } = test
    const claim = { effect_key: 'k', request_id: 'req_1', arguments_digest: 'd' }
    expect(await client.claimEffect(claim)).toMatchObject({ claimed: true })
    expect(await client.settleEffect('eff_1', { state: 'succeeded' })).toEqual(EFFECT)
    expect(await client.resolveApproval('req_1', { resolution: 'approved' }, { resolvedBy: 'ana' })).toMatchObject({
      status: 'approved',
    })
    const consume = { arguments_digest: 'd', effect_key: 'k' }
    expect(await client.consumeApproval('req_1', consume)).toEqual({ consumed: true, effect_id: 'eff_1' })
    expect(await client.cancelApproval('req_1', { reason: 'late' })).toMatchObject({ status: 'cancelled' })
    await client.cancelApproval('req_1')
    expect(test.urls()).toEqual([
      'POST /effects/claim',
      'POST /effects/eff_1/settle',
      'POST /approvals/req_1/resolve',
      'POST /approvals/req_1/consume',
      'POST /approvals/req_1/cancel',
      'POST /approvals/req_1/cancel',
    ])
    expect(test.bodies()).toEqual([
      claim,
      { state: 'succeeded' },
      { resolution: 'approved' },
      consume,
      { reason: 'late' },
      {},
    ])
  })

  it.each([
    ['{}', {}],
    ['a list', []],
    ['null', null],
    ['a claim of another type', { effect_id: 'eff_1', claimed: 'yes', state: 'claimed' }],
  ])('takes no answer on trust: %s', async (_, body) => {
    await using test = await setUp(ok(body))
    const claim = { effect_key: 'k', request_id: 'req_1', arguments_digest: 'd' }
    const refused = { code: 'evaluator_answer_invalid', isRetryable: false }
    await expect(test.client.claimEffect(claim)).rejects.toMatchObject(refused)
    await expect(test.client.getApproval('req_1')).rejects.toMatchObject(refused)
    await expect(
      test.client.consumeApproval('req_1', { arguments_digest: 'd', effect_key: 'k' }),
    ).rejects.toMatchObject(refused)
  })
})

describe('getApproval', () => {
  it('asks once where nobody wants to wait', async () => {
    await using test = await setUp(pending)
    expect(await test.client.getApproval('req_1')).toMatchObject({ status: 'pending' })
    expect(test.urls()).toEqual(['GET /approvals/req_1'])
  })

  it('polls for up to 30 s at a time until it has ended', async () => {
    await using test = await setUp(inOrder(pending, pending, approved), 30_000)
    expect(await test.client.getApproval('req_1', { waitMs: 300_000 })).toMatchObject({ status: 'approved' })
    expect(test.urls()).toEqual(Array(3).fill('GET /approvals/req_1?wait_s=30'))
    expect(test.waits).toEqual([])
  })

  it('polls until the time is over, and says how it stands then', async () => {
    await using test = await setUp(pending, 30_000)
    expect(await test.client.getApproval('req_1', { waitMs: 45_500 })).toMatchObject({ status: 'pending' })
    expect(test.urls()).toEqual([
      'GET /approvals/req_1?wait_s=30',
      'GET /approvals/req_1?wait_s=15.5',
      'GET /approvals/req_1',
    ])
  })

  it('asks once a second a server that does not wait', async () => {
    await using test = await setUp(inOrder(pending, pending, approved))
    await test.client.getApproval('req_1', { waitMs: 60_000 })
    expect(test.waits).toEqual([1000, 1000])
  })

  it('waits failures out that may pass, and throws the others', async () => {
    await using test = await setUp(inOrder(status(503), (response) => response.destroy(), approved))
    expect(await test.client.getApproval('req_1', { waitMs: 60_000 })).toMatchObject({ status: 'approved' })
    await using missing = await setUp(status(404, { detail: { code: 'approval_not_found' } }))
    await expect(missing.client.getApproval('req_1', { waitMs: 60_000 })).rejects.toMatchObject({ kind: 'approval' })
    await using down = await setUp(status(503))
    await expect(down.client.getApproval('req_1', { waitMs: 3000 })).rejects.toMatchObject({ statusCode: 503 })
  })

  it('ends its wait with the signal and says how it stands', async () => {
    const abort = new AbortController()
    await using test = await setUp((response, request) => {
      if (request.url.includes('wait_s')) abort.abort()
      else pending(response, request, 0)
    })
    const waited = await test.client.getApproval('req_1', { waitMs: 300_000, signal: abort.signal })
    expect(waited).toMatchObject({ status: 'pending' })
    expect(test.urls()).toEqual(['GET /approvals/req_1?wait_s=30', 'GET /approvals/req_1'])
  })

  it('gives a long poll its waiting time besides timeoutMs', async () => {
    await using server = await startServer((response, { url }) => {
      if (url.includes('wait_s')) setTimeout(() => sendJson(response, APPROVAL), 120)
    })
    await using client = new BighubClient({ baseUrl: server.url, timeoutMs: 60, deadlineMs: 60, maxRetries: 0 })
    expect(await client.approvals.get('req_1', { wait_s: 10 })).toMatchObject({ status: 'pending' })
    await expect(client.approvals.get('req_1')).rejects.toMatchObject({ code: 'timed_out' })
  })
})
