import OpenAI from 'openai'
import * as z from 'zod'
import { createGuardedOpenAI, type GuardedOpenAIOptions } from '../src/index.ts'

declare const guard: GuardedOpenAIOptions['guard']

const agent = createGuardedOpenAI({ guard, client: new OpenAI() })

// The schema types the arguments, of the tool and of what the guard reads from them.
agent.registerTool('refund', ({ order, amount }) => `${order.trim()}: ${amount.toFixed(2)}`, {
  parameters: z.object({ order: z.string(), amount: z.number() }),
  value: ({ amount }) => amount,
})

agent.registerTool('refund', ({ order }) => order, {
  parameters: z.object({ order: z.string() }),
  // @ts-expect-error -- the tool takes no amount.
  value: ({ amount }) => amount,
})

// Without a schema the tool says what it takes.
agent.registerTool('refund', ({ amount }: { amount: number }) => amount, { value: ({ amount }) => amount })
agent.registerTool('refund', (args) => {
  // @ts-expect-error -- nothing is known of an argument that nobody described.
  args['amount'].toFixed(2)
})

// @ts-expect-error -- options of a tool are checked, too.
agent.registerTool('refund', () => 1, { actoin: 'refund' })

// @ts-expect-error -- so are those of the loop.
createGuardedOpenAI({ guard, apiKey: 'sk-test', maxRounds: 3 })
