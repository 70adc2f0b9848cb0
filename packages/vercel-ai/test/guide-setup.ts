// What the guide takes for granted: a model by script that proposes a refund of 140, and a tool.
import { tool } from 'ai'
import * as z from 'zod'
import { scriptedModel, toolCall } from './scripted-model.ts'

export const model = scriptedModel([toolCall('call_1', 'refund', { order: 'A-1', amount: 140 })], 'Refunded.')
export const refunds: number[] = []
export const refund = tool({
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: ({ order, amount }) => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
})
