// What the snippets of the repository's README take for granted: a function, a model by script, a tool.
import { createEngine } from '@bighub/engine'
import { tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import * as z from 'zod'

export async function refund(order: string, amount: number): Promise<string> {
  return `refunded ${amount} of ${order}`
}

export const engine = createEngine({ file: ':memory:' })
export const apiKey = 'bhk_shown_once'
export const prompt = 'Refund 20 of order A-1.'
export const model = new MockLanguageModelV4({
  doGenerate: async () => ({
    content: [{ type: 'text', text: 'done' }],
    finishReason: { unified: 'stop', raw: undefined },
    usage: {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    },
    warnings: [],
  }),
})
export const refundOrder = tool({
  description: 'Refunds an order.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: ({ order, amount }) => refund(order, amount),
})
