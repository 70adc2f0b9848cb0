import { request as httpRequest } from 'node:http'
import { BighubError, NotFoundError } from '@bighub/core/protocol'
import { createEngine, type Engine } from '@bighub/engine'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMcpServer, type McpServerOptions } from '../src/create-mcp-server.ts'
import { HttpSessions } from '../src/http/http-sessions.ts'
import { type HttpEndpoint, serveHttp } from '../src/http/serve-http.ts'
import type { ToolFailure } from '../src/tools/to-error-result.ts'
import type { PartialDecisionApi } from '../src/tools/tool.ts'
import { type CallResult, connectHttp, errorOf, textOf } from './stage.ts'

let engine: Engine
beforeAll(() => {
  engine = createEngine({ file: ':memory:' })
})
afterAll(() => engine.close())

/** A client that is linked to a server in this process. */
async function connect(api: PartialDecisionApi, options?: McpServerOptions): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  const [near, far] = InMemoryTransport.createLinkedPair()
  await Promise.all([createMcpServer(api, options).connect(far), client.connect(near)])
  return client
}

async function call(client: Client, name: string, inputs: Record<string, unknown>): Promise<CallResult> {
  return client.callTool({ name, arguments: inputs })
}

/** An API whose one method fails. */
function failing(error: unknown): PartialDecisionApi {
  return {
    actions: {
      status: async () => {
        throw error
      },
    },
  }
}

const STRATEGY = { strategy_version: '1', name: 'n', config: {}, updated_at: null }

/** An API whose one method says that it began and ends when it may. */
function waitingApi(begin: () => void, may: Promise<void>): PartialDecisionApi {
  const strategy = async (): Promise<typeof STRATEGY> => {
    begin()
    await may
    return STRATEGY
  }
  return { learning: { strategy } }
}

describe('the tools', () => {
  it('are those whose methods the API has, without the passthrough', async () => {
    const client = await connect(failing(null))
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['bighub_actions_status'])
  })

  it('can be chosen by resource, method and name', async () => {
    const client = await connect(engine, { tools: ['kill_switch', 'evaluate', 'outcomes_get', 'bighub_policy_get'] })
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'bighub_actions_evaluate',
      'bighub_outcomes_get',
      'bighub_kill_switch_status',
      'bighub_kill_switch_activate',
      'bighub_kill_switch_deactivate',
      'bighub_policy_get',
    ])
  })

  it('are refused together with a word that names none', () => {
    expect(() => createMcpServer(engine, { tools: ['outcomes', 'constructor'] })).toThrow(
      'tools: "constructor" names no tool; give resources (actions, outcomes,',
    )
  })

  it('change nothing when they are read-only, the passthrough included', async () => {
    const client = await connect(engine, { isReadOnly: true, sendHttpRequest: async () => ({}) })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('bighub_actions_dry_run')
    const before = await engine.statistics()
    await call(client, 'bighub_actions_dry_run', { payload: { action: 'refund', dry_run: false } })
    expect(await engine.statistics()).toEqual(before)
    expect(tools.filter(({ annotations }) => !annotations?.readOnlyHint)).toEqual([])
  })
})

