import { MockLanguageModelV4 } from 'ai/test'

/**
 * Stands where a real model stands, so that the story needs no key: it proposes three refunds at once and, when it has read
 * what became of them, says so.
 */
export function createRefundModel(): MockLanguageModelV4 {
  const refunds = [
    { toolCallId: 'call_cup', order: 'A-1', amount: 12 },
    { toolCallId: 'call_coat', order: 'A-2', amount: 140 },
    { toolCallId: 'call_car', order: 'A-3', amount: 24_000 },
  ]
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const hasProposed = prompt.some(({ role }) => role === 'assistant')
      return {
        content: hasProposed
          ? [{ type: 'text', text: 'I have done what I may do.' }]
          : refunds.map(({ toolCallId, ...input }) => ({
              type: 'tool-call',
              toolCallId,
              toolName: 'refund_order',
              input: JSON.stringify(input),
            })),
        finishReason: { unified: hasProposed ? 'stop' : 'tool-calls', raw: undefined },
        usage: {
          inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 0, text: 0, reasoning: 0 },
        },
        warnings: [],
      }
    },
  })
}
