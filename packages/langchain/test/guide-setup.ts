// What the guide takes for granted: a model by script that proposes a refund of 140, and a tool.
import { tool } from '@langchain/core/tools'
import * as z from 'zod'
import { callTools, ScriptedModel } from './scripted-model.ts'

export const model = new ScriptedModel(callTools(['call_1', 'refund', { order: 'A-1', amount: 140 }]))
export const refunds: number[] = []
export const refund = tool(
  ({ order, amount }) => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
  {
    name: 'refund',
    description: 'Pays an order back.',
    schema: z.object({ order: z.string(), amount: z.number() }),
  },
)
