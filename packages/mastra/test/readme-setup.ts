// What the snippets of the README take for granted: a model by script, and a tool.
import { createTool } from '@mastra/core/tools'
import { MockLanguageModelV4 } from 'ai/test'
import * as z from 'zod'

// Mastra's own declaration of the same interface lets both its methods return what only one does.
export const model: never = new MockLanguageModelV4({
  doGenerate: async () => ({
    content: [{ type: 'text', text: 'Done.' }],
    finishReason: { unified: 'stop', raw: undefined },
    usage: {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    },
    warnings: [],
  }),
}) as never
export const refund = createTool({
  id: 'refund',
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: async ({ order, amount }) => `refunded ${amount} of ${order}`,
})
