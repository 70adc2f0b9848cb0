import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { McpServer, type Transport } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import * as z from 'zod'
import { guardClient } from '../src/index.ts'
import { GuardedPipe } from '../src/proxy/index.ts'

const INFO = { name: 'test', version: '1' }
const PARSED = {
  "malformed JSON: the framework's own words, and no storm of evaluations": 'requests carry parsed arguments',
}
const CANCELLED = 'cancelling is a message of its own, which has to arrive first; proxy.test.ts says the rest'

const shared = {
  modes: ['callTool'],
  holds: 'wait',
  skips: {
    ...PARSED,
    'the same answer sent twice runs the call once': 'the call waits in the process, nothing is resumed',
    'a held call is answered in another process, and runs there once':
      'the call waits in the process, nothing is resumed',
    'an approval that has expired runs nothing': 'the call waits in the process, and no longer than the approval',
  },
} as const

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = [
  {
    ...shared,
    name: '@bighub/mcp: guardClient',
    framework: '@modelcontextprotocol/sdk',
    run: (options) => run(options, () => new OldClient(INFO)),
  },
  {
    ...shared,
    name: '@bighub/mcp: guardClient',
    framework: '@modelcontextprotocol/client',
    run: (options) => run(options, () => new Client(INFO)),
  },
  {
    ...shared,
    name: '@bighub/mcp: proxy',
    framework: '@modelcontextprotocol/client',
    skips: {
      ...shared.skips,
      'a tool that is wrapped twice is judged and reported once': 'a second proxy is a second guard',
      'a run aborted during the evaluation runs nothing': CANCELLED,
      'a call aborted while its tool runs is unknown: neither a success nor a failure': CANCELLED,
    },
    run: (options) => run(options, () => new Client(INFO), true),
  },
]

async function run(
  { guard, wraps, execute, calls, signal }: AdapterRunOptions,
  createClient: () => OldClient | Client,
  isProxied = false,
): Promise<AdapterRun> {
  const own = createClient()
  const upstream = startShop(execute)
  await own.connect(guard && isProxied ? await proxied(guard, upstream) : upstream)
  let client = own
  if (guard && !isProxied) for (let wrap = 0; wrap < wraps; wrap++) client = guardClient(guard, client)
  const options = signal ? { signal } : {}
  const read = await Promise.all(
    calls.map(async ([id, name, args]) => {
      const call = { name, arguments: args as Record<string, unknown> }
      const called =
        client instanceof OldClient ? client.callTool(call, undefined, options) : client.callTool(call, options)
      return [id, await called.then(wordsOf, (error: Error) => `rejected: ${error.message}`)] as const
    }),
  )
  await own.close()
  return { read: Object.fromEntries(read) }
}

function startShop(execute: AdapterRunOptions['execute']): Transport {
  const [near, far] = InMemoryTransport.createLinkedPair()
  const createServer = (): McpServer => {
    const server = new McpServer(INFO)
    server.registerTool('refund', { inputSchema: z.object({ amount: z.number() }) }, async ({ amount }) => ({
      content: [{ type: 'text', text: await execute(amount) }],
    }))
    return server
  }
  serveStdio(createServer, { transport: far })
  return near
}

async function proxied(guard: NonNullable<AdapterRunOptions['guard']>, upstream: Transport): Promise<Transport> {
  const [near, far] = InMemoryTransport.createLinkedPair()
  await new GuardedPipe({ guard, upstream, downstream: far }).start()
  return near
}

function wordsOf({ content }: { readonly content?: unknown }): string {
  return (content as readonly { readonly text?: string }[]).map(({ text }) => text).join('\n')
}
