import { describe, expect, it } from 'vitest'
import { ApiError, NetworkError, TimeoutError } from '../../src/node/index.ts'
import { PLATFORMS } from './support/platforms.ts'
import { type Answer, ok, sendJson, startServer, status } from './support/test-server.ts'

describe.each(PLATFORMS)('the transport %s', (_, Client) => {
  /** What one attempt at `GET /actions/status` came to. */
  async function ask(answer: Answer, options: { timeoutMs?: number; maxAnswerBytes?: number } = {}): Promise<unknown> {
    await using server = await startServer(answer)
    await using client = new Client({ baseUrl: server.url, maxRetries: 0, ...options })
    return await client.actions.status().catch((error: unknown) => error)
  }

  it('gives JSON of whatever kind, with its characters', async () => {
    for (const body of [{ a: 'é 🙂 \u2028' }, [1], 'text', null, 0, false]) expect(await ask(ok(body))).toEqual(body)
  })

  it('reads characters that come in two pieces', async () => {
    const bytes = Buffer.from('{"a":"🙂"}')
    const answer: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
      response.write(bytes.subarray(0, 8), () => response.end(bytes.subarray(8)))
    }
    expect(await ask(answer)).toEqual({ a: '🙂' })
  })

  it('gives an empty object for a success without JSON (protocol §1.4)', async () => {
    const plain: Answer = (response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('{"a":1}')
    const broken: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":')
    const problem: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/problem+json' }).end('{"a":1}')
    const empty: Answer = (response) => void response.writeHead(204).end()
    for (const answer of [plain, broken, problem, empty]) expect(await ask(answer)).toEqual({})
  })

  it('does not follow redirects', async () => {
    const answer: Answer = (response, request) =>
      request.url === '/' ? sendJson(response, {}) : void response.writeHead(307, { location: '/' }).end()
    expect(await ask(answer)).toMatchObject({ statusCode: 307, message: expect.stringContaining('not followed') })
  })

  it('says that the connection was refused', async () => {
    const server = await startServer(ok({}))
    await server[Symbol.asyncDispose]()
    await using client = new Client({ baseUrl: server.url, maxRetries: 0 })
    const error = await client.actions.status().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'connection_failed', isRetryable: true })
    expect((error as Error).message).toMatch(/^GET \/actions\/status .*ECONNREFUSED/)
  })

  it('says that the connection broke, before or amid the answer', async () => {
    const reset: Answer = (response) => response.destroy()
    const half: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"a":1', () => response.destroy())
    }
    const halfChunk: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"a":1}', () => response.destroy())
    }
    for (const answer of [reset, half, halfChunk]) {
      expect(await ask(answer)).toMatchObject({ name: 'NetworkError', code: 'connection_failed', isRetryable: true })
    }
  })

  it('gives up on headers or a body that do not come in time', async () => {
    const silent: Answer = () => undefined
    const slow: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"a":')
    }
    for (const answer of [silent, slow]) {
      const error = await ask(answer, { timeoutMs: 60 })
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ code: 'timed_out', isRetryable: true, limit: 'timeoutMs', timeoutMs: 60 })
    }
  })

  it('gives up on an answer that is too large, announced or not', async () => {
    const text = JSON.stringify('x'.repeat(100_000))
    const announced: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
    const chunked: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(text.slice(0, 50_000), () => response.end(text.slice(50_000)))
    }
    for (const answer of [announced, chunked]) {
      expect(await ask(answer, { maxAnswerBytes: 60_000 })).toMatchObject({
        code: 'answer_too_large',
        isRetryable: false,
        message: expect.stringContaining('60000 bytes'),
      })
      expect(await ask(answer, { maxAnswerBytes: 100_002 })).toHaveLength(100_000)
    }
  })

  it('frees the connection of an answer that it does not read to its end', async () => {
    const freed: Promise<void>[] = []
    await using server = await startServer((response, _, index) => {
      freed.push(new Promise((resolve) => response.on('close', resolve)))
      // The first announces its length, the second does not; neither ever ends.
      if (index === 0) response.writeHead(200, { 'content-length': '100000' })
      response.write('x'.repeat(50_000))
    })
    await using client = new Client({ baseUrl: server.url, maxRetries: 0, maxAnswerBytes: 40_000 })
    for (let count = 0; count < 2; count++)
      await expect(client.actions.status()).rejects.toMatchObject({ code: 'answer_too_large' })
    await Promise.all(freed)
    expect(freed).toHaveLength(2)
  })

  it('reads an error that is no JSON', async () => {
    const html: Answer = (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>')
    const error = await ask(html)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      statusCode: 502,
      code: 'http_502',
      detail: null,
      responseBody: null,
      requestId: null,
    })
  })

  it('takes a request after an answer that was given up', async () => {
    await using server = await startServer((response, _, index) => {
      if (index === 0) response.writeHead(200, { 'content-length': '100' }).write('x')
      else sendJson(response, { index })
    })
    await using client = new Client({ baseUrl: server.url, maxRetries: 0, timeoutMs: 400 })
    await expect(client.actions.status()).rejects.toBeInstanceOf(TimeoutError)
    expect(await client.actions.status()).toEqual({ index: 1 })
  })

  it('carries many requests at a time', async () => {
    await using server = await startServer((response, { url }) => sendJson(response, { url }))
    await using client = new Client({ baseUrl: server.url })
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => client.rules.get(`rule_${index}`)))
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => ({ url: `/rules/rule_${index}` })))
  })

  it('identifies itself and signs in, with the key before the token', async () => {
    const seen: unknown[] = []
    await using server = await startServer((response, { headers }) => {
      seen.push([headers['user-agent'], headers.accept, headers['x-api-key'], headers.authorization, headers['x-own']])
      sendJson(response, {})
    })
    const options = [
      {},
      { apiKey: 'bhk_1', bearerToken: 'token' },
      { bearerToken: 'token', userAgent: 'mine/1' },
      { apiKey: '', bearerToken: 'token' },
      { apiKey: 'bhk_1', headers: { 'X-Own': '1', 'X-API-Key': 'other', Accept: 'text/html' } },
    ]
    for (const each of options) {
      await using client = new Client({ baseUrl: server.url, ...each })
      await client.actions.status()
    }
    expect(seen).toEqual([
      ['bighub-js/0.1.0', 'application/json', undefined, undefined, undefined],
      ['bighub-js/0.1.0', 'application/json', 'bhk_1', undefined, undefined],
      ['mine/1', 'application/json', undefined, 'Bearer token', undefined],
      ['bighub-js/0.1.0', 'application/json', undefined, 'Bearer token', undefined],
      ['bighub-js/0.1.0', 'application/json', 'bhk_1', undefined, '1'],
    ])
  })

  it('shows the key in no error, also where the server repeats it', async () => {
    const apiKey = 'bhk_secret_4711'
    await using server = await startServer(status(401, { detail: `no such key: ${apiKey}`, request_id: 'req_1' }))
    await using client = new Client({ baseUrl: server.url, apiKey })
    const error = await client.actions.status().catch((error: unknown) => error)
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: 10, showHidden: true })).toContain('no such key: [secret]')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey)
    expect(inspect(client, { depth: 10, showHidden: true })).not.toContain(apiKey)
  })
})
