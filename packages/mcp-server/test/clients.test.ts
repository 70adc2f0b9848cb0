import { createEngine } from '@bighub/engine'
import { describe, expect, it } from 'vitest'
import { prepareMcpServer } from '../src/create-mcp-server.ts'
import { serveHttp } from '../src/http/serve-http.ts'
import { connectHttp, connectStdio, errorOf, GENERATIONS, type TestClient, temporaryFolder, textOf } from './stage.ts'

/** Evaluate, report, look at the figures; whatever a client gets was compared by it with the declared output schema. */
async function liveThrough(client: TestClient): Promise<unknown> {
  const { tools } = await client.listTools()
  expect(tools.length).toBeGreaterThan(100)
  expect(tools.filter(({ outputSchema }) => outputSchema === undefined)).toEqual([])

  const decision = await client.callTool({
    name: 'bighub_actions_evaluate',
    arguments: { action: 'refund', domain: 'payments', value: 40, metadata: { order: 'o-1' } },
  })
  expect(decision.structuredContent).toMatchObject({
    recommendation: expect.stringMatching(/^proceed/),
    actor: 'AI_AGENT',
  })
  expect(textOf(decision)).toEqual(decision.structuredContent)
  expect(decision.content[0]?.text).toMatch(/^{\n {2}"/)

  const { request_id } = decision.structuredContent as { request_id: string }
  const report = await client.callTool({ name: 'bighub_outcomes_report', arguments: { request_id, status: 'SUCCESS' } })
  expect(report.structuredContent).toMatchObject({ request_id, category: 'positive' })
  const analytics = await client.callTool({ name: 'bighub_outcomes_analytics', arguments: { domain: 'payments' } })
  const domains = await client.callTool({ name: 'bighub_constraints_domains' })
  expect(domains.structuredContent).toEqual({ items: JSON.parse(domains.content[0]?.text ?? '') })
  const unknown = await client.callTool({ name: 'bighub_outcomes_get', arguments: { request_id: 'act_none' } })
  expect(errorOf(unknown)).toMatchObject({ code: 'outcome_not_found', request_id: expect.stringMatching(/^mcp_/) })
  return analytics.structuredContent
}

describe.each(GENERATIONS)('%s', (generation) => {
  it('evaluates, reports and reads figures over the stdin and stdout of a child process', async () => {
    using folder = temporaryFolder()
    const client = await connectStdio(generation, { cwd: folder.path })
    expect(await liveThrough(client)).toMatchObject({ total: 1, by_status: { SUCCESS: 1 } })
    await client.close()
  }, 20_000)

  it('does the same over HTTP', async () => {
    await using engine = createEngine({ file: ':memory:' })
    const endpoint = await serveHttp(prepareMcpServer(engine, {}).create, { port: 0 })
    const client = await connectHttp(generation, endpoint.url)
    expect(await liveThrough(client)).toMatchObject({ total: 1, by_status: { SUCCESS: 1 } })
    await client.close()
    await endpoint.close()
  }, 20_000)

  it('makes fifty calls at once and gets each its own answer', async () => {
    await using engine = createEngine({ file: ':memory:' })
    const endpoint = await serveHttp(prepareMcpServer(engine, {}).create, { port: 0 })
    const client = await connectHttp(generation, endpoint.url)
    const actions = Array.from({ length: 50 }, (_, index) => `action-${index}`)
    const answers = await Promise.all(
      actions.map((action) => client.callTool({ name: 'bighub_actions_evaluate', arguments: { action } })),
    )
    expect(answers.map(({ structuredContent }) => (structuredContent as { action: string }).action)).toEqual(actions)
    expect((await engine.statistics()).decisions).toBe(50)
    await client.close()
    await endpoint.close()
  }, 20_000)

  it('reads an answer of a megabyte over stdin and stdout', async () => {
    using folder = temporaryFolder()
    const client = await connectStdio(generation, { cwd: folder.path })
    const actions = Array.from({ length: 100 }, (_, index) => ({ action: `action-${index}`, target: 'x'.repeat(4000) }))
    for (const part of [actions, actions, actions])
      await client.callTool({ name: 'bighub_actions_evaluate_batch', arguments: { actions: part } })
    const list = await client.callTool({ name: 'bighub_decisions_list', arguments: { limit: 1000 } })
    expect((list.structuredContent as { decisions: unknown[] }).decisions).toHaveLength(300)
    expect(list.content[0]?.text?.length).toBeGreaterThan(1_000_000)
    await client.close()
  }, 20_000)
})
