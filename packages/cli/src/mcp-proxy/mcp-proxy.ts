import { join, resolve } from 'node:path'
import { BighubClient, createGuard, type Evaluator } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { serveHttpProxy, serveStdioProxy, type Upstream } from '@bighub/mcp/proxy'

/** The command line of `bighub mcp-proxy`, as it was checked. */
export interface McpProxyFlags {
  readonly http?: boolean
  readonly port: number
  readonly dataDir?: string
  readonly actor?: string
  readonly domain?: string
  readonly mode?: 'shadow' | 'advisory' | 'review' | 'enforced'
  readonly failMode: 'closed' | 'open'
  readonly holdMs: number
}

/** Guards a server until either end closes or a signal says stop; resolves when every outcome is delivered. */
export async function mcpProxy(upstream: Upstream, flags: McpProxyFlags): Promise<void> {
  const source = openSource(flags)
  const { actor, domain, mode, failMode, holdMs } = flags
  const guard = createGuard({
    evaluator: source.evaluator,
    failMode,
    ...(actor === undefined ? {} : { actor }),
    ...(domain === undefined ? {} : { domain }),
    ...(mode === undefined ? {} : { mode }),
  })
  const stopped = firstSignal()
  try {
    const options = { guard, upstream, holdMs, onError: (error: Error) => say(error.message) }
    if (flags.http) {
      const proxy = await serveHttpProxy({ ...options, port: flags.port })
      say(`listening on ${proxy.url}, ${source.description}`)
      await stopped
      await proxy.close()
    } else {
      const pipe = await serveStdioProxy(options)
      say(source.description)
      await Promise.race([pipe.closed, stopped])
      await pipe.close()
    }
  } finally {
    await guard.close()
    await source.close()
  }
}

/** Who decides: the server that the environment names, or an engine in this process. */
function openSource({ dataDir = '.bighub' }: McpProxyFlags): {
  readonly evaluator: Evaluator
  readonly description: string
  close(): Promise<void>
} {
  const { BIGHUB_BASE_URL: baseUrl, BIGHUB_API_KEY: apiKey } = process.env
  if (baseUrl) {
    const client = new BighubClient({ baseUrl, ...(apiKey ? { apiKey } : {}) })
    return { evaluator: client, description: `deciding at ${baseUrl}`, close: () => client.close() }
  }
  // npm runs the command from the workspace's root; INIT_CWD is where the user stands.
  const file = join(resolve(process.env['INIT_CWD'] ?? '.', dataDir), 'bighub.db')
  const engine = createEngine({ file })
  return { evaluator: engine, description: `deciding in this process, with ${file}`, close: () => engine.close() }
}

/** For people. Standard output belongs to the protocol. */
function say(line: string): void {
  process.stderr.write(`bighub mcp-proxy: ${line}\n`)
}

function firstSignal(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop())
  })
}
