import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { DecisionApi } from '@bighub/core/protocol'
import { createEngineHost } from '@bighub/engine'
import { expect, it } from 'vitest'
import { createMcpServer } from '../src/create-mcp-server.ts'
import { serveHttp } from '../src/http/serve-http.ts'
import { ROUTE_TOOLS } from '../src/tools/route-tools.ts'
import { sampleOf } from './sample-inputs.ts'
import { connectHttp, GENERATIONS, temporaryFolder } from './stage.ts'

type Known = Readonly<Record<string, unknown>>

it.each(GENERATIONS)(
  'answers each tool of a %s in the declared form, called with the least inputs',
  async (generation) => {
    using folder = temporaryFolder()
    await using receiver = await failingReceiver()
    const file = join(folder.path, 'bighub.db')
    await using host = closing(createEngineHost({ file, webhooks: { allow: ['127.0.0.1'] } }))
    const api = await host.value.api('default')
    await using endpoint = closing(await serveHttp(() => createMcpServer(api), { port: 0 }))
    await using client = closing(await connectHttp(generation, endpoint.value.url))
    const { tools } = await client.value.listTools()
    expect(tools.map(({ name }) => name)).toEqual(ROUTE_TOOLS.map(({ name }) => name))

    const known: Record<string, unknown> = { ...(await prepare(api)), url: receiver.url }
    const refused: string[] = []
    for (const { name, inputSchema } of endingLast(tools)) {
      const inputs = { ...(sampleOf(inputSchema, known) as Known), ...INPUTS[name]?.(known) }
      // The client compares structured content with the declared schema, and throws where it has another form or is missing.
      const result = await client.value.callTool({ name, arguments: inputs })
      if (result.isError) refused.push(`${name}: ${result.content[0]?.text}`)
      Object.assign(known, learned(result.structuredContent))
    }
    expect(refused).toEqual([])
  },
  30_000,
)

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
