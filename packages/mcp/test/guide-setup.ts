// What the guide takes for granted: a server of MCP with a tool that refunds, its command, and a client that is connected to it.
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'

export const SERVER: string = fileURLToPath(new URL('__fixtures__/server-2.ts', import.meta.url))
export const client: Client = new Client({ name: 'guide', version: '1' })
await client.connect(
  new StdioClientTransport({ command: process.execPath, args: [SERVER, 'ran.txt'], stderr: 'inherit' }),
)
