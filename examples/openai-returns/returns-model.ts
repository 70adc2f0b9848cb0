import type { OpenAIClient } from '@bighub/openai'

type Item = Readonly<Record<string, unknown>>

/**
 * Stands where the provider stands, so that the story needs no key: it proposes three returns at once and then repeats what it
 * was told of the last one.
 */
export function createReturnsModel(): OpenAIClient {
  return {
    responses: {
      create: async ({ input }: { input: string | readonly Item[] }) => {
        if (typeof input === 'string')
          return { id: 'resp_1', output: [pay('A-1', 20), pay('A-2', 180), pay('A-3', 9000)] }
        const last = JSON.parse(String(input.at(-1)?.['output'])) as { readonly error: string }
        return { id: 'resp_2', output: [], output_text: `I was told: ${last.error}` }
      },
    },
  }
}

function pay(order: string, amount: number): Item {
  return {
    type: 'function_call',
    call_id: `call_${order}`,
    name: 'refund',
    arguments: JSON.stringify({ order, amount }),
  }
}