describe('inputs', () => {
  it('that are null count as left out, as models write them', async () => {
    const client = await connect(engine)
    const inputs = { action: 'refund', actor: null, value: null, idempotency_key: null, metadata: null }
    expect((await call(client, 'bighub_actions_evaluate', inputs)).structuredContent).toMatchObject({
      actor: 'AI_AGENT',
    })
  })

  it('of a misspelt name are refused, since they would change what is judged', async () => {
    const error = errorOf(await call(await connect(engine), 'bighub_actions_evaluate', { action: 'refund', valeu: 5 }))
    expect(error).toMatchObject({ code: 'invalid_input', field: 'valeu', is_retryable: false })
    expect(error['message']).toContain('bighub_actions_evaluate')
  })

  it('metadata goes under context, and a payload as it is', async () => {
    const client = await connect(engine)
    const first = await call(client, 'bighub_actions_evaluate', {
      action: 'refund',
      context: { a: 1 },
      metadata: { a: 2, session_id: 's-1' },
    })
    const second = await call(client, 'bighub_actions_evaluate_payload', { payload: { action: 'refund', note: 'n' } })
    const [{ request_id: one }, { request_id: two }] = [textOf(first), textOf(second)]
    const stored = await engine.recordsOf(String(one))
    expect(JSON.stringify(stored)).toContain('"a":1')
    expect(JSON.stringify(stored)).toContain('s-1')
    expect(JSON.stringify(await engine.recordsOf(String(two)))).toContain('"note":"n"')
  })

  it('a patch may be a list or an object with ops, and If-Match guards it', async () => {
    const client = await connect(engine)
    const { rule_id } = await engine.constraints.create({ name: 'cap', max_value: 100 })
    const ops = [{ op: 'replace', path: '/max_value', value: 200 }]
    const patch = (inputs: Record<string, unknown>): Promise<CallResult> =>
      call(client, 'bighub_constraints_apply_patch', { rule_id, ...inputs })
    await patch({ patch: ops })
    expect(await engine.constraints.get(rule_id)).toMatchObject({ max_value: 100 })
    const stale = await patch({ patch: ops, preview: false, if_match: `W/"rule:${rule_id}:v7"` })
    expect(errorOf(stale)).toMatchObject({ code: 'version_conflict' })
    await patch({ patch: { format: 'json_patch', ops }, preview: false, if_match: `W/"rule:${rule_id}:v1"` })
    expect(await engine.constraints.get(rule_id)).toMatchObject({ max_value: 200, version: 2 })
  })

  it('"rejected" denies, and the log says that it was a tool that answered', async () => {
    const client = await connect(engine)
    await engine.constraints.create({ name: 'person', domain: 'held', require_approval_above: 1 })
    const { request_id } = await engine.evaluate({ action: 'refund', domain: 'held', value: 5 })
    const pending = await call(client, 'bighub_approvals_list', {})
    expect(pending.structuredContent).toMatchObject({ items: [{ request_id }] })
    const answer = await call(client, 'bighub_approvals_resolve', { request_id, resolution: 'rejected' })
    expect(answer.structuredContent).toMatchObject({ status: 'denied', resolved_by: 'mcp' })
  })

  it('feature_key asks for one feature', async () => {
    const client = await connect(engine)
    const { case_id } = await engine.evaluate({ action: 'refund' })
    const all = (await call(client, 'bighub_features_explain', { case_id })).structuredContent as {
      features: { key: string }[]
    }
    const feature_key = all.features[0]?.key
    const one = await call(client, 'bighub_features_explain', { case_id, feature_key })
    expect(one.structuredContent).toMatchObject({ case_id, key: feature_key })
  })
})

describe('failures', () => {
  it('of the API are told with code and request id, and to whoever runs the server too', async () => {
    const heard: ToolFailure[] = []
    const error = new NotFoundError('decision', 'act_1')
    const client = await connect(failing(error), { onFailure: (failure) => heard.push(failure) })
    const told = errorOf(await call(client, 'bighub_actions_status', {}))
    expect(told).toEqual({
      code: 'decision_not_found',
      message: error.message,
      request_id: expect.stringMatching(/^mcp_[\da-f-]{36}$/),
      is_retryable: false,
    })
    expect(heard).toEqual([{ tool: 'bighub_actions_status', code: told['code'], requestId: told['request_id'], error }])
  })

  it.each([new TypeError('secret at /home/x'), 'secret', null])(
    'of no kind of ours (%s) tell the model nothing of the inside',
    async (error) => {
      const result = await call(await connect(failing(error)), 'bighub_actions_status', {})
      expect(errorOf(result)).toMatchObject({ code: 'internal_error' })
      expect(result.content[0]?.text).not.toMatch(/secret|\.ts/)
    },
  )

  it('reach the model also if the one who listens to them throws', async () => {
    const onFailure = (): never => {
      throw new Error('the log is full')
    }
    const client = await connect(failing(new NotFoundError('decision', 'act_1')), { onFailure })
    expect(errorOf(await call(client, 'bighub_actions_status', {}))).toMatchObject({ code: 'decision_not_found' })
  })

  it('that may pass say so', async () => {
    const error = new BighubError('storage_unavailable', 'busy', { isRetryable: true })
    const result = await call(await connect(failing(error)), 'bighub_actions_status', {})
    expect(errorOf(result)).toMatchObject({ is_retryable: true })
  })

  it.each(['bighub_none', 'constructor', '__proto__'])(
    'an unknown tool (%s) is an error of the protocol',
    async (name) => {
      await expect((await connect(engine)).callTool({ name })).rejects.toThrow(/not found/)
    },
  )

  it('a cancelled call ends the waiting in the API', async () => {
    const cancel = new AbortController()
    const ended = Promise.withResolvers<unknown>()
    const client = await connect({
      actions: {
        status: async (options) => {
          const aborted = new Promise((resolve) => options?.signal?.addEventListener('abort', resolve, { once: true }))
          cancel.abort()
          await aborted
          ended.resolve('ended')
          throw options?.signal?.reason
        },
      },
    })
    const result = client.callTool({ name: 'bighub_actions_status' }, { signal: cancel.signal })
    await expect(result).rejects.toThrow()
    expect(await ended.promise).toBe('ended')
  })
})

