// A server of SDK 1, over stdio; its tools write to the file that the first argument names.
import { appendFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { AMOUNT, createShop, LOOKUP, STOCK } from './shop.ts'

const shop = createShop((line) => appendFileSync(process.argv[2] ?? '', `${line}\n`))
const server = new McpServer({ name: 'shop', version: '1' })
server.registerTool('refund', { inputSchema: AMOUNT }, shop.refund)
server.registerTool('lookup', LOOKUP, shop.lookup)
server.registerTool('fail', {}, shop.fail)
server.registerResource(...STOCK, shop.stock)
await server.connect(new StdioServerTransport())
