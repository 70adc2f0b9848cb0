import { ConfigurationError } from '@bighub/core'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { Transport } from '@modelcontextprotocol/server'

/** The server behind a proxy: a command that speaks over stdio, or a URL. */
export type Upstream =
  | { readonly command: readonly string[]; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }

/**
 * A new connection to the server, not started. A command's standard error goes to this process's.
 *
 * @throws ConfigurationError if there is no command, or the URL is none.
 */
export function openUpstream(upstream: Upstream): Transport {
  if ('url' in upstream) {
    if (!URL.canParse(upstream.url)) throw new ConfigurationError('url', `${JSON.stringify(upstream.url)} is no URL`)
    const headers = { ...upstream.headers }
    return new StreamableHTTPClientTransport(new URL(upstream.url), { requestInit: { headers } })
  }
  const [command, ...args] = upstream.command
  if (!command) throw new ConfigurationError('command', 'needs the command that starts the server')
  return new StdioClientTransport({
    command,
    args,
    env: { ...process.env, ...upstream.env } as Record<string, string>,
    stderr: 'inherit',
    ...(upstream.cwd === undefined ? {} : { cwd: upstream.cwd }),
  })
}
