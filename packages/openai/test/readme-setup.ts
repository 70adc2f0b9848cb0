// What the snippets of the README take for granted: a provider by script, a shop, a person.
import type { createGuardedOpenAI, OpenAIClient } from '@bighub/openai'

const call = { type: 'function_call', call_id: 'call_1', name: 'refund', arguments: '{"order":"A-1","amount":20}' }

export const client: OpenAIClient = {
  responses: {
    create: async ({ input }: { input: unknown }) =>
      typeof input === 'string' ? { id: 'resp_1', output: [call] } : { id: 'resp_2', output: [], output_text: 'Done.' },
  },
}
export const shop = { refund: (order: string, amount: number): string => `refunded ${amount} of ${order}` }
export const ask = async (_event: object): Promise<boolean> => true
export declare const agent: ReturnType<typeof createGuardedOpenAI>
