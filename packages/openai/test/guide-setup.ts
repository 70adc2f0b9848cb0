// What the guide takes for granted: a provider by script that proposes a refund of 140, and a shop.
import type { OpenAIClient } from '@bighub/openai'

const call = { type: 'function_call', call_id: 'call_1', name: 'refund', arguments: '{"order":"A-1","amount":140}' }

let asked = 0
export const client: OpenAIClient = {
  responses: {
    create: async () =>
      asked++ === 0
        ? { id: 'resp_1', output: [call] }
        : { id: 'resp_2', output: [], output_text: 'A person is asked.' },
  },
}
export const refunds: number[] = []
export const shop = {
  refund: (order: string, amount: number): string => {
    refunds.push(amount)
    return `refunded ${amount} of ${order}`
  },
}
