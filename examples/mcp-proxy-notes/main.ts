/**
 * A server of MCP behind the proxy, for a client that knows nothing of it. Reading passes; deleting a note is held. The client is told to
 * come again, a person answers elsewhere, and the same call goes on where it was. Emptying the trash is refused.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { serveHttpProxy } from '@bighub/mcp/proxy'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const engine = createEngine({ file: ':memory:' })
await engine.constraints.create({
  name: 'A person looks at deletions',
  domain: 'notes',
  conditions: { tool: 'delete_note' },
  action_on_match: 'review',
})
await engine.constraints.create({
  name: 'The trash stays',
  domain: 'notes',
  conditions: { tool: 'empty_trash' },
  action_on_match: 'block',
})

const guard = createGuard({ evaluator: engine, actor: 'notes-assistant', domain: 'notes' })
const server = fileURLToPath(new URL('notes-server.ts', import.meta.url))
const proxy = await serveHttpProxy({
  guard,
  upstream: { command: [process.execPath, server] },
  port: 0,
  // The person takes longer than any client waits: it is told at once.
  holdMs: 0,
})

// From here on: any client, unchanged. Only the address is the proxy's.
const client = new Client({ name: 'editor', version: '1' })
await client.connect(new StreamableHTTPClientTransport(new URL(proxy.url)))

async function callTool(name: string, args: Record<string, unknown> = {}): Promise<{ isError: boolean; text: string }> {
  const { content, isError = false } = await client.callTool({ name, arguments: args })
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
  console.log(`${name}: ${isError ? 'error: ' : ''}${text.split('\n')[0]}`)
  return { isError, text }
}

const { tools } = await client.listTools()
assert.deepEqual(tools.map(({ name }) => name).toSorted(), ['delete_note', 'empty_trash', 'list_notes'])
assert.equal((await callTool('list_notes')).text, 'milk, plan')

const held = await callTool('delete_note', { note: 'plan' })
assert(held.isError)
assert.match(held.text, /A person has to approve/)
assert.equal((await callTool('list_notes')).text, 'milk, plan', 'nothing was deleted')

const [approval] = await engine.approvals.list()
assert(approval)
assert.equal(approval.tool, 'delete_note')
await engine.approvals.resolve(approval.request_id, { resolution: 'approved' }, { by: 'ana' })

const again = await callTool('delete_note', { note: 'plan' })
assert(!again.isError)
assert.match(again.text, /deleted plan/)
assert.equal((await callTool('list_notes')).text, 'milk')

const refused = await callTool('empty_trash')
assert(refused.isError)
assert.match(refused.text, /"empty_trash" was not executed/)

await client.close()
await proxy.close()
await guard.close()
assert.equal((await engine.approvals.list({ status: 'all' })).length, 1, 'the person was asked once')
assert((await engine.verifyLog()).valid)
await engine.close()
