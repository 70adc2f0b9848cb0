import type { Guard } from '@bighub/core'
import { generateText, type LanguageModel, ToolLoopAgent, tool } from 'ai'
import * as z from 'zod'
import { guardApproval, guardTools } from '../src/index.ts'

declare const guard: Guard
declare const model: LanguageModel

const tools = guardTools(guard)({
  refund: tool({
    inputSchema: z.object({ amount: z.number() }),
    execute: async ({ amount }) => ({ refunded: amount }),
  }),
  pick: tool({ inputSchema: z.object({ color: z.string() }), outputSchema: z.string() }),
})

export async function resultsKeepTheirTypes(): Promise<number> {
  const { toolCalls, toolResults } = await generateText({
    model,
    tools,
    prompt: 'go',
    toolApproval: guardApproval(guard),
  })
  for (const call of toolCalls)
    if (!call.dynamic && call.toolName === 'pick') {
      const color: string = call.input.color
      // @ts-expect-error -- `pick` takes no amount.
      void call.input.amount
      void color
    }
  let sum = 0
  for (const result of toolResults)
    if (!result.dynamic && result.toolName === 'refund') {
      sum += result.output.refunded
      // @ts-expect-error -- what the tool returns is known through the guard.
      void result.output.paid
    }
  // @ts-expect-error -- there is no such tool in the set.
  void tools.delete
  return sum
}

export const agent = new ToolLoopAgent({ model, tools, toolApproval: guardApproval(guard) })

// @ts-expect-error -- options of a tool are checked, too.
guardTools(guard, { refund: { actoin: 'refund' } })

guardApproval(guard, { ownRule: ({ toolCall }) => (toolCall.toolName === 'refund' ? 'user-approval' : undefined) })
