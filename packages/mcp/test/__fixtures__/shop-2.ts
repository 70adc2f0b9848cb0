import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { AMOUNT, createShop, LOOKUP, type Note, STOCK } from './shop.ts'

const SURE = z.object({ sure: z.boolean() })

/** A server of SDK 2, for both generations of the protocol. */
export function createShopServer(note: Note): McpServer {
  const shop = createShop(note)
  const server = new McpServer({ name: 'shop', version: '1' })
  server.registerTool('refund', { inputSchema: z.object(AMOUNT) }, shop.refund)
  server.registerTool('lookup', LOOKUP, shop.lookup)
  server.registerTool('fail', {}, shop.fail)
  server.registerTool('wait', {}, ({ mcpReq }) => shop.wait(mcpReq.signal))
  server.registerTool('close_account', {}, async ({ mcpReq }) => {
    if (!acceptedContent(mcpReq.inputResponses, 'confirm', SURE))
      return inputRequired({
        inputRequests: {
          confirm: inputRequired.elicit({
            message: 'Really?',
            requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] },
          }),
        },
      })
    note('close_account')
    return { content: [{ type: 'text', text: 'closed' }] }
  })
  server.registerResource(...STOCK, shop.stock)
  return server
}
