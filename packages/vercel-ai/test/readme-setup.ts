// What the snippets of the README take for granted: a model by script, a tool, an application's own variables.
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { type ModelMessage, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import * as z from 'zod'

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

export const model = new MockLanguageModelV4({
  doGenerate: [
    {
      content: [{ type: 'tool-call', toolCallId: 'call_1', toolName: 'refund', input: '{"order":"A-1","amount":20}' }],
      finishReason: { unified: 'tool-calls', raw: undefined },
      usage: USAGE,
      warnings: [],
    },
  ],
})
export const prompt = 'Refund 20 of order A-1.'
export const refund = tool({
  description: 'Refunds an order.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: ({ order, amount }) => `refunded ${amount} of ${order}`,
})
export const tools = { refund }
export const guard = createGuard({ evaluator: createEngine({ file: ':memory:' }) })
export const messages: ModelMessage[] = [{ role: 'user', content: prompt }]
export const paused: { readonly responseMessages: ModelMessage[] } = { responseMessages: [] }
export const approvalId = 'approval_1'
export const approved = true
