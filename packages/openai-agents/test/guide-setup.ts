// What the guide takes for granted: a model by script that proposes a refund of 140, and a shop.
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing'

export const model = new ScriptedModel([
  [functionCall('refund', { order: 'A-1', amount: 140 }, { callId: 'call_1' })],
  [assistantMessage('Refunded.')],
])
export const refunds: number[] = []
export const shop = {
  refund: (order: string, amount: number): string => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
}
