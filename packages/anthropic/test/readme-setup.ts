// What the snippets of the README take for granted: a client whose provider is a script, and a tool.
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import * as z from 'zod'

const USAGE = { input_tokens: 1, output_tokens: 1 }
const answer = (stop_reason: string, block: object) =>
  Response.json({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [block],
    stop_reason,
    usage: USAGE,
  })

let asked = 0
export const client = new Anthropic({
  apiKey: 'sk-test',
  fetch: async () =>
    asked++ === 0
      ? answer('tool_use', { type: 'tool_use', id: 'call_1', name: 'refund', input: { order: 'A-1', amount: 20 } })
      : answer('end_turn', { type: 'text', text: 'Done.' }),
})
export const refund = betaZodTool({
  name: 'refund',
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  run: ({ order, amount }) => `refunded ${amount} of ${order}`,
})
