import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { BighubClient } from '@bighub/core'
import type { DecisionApi } from '@bighub/core/protocol'
import { createEngineHost } from '@bighub/engine'
import { startServer } from '@bighub/server'
import { expect, it } from 'vitest'
import { createMcpServer } from '../src/create-mcp-server.ts'
import { serveHttp } from '../src/http/serve-http.ts'
import { ROUTE_TOOLS } from '../src/tools/route-tools.ts'
import { sampleOf } from './sample-inputs.ts'
import { connectHttp, connectStdio, GENERATIONS, type TestClient, temporaryFolder } from './stage.ts'

type Known = Readonly<Record<string, unknown>>

it.each(GENERATIONS)(
  'answers each tool of a %s in the form that it declares',
  async (generation) => {
    using folder = temporaryFolder()
    await using receiver = await failingReceiver()
    const file = join(folder.path, 'bighub.db')
    await using host = closing(createEngineHost({ file, webhooks: { allow: ['127.0.0.1'] } }))
    const api = await host.value.api('default')
    await using endpoint = closing(await serveHttp(() => createMcpServer(api), { port: 0 }))
    await using client = closing(await connectHttp(generation, endpoint.value.url))
    expect((await client.value.listTools()).tools.map(({ name }) => name)).toEqual(ROUTE_TOOLS.map(({ name }) => name))
    expect(await callEach(client.value, { ...(await prepare(api)), url: receiver.url })).toEqual([])
  },
  30_000,
)

it('answers each tool of a command in front of a server in the form that it declares', async () => {
  using folder = temporaryFolder()
  await using receiver = await failingReceiver()
  await using server = closing(await startServer({ port: 0, dataDir: folder.path, webhookAllow: ['127.0.0.1'] }))
  const { url: baseUrl, adminKey } = server.value
  await using api = closing(new BighubClient({ baseUrl, apiKey: adminKey ?? '' }))
  const env = { BIGHUB_BASE_URL: baseUrl, BIGHUB_API_KEY: adminKey ?? '' }
  await using client = closing(await connectStdio('client of SDK 2, protocol of 2026', { cwd: folder.path, env }))
  expect(
    await callEach(client.value, { ...(await prepare(api.value)), url: receiver.url, method: 'GET', path: '/rules' }),
  ).toEqual([])
}, 30_000)

/** Calls each tool with the least inputs of its schema, and gives those that were refused. */
async function callEach(client: TestClient, prepared: Known): Promise<readonly string[]> {
  const known: Record<string, unknown> = { ...prepared }
  const refused: string[] = []
  for (const { name, inputSchema } of endingLast((await client.listTools()).tools)) {
    const inputs = { ...(sampleOf(inputSchema, known) as Known), ...INPUTS[name]?.(known) }
    // The client compares structured content with the declared schema, and throws where it has another form or is missing.
    const result = await client.callTool({ name, arguments: inputs })
    if (result.isError) refused.push(`${name}: ${result.content[0]?.text}`)
    Object.assign(known, learned(result.structuredContent))
  }
  return refused
}

/** Things to ask for: a decision, one that waits for a person, a rule, a key. */
async function prepare(api: DecisionApi): Promise<Known> {
  const { rule_id } = await api.constraints.create({ name: 'cap', domain: 'payments', require_approval_above: 100 })
  const action = { action: 'refund', domain: 'payments' }
  const { request_id, case_id, validation_id } = await api.actions.evaluate({ ...action, value: 5 })
  const held = await api.actions.evaluate({ ...action, value: 500 })
  const { snapshot_id } = await api.simulations.byRequest(request_id)
  const other = await api.apiKeys.create({ label: 'other' })
  const ids = { request_id, case_id, validation_id, rule_id, snapshot_id }
  return {
    ...ids,
    domain: 'payments',
    status: 'SUCCESS',
    outcome_status: 'SUCCESS',
    held: held.request_id,
    other: other.key_id,
  }
}

/** Inputs of tools for which the least that their schema allows is not enough. */
const INPUTS: Readonly<Record<string, (known: Known) => Known>> = {
  bighub_outcomes_report: ({ request_id }) => ({ request_id }),
  bighub_cases_create: () => ({ action: { action: 'refund' }, verdict: { verdict: 'ALLOWED' } }),
  bighub_cases_precedents: () => ({ action: { action: 'refund' } }),
  bighub_retrieval_strategy: () => ({ name: 'balanced' }),
  bighub_ingest_event: () => ({ external_ref: 'order-1' }),
  bighub_ingest_reconcile: () => ({ key_name: 'external_ref', key_value: 'order-1', outcome: { status: 'SUCCESS' } }),
  bighub_ingest_lifecycle: () => ({ external_ref: 'order-1' }),
  bighub_approvals_get: ({ held }) => ({ request_id: held }),
  bighub_approvals_resolve: ({ held }) => ({ request_id: held }),
  bighub_webhooks_create: ({ url }) => ({ payload: { url } }),
  bighub_webhooks_update: () => ({ payload: { label: 'orders' } }),
  bighub_api_keys_delete: ({ other }) => ({ key_id: other }),
  bighub_auth_login: () => ({ payload: { email: 'a@example.com', password: 'x'.repeat(10) } }),
  bighub_auth_refresh: ({ refresh_token }) => ({ refresh_token }),
  bighub_auth_logout: ({ refresh_token }) => ({ refresh_token }),
  bighub_features_compare: ({ case_id }) => ({ case_id_a: case_id, case_id_b: case_id }),
  bighub_features_export_batch: ({ case_id }) => ({ case_ids: [case_id] }),
}

/** Names that later tools ask with. */
const LEARNED: ReadonlySet<string> = new Set([
  'connection_id',
  'snapshot_id',
  'webhook_id',
  'delivery_id',
  'key_id',
  'switch_id',
  'job_id',
  'refresh_token',
])

function learned(answer: unknown): Known {
  return Object.fromEntries(Object.entries(answer ?? {}).filter(([name]) => LEARNED.has(name)))
}

/** What a tool deletes, others ask for. */
function endingLast<T extends { name: string }>(tools: readonly T[]): readonly T[] {
  const ends = ({ name }: T): boolean => name.endsWith('_delete')
  return [...tools.filter((tool) => !ends(tool)), ...tools.filter(ends)]
}

/** Answers every delivery with 500, so that there is a failed one to replay. */
async function failingReceiver(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => response.writeHead(500).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function closing<T extends { close(): Promise<void> }>(value: T): AsyncDisposable & { readonly value: T } {
  return { value, [Symbol.asyncDispose]: () => value.close() }
}
