// What the guide takes for granted: a client whose provider proposes a refund of 140 by script, and a tool.
import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import * as z from 'zod'
import { answerTo } from './provider-script.ts'

let asked = 0
export const client: Anthropic = new Anthropic({
  apiKey: 'sk-test',
  fetch: async () =>
    Response.json(answerTo(asked++ === 0 ? [['call_1', 'refund', { order: 'A-1', amount: 140 }]] : undefined)),
})
export const refunds: number[] = []
export const refund = betaZodTool({
  name: 'refund',
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  run: ({ order, amount }) => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
})
