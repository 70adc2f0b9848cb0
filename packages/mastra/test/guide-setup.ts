// What the guide takes for granted: a model by script that proposes a refund of 140, and a tool.
import { createTool } from '@mastra/core/tools'
import * as z from 'zod'
import { scriptedModel } from './scripted-model.ts'

// Mastra's own declaration of the same interface lets both its methods return what only one does.
export const model: never = scriptedModel([['call_1', 'refund', { order: 'A-1', amount: 140 }]]) as never
export const refunds: number[] = []
export const refund = createTool({
  id: 'refund',
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: async ({ order, amount }) => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
})