describe('over HTTP', () => {
  let endpoint: HttpEndpoint
  beforeAll(async () => {
    endpoint = await serveHttp(() => createMcpServer(engine), { port: 0 })
  })
  afterAll(() => endpoint.close())

  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
  }

  /** A request as it is on the wire; `fetch` would not let a test choose `Host`. */
  function send(
    headers: Record<string, string>,
    body: unknown,
    path = '/mcp',
  ): Promise<{ status: number; session: string | undefined; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number
      session: string | undefined
      text: string
    }>()
    const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
    const request = httpRequest(new URL(path, endpoint.url), { method: 'POST', headers: all }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, session: response.headers['mcp-session-id']?.toString(), text }),
      )
    })
    request.on('error', reject).end(JSON.stringify(body))
    return promise
  }

  it.each([
    { host: 'evil.example' },
    { host: 'evil.example:8790' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('refuses a request with %j, which a page in a browser could make', async (headers) => {
    expect(await send(headers as Record<string, string>, initialize)).toMatchObject({ status: 403, session: undefined })
  })

  it.each([{}, { origin: 'http://localhost:3000' }, { host: 'localhost:1' }])('takes one with %j', async (headers) => {
    expect(await send(headers as Record<string, string>, initialize)).toMatchObject({ status: 200 })
  })

  it('gives each client a session of its own, and ends one without the other', async () => {
    const [one, two] = [await send({}, initialize), await send({}, initialize)]
    expect(one.session).toMatch(/^[\da-f-]{36}$/)
    expect(two.session).not.toBe(one.session)
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
    await fetch(endpoint.url, { method: 'DELETE', headers: { 'mcp-session-id': one.session ?? '' } })
    expect(await send({ 'mcp-session-id': one.session ?? '' }, list)).toMatchObject({ status: 404 })
    expect(await send({ 'mcp-session-id': two.session ?? '' }, list)).toMatchObject({ status: 200 })
  })

  it('refuses what is out of a session, and any other path', async () => {
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
    expect(await send({}, list)).toMatchObject({ status: 400 })
    expect(await send({ 'mcp-session-id': 'none' }, list)).toMatchObject({ status: 404 })
    expect(await send({}, initialize, '/')).toMatchObject({ status: 404 })
  })

  it('makes room for a new session by ending the one used longest ago', async () => {
    const sessions = new HttpSessions(() => createMcpServer(engine))
    const ask = (headers: Record<string, string>, body: unknown): Promise<Response> => {
      const all = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
      return sessions.fetch(new Request(endpoint.url, { method: 'POST', headers: all, body: JSON.stringify(body) }))
    }
    const begin = async (): Promise<string> => (await ask({}, initialize)).headers.get('mcp-session-id') ?? ''
    const ping = async (session: string): Promise<number> =>
      (await ask({ 'mcp-session-id': session }, { jsonrpc: '2.0', id: 2, method: 'ping' })).status
    const [first, second] = [await begin(), await begin()]
    for (let count = 2; count < 1000; count++) await begin()
    expect(await ping(first)).toBe(200)
    await begin()
    expect([await ping(first), await ping(second)]).toEqual([200, 404])
    await sessions.close()
  })

  it('closes twice without harm', async () => {
    const other = await serveHttp(() => createMcpServer(engine), { port: 0 })
    await Promise.all([other.close(), other.close()])
    await expect(fetch(other.url)).rejects.toThrow()
  })

  it('answers the call that is under way when it is closed', async () => {
    const [begun, may] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const other = await serveHttp(() => createMcpServer(waitingApi(begun.resolve, may.promise)), { port: 0 })
    const client = await connectHttp('client of SDK 1', other.url)
    const answer = client.callTool({ name: 'bighub_learning_strategy' })
    await begun.promise
    const closed = other.close()
    may.resolve()
    expect((await answer).structuredContent).toEqual(STRATEGY)
    await closed
  })

  it('does not wait for ever for a call that does not end', async () => {
    const begun = Promise.withResolvers<void>()
    const api = waitingApi(begun.resolve, Promise.withResolvers<void>().promise)
    const other = await serveHttp(() => createMcpServer(api), { port: 0, graceMs: 10 })
    const client = await connectHttp('client of SDK 1', other.url)
    const calls = Promise.allSettled([client.callTool({ name: 'bighub_learning_strategy' })])
    await begun.promise
    await other.close()
    expect(await calls).toMatchObject([{ status: 'rejected' }])
  })

  it('says when the port cannot be had', async () => {
    const port = Number(new URL(endpoint.url).port)
    await expect(serveHttp(() => createMcpServer(engine), { port })).rejects.toThrow('EADDRINUSE')
  })
})
