import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/client/version.ts'
import type { ClientOptions } from '../../src/index.ts'
import { BighubClient, ConfigurationError } from '../../src/node/index.ts'
import { PLATFORMS } from './support/platforms.ts'
import { ok, startServer } from './support/test-server.ts'

describe('the client', () => {
  it.each([
    ['baseURL', { baseURL: 'http://localhost' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 1.5 }],
    ['timeoutMs', { timeoutMs: 2 ** 31 }],
    ['deadlineMs', { deadlineMs: Number.NaN }],
    ['maxRetries', { maxRetries: -1 }],
    ['maxRetries', { maxRetries: '2' }],
    ['maxAnswerBytes', { maxAnswerBytes: 0 }],
    ['allowInsecureHttp', { allowInsecureHttp: 'false' }],
    ['userAgent', { userAgent: 'a\r\nX-Evil: 1' }],
    ['headers', { headers: { 'a b': '1' } }],
    ['headers.x', { headers: { x: 'é' } }],
    ['options', null],
  ])('refuses a wrong option by its name: %s', (option, options) => {
    const make = () => new BighubClient(options as ClientOptions)
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(expect.objectContaining({ option }) as Error)
  })

  it.each(['apiKey', 'bearerToken'])('refuses a %s that no header can hold, without showing it', (option) => {
    const secret = 'bhk_1234\n'
    const make = () => new BighubClient({ [option]: secret })
    expect(make).toThrow(expect.objectContaining({ option }) as Error)
    expect(make).not.toThrow('bhk_1234')
  })

  it('names the version of its package', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    expect((JSON.parse(manifest) as { version: string }).version).toBe(VERSION)
  })

  it('sends through the fetch it is given', async () => {
    const urls: string[] = []
    const client = new BighubClient({
      baseUrl: 'https://hub.example/x',
      async fetch(url, init) {
        urls.push(`${init.method} ${url}`)
        return Response.json({ ok: true })
      },
    })
    expect(await client.actions.status()).toEqual({ ok: true })
    expect(urls).toEqual(['GET https://hub.example/x/actions/status'])
  })

  it('does not wait for a fetch that heeds no signal', async () => {
    const client = new BighubClient({ fetch: () => new Promise(() => undefined), timeoutMs: 20, maxRetries: 0 })
    await expect(client.actions.status()).rejects.toMatchObject({ code: 'timed_out' })
  })
})

describe.each(PLATFORMS)('closing the client %s', (_, Client) => {
  it('waits for requests under way, refuses later ones, and is harmless twice', async () => {
    let release: () => void = () => undefined
    const arrived = new Promise<void>((resolve) => {
      release = resolve
    })
    await using server = await startServer((response, request, index) => {
      release()
      setImmediate(() => ok({ done: true })(response, request, index))
    })
    const client = new Client({ baseUrl: server.url })
    const underWay = client.actions.status()
    await arrived
    await Promise.all([client.close(), client.close()])
    expect(await underWay).toEqual({ done: true })
    await expect(client.actions.status()).rejects.toMatchObject({ code: 'client_closed', isRetryable: false })
  })

  it('is what `await using` does, and costs nothing where nothing was asked', async () => {
    let closed: InstanceType<typeof Client> | undefined
    {
      await using client = new Client()
      closed = client
    }
    await expect(closed.actions.status()).rejects.toMatchObject({ code: 'client_closed' })
  })
})

describe('the pool on Node', () => {
  it('uses a connection again for later requests', async () => {
    const ports = new Set<number | undefined>()
    await using server = await startServer((response, request, index) => {
      ports.add(response.socket?.remotePort)
      ok({})(response, request, index)
    })
    await using client = new BighubClient({ baseUrl: server.url })
    for (let count = 0; count < 10; count++) await client.actions.status()
    // A second one is opened where a request comes before the first connection has settled.
    expect(ports.size).toBeLessThanOrEqual(2)
  })
})
