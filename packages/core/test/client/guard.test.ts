import { describe, expect, it } from 'vitest'
import { BighubClient, createGuard, type EvaluateRequest } from '../../src/node/index.ts'
import { createScriptedEvaluator, type ScriptedEvaluatorOptions } from '../../src/testing/index.ts'
import { type Answer, sendJson, startServer, type TestServer } from './support/test-server.ts'

/** A server over the scripted evaluator: what a guard asks for, with its errors in the protocol's envelope. */
function scriptedServer(answers: NonNullable<ScriptedEvaluatorOptions['answers']>, first: readonly Answer[] = []) {
  const evaluator = createScriptedEvaluator({ answers })
  async function answerTo(url: string, body: never): Promise<unknown> {
    const [, resource, id = '', verb = ''] = new URL(url, 'http://localhost').pathname.split('/')
    if (resource === 'actions') return evaluator.evaluate(body)
    if (resource === 'outcomes') return evaluator.reportOutcome(body)
    if (resource === 'effects') return id === 'claim' ? evaluator.claimEffect(body) : evaluator.settleEffect(id, body)
    if (verb === 'resolve') return evaluator.resolveApproval(id, body)
    if (verb === 'consume') return evaluator.consumeApproval(id, body)
    if (verb === 'cancel') return evaluator.cancelApproval(id, body)
    return evaluator.getApproval(id, {
      waitMs: Number(new URL(url, 'http://localhost').searchParams.get('wait_s')) * 1000,
    })
  }
  const server = startServer((response, request, index) => {
    if (first[index]) return first[index](response, request, index)
    answerTo(request.url, JSON.parse(request.body || '{}') as never).then(
      (answer) => sendJson(response, answer),
      (error: { code?: string; message: string }) =>
        sendJson(response, { detail: [{ loc: ['body'], msg: error.message, type: error.code }] }, 422),
    )
  })
  return { evaluator, server }
}

const call = { tool: 'refund', arguments: { order: 'A-1', amount: 20 }, callId: 'call_1' }
const urls = (server: TestServer) => server.requests.map(({ url }) => url)

describe('a guard over the client', () => {
  it('runs what may run, claims it once and reports the outcome', async () => {
    const { evaluator, server: starting } = scriptedServer({})
    await using server = await starting
    await using client = new BighubClient({ baseUrl: server.url })
    const guard = createGuard({ evaluator: client })
    expect(await guard.run(call, () => 'done')).toMatchObject({ status: 'executed', value: 'done' })
    await guard.close()
    expect(evaluator.outcomes).toMatchObject([{ status: 'SUCCESS' }])
    expect(evaluator.settlements).toMatchObject([{ state: 'succeeded' }])
    expect(guard.coverage().limits).toEqual([])
    const sent = JSON.parse(server.requests[0]?.body ?? '') as EvaluateRequest
    expect(sent).toMatchObject({ action: 'refund', context: { call: { tool: 'refund', call_id: 'call_1' } } })
  })

  it('blocks what must not run', async () => {
    const { server: starting } = scriptedServer({ refund: 'do_not_proceed' })
    await using server = await starting
    await using client = new BighubClient({ baseUrl: server.url })
    const guard = createGuard({ evaluator: client, mode: 'enforced' })
    const result = await guard.run(call, () => expect.unreachable())
    expect(result).toMatchObject({ status: 'refused' })
    await guard.close()
  })

  it('holds a call until a person has answered on the server', async () => {
    const { evaluator, server: starting } = scriptedServer({ refund: 'review_recommended' })
    await using server = await starting
    await using client = new BighubClient({ baseUrl: server.url })
    const guard = createGuard({ evaluator: client })
    guard.on('approval-request', ({ approval }) => {
      void evaluator.resolveApproval(approval.request_id, { resolution: 'approved' }, { resolvedBy: 'ana' })
    })
    expect(await guard.run(call, () => 'done')).toMatchObject({ status: 'executed', value: 'done' })
    await guard.close()
    expect(urls(server).some((url) => /^\/approvals\/[^/]+\?wait_s=/.test(url))).toBe(true)
    expect(urls(server).filter((url) => url.endsWith('/consume'))).toHaveLength(1)
  })

  it('takes an answer that came too late as how the approval ended, as in process', async () => {
    const { evaluator, server: starting } = scriptedServer({ refund: 'review_recommended' })
    await using server = await starting
    await using client = new BighubClient({ baseUrl: server.url })
    const guard = createGuard({ evaluator: client })
    const begun = await guard.begin(call)
    const { request_id } = await begun.approval()
    await evaluator.resolveApproval(request_id, { resolution: 'denied' })
    expect(await begun.resolveApproval({ resolution: 'approved' })).toMatchObject({ status: 'denied' })
    await guard.close()
  })

  it('asks again after what may pass, with the same key, and fails closed after what does not', async () => {
    const busy: Answer = (response) => sendJson(response, {}, 503)
    const { server: starting } = scriptedServer({}, [busy, busy])
    await using server = await starting
    await using client = new BighubClient({ baseUrl: server.url, maxRetries: 0 })
    const guard = createGuard({ evaluator: client })
    expect(await guard.run(call, () => 'done')).toMatchObject({ status: 'executed' })
    await guard.close()
    const keys = server.requests.slice(0, 3).map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)

    const refuse: Answer = (response) => sendJson(response, { detail: 'no key' }, 401)
    const refusing = scriptedServer({}, [refuse])
    await using closed = await refusing.server
    await using stranger = new BighubClient({ baseUrl: closed.url })
    const strict = createGuard({ evaluator: stranger })
    expect(await strict.run(call, () => expect.unreachable())).toMatchObject({ status: 'refused' })
    await strict.close()
    expect(urls(closed)).toEqual(['/actions/evaluate'])
  })
})
