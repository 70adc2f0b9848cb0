import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createEngine } from '@bighub/engine'
import { describe, expect, it } from 'vitest'
import { connectHttp, connectStdio, errorOf, startProcess, temporaryFolder, textOf } from './stage.ts'

const SDK2 = 'client of SDK 2, protocol of 2025'

describe('bighub-mcp over stdin and stdout', () => {
  it('keeps what was answered in the file, for the next start and for other programs', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'agent.db')
    const first = await connectStdio(SDK2, { cwd: folder.path, args: ['--file', file] })
    const decision = textOf(await first.callTool({ name: 'bighub_actions_evaluate', arguments: { action: 'refund' } }))
    await first.close()
    await using engine = createEngine({ file })
    expect(await engine.decisions.get(String(decision['request_id']))).toMatchObject({ action: 'refund' })
  }, 20_000)

  it('writes nothing but protocol to stdout, and ends in order when its stdin does', async () => {
    using folder = temporaryFolder()
    const running = startProcess({ cwd: folder.path })
    await running.said('tools, deciding in this process, with .bighub/bighub.db')
    running.stdin.write('this is no JSON\n')
    running.stdin.end()
    const { code, stdout } = await running.ended
    expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{"jsonrpc"'))).toEqual([])
    expect(code).toBe(0)
  }, 20_000)

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends in order at %s',
    async (signal) => {
      using folder = temporaryFolder()
      const running = startProcess({ cwd: folder.path })
      await running.said('tools')
      running.kill(signal)
      expect(await running.ended).toMatchObject({ code: 0, stdout: '' })
    },
    20_000,
  )

  it('offers the tools that were asked for', async () => {
    using folder = temporaryFolder()
    const client = await connectStdio(SDK2, { cwd: folder.path, args: ['--tools', 'evaluate,outcomes', '--read-only'] })
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names).toContain('bighub_outcomes_analytics')
    expect(names.filter((name) => !name.startsWith('bighub_outcomes_'))).toEqual([])
    expect(names).not.toContain('bighub_outcomes_report')
    await expect(client.callTool({ name: 'bighub_outcomes_report', arguments: {} })).rejects.toThrow(/not found/)
    await client.close()
  }, 20_000)

  it.each([
    [['--tools', 'evaluat'], {}, '"evaluat" names no tool'],
    [['--tools', ','], {}, 'tools: names no tool'],
    [['--port', '80'], {}, '--port: goes with --http'],
    [['--http', '--port', 'x'], {}, '--port: "x" is not a port'],
    [['--prot'], {}, '--prot'],
    [[], { BIGHUB_TIMEOUT_MS: 'soon' }, 'BIGHUB_TIMEOUT_MS: "soon" is not a whole number'],
    [[], { BIGHUB_MAX_RETRIES: '-1' }, 'BIGHUB_MAX_RETRIES: "-1" is not a whole number'],
    [[], { BIGHUB_BASE_URL: 'http://example.com' }, 'in clear text'],
  ])(
    'refuses %j with %j and says why',
    async (args, env, words) => {
      using folder = temporaryFolder()
      const { code, stdout, stderr } = await startProcess({ cwd: folder.path, args, env }).ended
      expect(stderr).toContain(words)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    },
    20_000,
  )
})

describe('bighub-mcp --http', () => {
  it('says where it listens, serves there, and ends in order at SIGTERM with a client connected', async () => {
    using folder = temporaryFolder()
    const running = startProcess({ cwd: folder.path, args: ['--http', '--port', '0'] })
    const [, url = ''] = /listening on (\S+)/.exec(await running.said('listening on')) ?? []
    const client = await connectHttp(SDK2, url)
    expect(textOf(await client.callTool({ name: 'bighub_actions_status' }))).toMatchObject({
      status: expect.anything(),
    })
    running.kill('SIGTERM')
    expect(await running.ended).toMatchObject({ code: 0, stdout: '' })
  }, 20_000)
})

