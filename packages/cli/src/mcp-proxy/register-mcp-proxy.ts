import type { Upstream } from '@bighub/mcp/proxy'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { McpProxyFlags } from './mcp-proxy.ts'

/** `bighub mcp-proxy`: a guard in front of any MCP server, until either end closes. */
export function registerMcpProxy(program: Command): void {
  program
    .command('mcp-proxy')
    .description('Guard the tools of any MCP server')
    .usage('[options] -- <command...>')
    .argument('[command...]', 'starts the server, which speaks over its stdin and stdout')
    .option('--url <url>', 'the server is at this URL instead')
    .option('--http', 'serve over HTTP instead of stdin and stdout')
    .option('--port <number>', 'port for --http; 0 takes a free one', readWhole(0, 65_535), 8791)
    .option('--data-dir <folder>', 'folder of the SQLite file that decides (default: .bighub)')
    .option('--actor <name>', 'who acts')
    .option('--domain <name>', 'business area of the tools')
    .addOption(
      new Option('--mode <mode>', 'how far advice binds').choices(['shadow', 'advisory', 'review', 'enforced']),
    )
    .addOption(new Option('--fail-mode <mode>', 'without an evaluation').choices(['closed', 'open']).default('closed'))
    .option('--hold-ms <number>', 'how long a call waits for its person', readWhole(0, 86_400_000), 45_000)
    .addHelpText(
      'after',
      `
BIGHUB_BASE_URL and BIGHUB_API_KEY let a server decide instead of this process.

  bighub mcp-proxy -- npx some-mcp-server --its-own-options
  bighub mcp-proxy --url https://tools.example/mcp --http`,
    )
    .action(async (command: readonly string[], { url, ...flags }: McpProxyFlags & { readonly url?: string }) => {
      const upstream = readUpstream(command, url)
      // The SDKs and the engine take a while to load; no other command needs them all.
      const { mcpProxy } = await import('./mcp-proxy.ts')
      await mcpProxy(upstream, flags)
    })
}

function readUpstream(command: readonly string[], url: string | undefined): Upstream {
  if (url !== undefined && command.length > 0) throw new Error('either a command or --url, not both')
  if (url !== undefined) return { url }
  if (command.length === 0) throw new Error('needs the command that starts the server, behind --, or its --url')
  return { command }
}

function readWhole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It needs a whole number of ${least} to ${most}.`)
    return value
  }
}
