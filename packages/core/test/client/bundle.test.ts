import { createContext, runInContext } from 'node:vm'
import { type BuildOptions, build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, describe, expect, it } from 'vitest'
import { ok, startServer, type TestServer } from './support/test-server.ts'

/** Bundles an application that imports core, as its published entry is chosen for the platform, from the sources. */
async function bundle(code: string, options: BuildOptions): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  })
  return { text: outputFiles?.[0]?.text ?? '', inputs: Object.keys(metafile?.inputs ?? {}) }
}

/** Evaluates one action at `BASE_URL` through a guard, and gives what came of it. */
const APPLICATION = `
  import { BighubClient, createGuard, verifyWebhookSignature } from '@bighub/core'
  export async function main(baseUrl: string) {
    const client = new BighubClient({ baseUrl, apiKey: 'bhk_1' })
    const guard = createGuard({ evaluator: client })
    const result = await guard.run({ tool: 'refund', arguments: { amount: 20 } }, () => 'done')
    await guard.close()
    await client.close()
    const isSigned = await verifyWebhookSignature('{}', 'v1=' + '0'.repeat(64), 'secret', Math.floor(Date.now() / 1000))
    return { status: result.status, isSigned }
  }
`
const ANSWER = {
  request_id: 'req_1',
  recommendation: 'proceed',
  recommendation_confidence: 'high',
  risk_score: 0.1,
  enforcement_mode: 'advisory',
  effect: { effect_id: 'eff_1', claimed: true, state: 'claimed' },
}
const startEvaluator = (): Promise<TestServer> => startServer(ok(ANSWER))

const BROWSER = { platform: 'browser', conditions: ['bighub-source'] } satisfies BuildOptions
const WORKERD = {
  platform: 'neutral',
  conditions: ['bighub-source', 'workerd'],
  mainFields: ['module', 'main'],
} satisfies BuildOptions

describe.each([
  ['a browser', BROWSER],
  ['an edge runtime', WORKERD],
])('bundled for %s', (_, options) => {
  it('core holds nothing of Node', async () => {
    const { text, inputs } = await bundle(APPLICATION, { ...options, format: 'esm' })
    expect(inputs.some((input) => input.endsWith('client/bighub-client.ts'))).toBe(true)
    expect(inputs.filter((input) => /undici|src\/node\//.test(input))).toEqual([])
    expect(text.match(/["'](?:node:[\w/]+|undici)["']|\brequire\(|\bimport\(|^import /m)).toBeNull()
  })
})

describe('the bundle', () => {
  const running: Miniflare[] = []
  afterAll(async () => void (await Promise.all(running.map((each) => each.dispose()))))

  it('runs where there are only the globals of the web', async () => {
    await using server = await startEvaluator()
    const { text } = await bundle(APPLICATION, { ...BROWSER, format: 'iife', globalName: 'application' })
    const web = { fetch, crypto, URL, TextEncoder, TextDecoder, AbortController, AbortSignal, setTimeout, clearTimeout }
    const context = createContext({ ...web, structuredClone, queueMicrotask, Headers, Response, Request })
    runInContext(text, context)
    const { main } = context['application'] as { main: (url: string) => Promise<unknown> }
    expect(await main(server.url)).toEqual({ status: 'executed', isSigned: false })
    expect(server.requests[0]).toMatchObject({ url: '/actions/evaluate', headers: { 'x-api-key': 'bhk_1' } })
  })

  it('runs in workerd, without compatibility flags', async () => {
    await using server = await startEvaluator()
    const worker = `${APPLICATION}
      export default { fetch: async (request: Request) => Response.json(await main(await request.text())) }`
    const { text } = await bundle(worker, { ...WORKERD, format: 'esm' })
    const miniflare = new Miniflare({ modules: true, script: text, compatibilityDate: '2026-07-01' })
    running.push(miniflare)
    const response = await miniflare.dispatchFetch('http://worker/', { method: 'POST', body: server.url })
    expect(await response.json()).toEqual({ status: 'executed', isSigned: false })
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^bighub-js\//)
  }, 30_000)

  it('of a page that only needs the guard holds no client', async () => {
    const guardOnly = `export { createGuard } from '@bighub/core'`
    const { inputs, text } = await bundle(guardOnly, { ...BROWSER, format: 'esm', minify: true })
    expect(inputs.length).toBeGreaterThan(0)
    expect(text).not.toContain('x-api-key')
  })
})