describe('bighub-mcp over a server', () => {
  it('asks it with the key, and a request that it refuses once only', async () => {
    using folder = temporaryFolder()
    await using server = await scriptedServer()
    const env = { BIGHUB_BASE_URL: server.url, BIGHUB_API_KEY: 'bhk_secret_key', BIGHUB_MAX_RETRIES: '2' }
    const client = await connectStdio(SDK2, { cwd: folder.path, env })
    for (const status of [400, 401, 403, 404, 422]) {
      server.answerWith(status)
      const result = await client.callTool({ name: 'bighub_actions_status' })
      expect(errorOf(result)).toMatchObject({ status, request_id: `req_${status}`, code: expect.any(String) })
      expect(result.content[0]?.text).not.toContain('bhk_secret_key')
    }
    expect(server.requests).toEqual(
      [400, 401, 403, 404, 422].map(() => ({ line: 'GET /actions/status', key: 'bhk_secret_key', body: '' })),
    )
    await client.close()
  }, 20_000)

  it('makes no second attempt at all with BIGHUB_MAX_RETRIES=0', async () => {
    using folder = temporaryFolder()
    await using server = await scriptedServer()
    server.answerWith(503)
    const client = await connectStdio(SDK2, {
      cwd: folder.path,
      env: { BIGHUB_BASE_URL: server.url, BIGHUB_MAX_RETRIES: '0' },
    })
    expect(errorOf(await client.callTool({ name: 'bighub_actions_status' }))).toMatchObject({ status: 503 })
    expect(server.requests).toHaveLength(1)
    await client.close()
  }, 20_000)

  it('uses the bearer token where there is no key, and says how it decides', async () => {
    using folder = temporaryFolder()
    await using server = await scriptedServer()
    const env = { BIGHUB_BASE_URL: server.url, BIGHUB_BEARER_TOKEN: 'jwt', BIGHUB_MAX_RETRIES: '0' }
    const client = await connectStdio(SDK2, { cwd: folder.path, env })
    await client.callTool({ name: 'bighub_actions_status' })
    await client.callTool({ name: 'bighub_http_request', arguments: { method: 'GET', path: '/rules' } })
    expect(server.requests.map(({ key }) => key)).toEqual(['Bearer jwt', 'Bearer jwt'])
    await client.close()
    const running = startProcess({ cwd: folder.path, env: { BIGHUB_BASE_URL: server.url }, args: ['--file', 'x.db'] })
    const words = await running.said(`deciding at ${server.url}`)
    running.stdin.end()
    expect(words).toContain('--file is not used')
    expect(words).toContain('neither BIGHUB_API_KEY nor BIGHUB_BEARER_TOKEN is set')
    expect(await running.ended).toMatchObject({ code: 0 })
  }, 20_000)

  it('says of an answer of another form that the work is done, and shows it', async () => {
    using folder = temporaryFolder()
    await using server = await scriptedServer()
    server.answerWith(200)
    const client = await connectStdio(SDK2, { cwd: folder.path, env: { BIGHUB_BASE_URL: server.url } })
    const error = errorOf(await client.callTool({ name: 'bighub_constraints_pause', arguments: { rule_id: 'rule_1' } }))
    expect(error).toMatchObject({ code: 'answer_invalid', is_retryable: false })
    expect(error['message']).toContain('was carried out')
    expect(error['message']).toContain('{"line":"POST /rules/rule_1/pause"}')
    await client.close()
  }, 20_000)

  it('passes any request on, with its own identity and below the base URL only', async () => {
    using folder = temporaryFolder()
    await using server = await scriptedServer()
    server.answerWith(200)
    const env = { BIGHUB_BASE_URL: `${server.url}/api/`, BIGHUB_API_KEY: 'bhk_secret_key' }
    const client = await connectStdio(SDK2, { cwd: folder.path, env })
    const request = (inputs: Record<string, unknown>) =>
      client.callTool({ name: 'bighub_http_request', arguments: inputs })
    const answer = await request({ method: 'POST', path: '/x', query: { a: [1, 2], b: null, c: true }, body: { d: 1 } })
    expect(answer.structuredContent).toEqual({ line: 'POST /api/x?a=1&a=2&c=true' })
    expect(server.requests).toEqual([{ line: 'POST /api/x?a=1&a=2&c=true', key: 'bhk_secret_key', body: '{"d":1}' }])

    const names = ['Authorization', 'x-api-key', 'X-API-KEY', 'Host']
    const withHeaders = names.map((name) => request({ method: 'GET', path: '/x', headers: { [name]: 'other' } }))
    expect((await Promise.all(withHeaders)).map((result) => errorOf(result)['field'])).toEqual(
      names.map((name) => `headers.${name}`),
    )
    const paths = ['x', '/../y', '/%2e%2e/y', '\\..\\y', '@example.com/', '/x#y']
    const outside = paths.map((path) => request({ method: 'GET', path }))
    expect((await Promise.all(outside)).map((result) => errorOf(result)['field'])).toEqual(paths.map(() => 'path'))
    expect(server.requests).toHaveLength(1)

    server.answerWith(404)
    const refused = await request({ method: 'GET', path: '/none' })
    expect(errorOf(refused)).toMatchObject({ code: 'rule_not_found', status: 404, request_id: 'req_404' })
    expect(refused.content[0]?.text).toContain('there is none for [secret]')
    await client.close()
  }, 20_000)
})

interface Received {
  readonly line: string
  /** The API key, or else the authorization header. */
  readonly key: string | undefined
  readonly body: string
}

/** A server that answers everything with one status: what was asked on success, the envelope of errors otherwise. */
async function scriptedServer(): Promise<
  AsyncDisposable & { readonly url: string; readonly requests: Received[]; answerWith(status: number): void }
> {
  const requests: Received[] = []
  let status = 200
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const line = `${request.method} ${request.url}`
      const { 'x-api-key': key, authorization } = request.headers
      requests.push({ line, key: key?.toString() ?? authorization, body })
      const detail = {
        code: 'rule_not_found',
        message: `there is none for ${request.headers['x-api-key']?.toString()}`,
      }
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(status < 300 ? { line } : { detail, request_id: `req_${status}` }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerWith: (next) => {
      status = next
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
