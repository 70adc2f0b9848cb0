import type { Guard } from '@bighub/core'
import { Agent, type RunContext, Runner, tool, webSearchTool } from '@openai/agents'
import * as z from 'zod'
import { followRuns, guardTool, guardTools } from '../src/index.ts'

interface Shop {
  readonly currency: string
}

/** Checked by the compiler, never run. */
export async function whatInferencePromises(guard: Guard): Promise<void> {
  const guarded = guardTool(guard, { refund: { value: (args) => args.amount } })

  // Arguments are inferred from the parameters, as in `tool()`.
  const options = {
    name: 'refund',
    description: 'Pays money back.',
    parameters: z.object({ order: z.string(), amount: z.number() }),
  }
  const refund = guarded({ ...options, execute: ({ order, amount }) => `${order.toUpperCase()} ${amount.toFixed(2)}` })
  const plain = tool({ ...options, execute: ({ order, amount }) => `${order.toUpperCase()} ${amount.toFixed(2)}` })
  const same: typeof plain = refund
  guarded({
    ...options,
    needsApproval: async (_context, { amount }) => amount > 10,
    execute: ({ amount }) => {
      // @ts-expect-error -- an amount is no text
      return amount.toUpperCase()
    },
  })
  // @ts-expect-error -- there is no such parameter
  guarded({ ...options, execute: ({ color }) => color })
  // @ts-expect-error -- the output has to fit its schema
  guarded({ ...options, outputSchema: z.object({ paid: z.number() }), execute: () => ({ paid: 'five' }) })

  // The context of the application, too.
  const inShop = guarded({
    ...options,
    execute: (_input, context?: RunContext<Shop>) => context?.context.currency ?? 'EUR',
  })
  const agent = followRuns(new Agent<Shop>({ name: 'Shop', tools: [inShop] }))
  const runner: Runner = followRuns(new Runner())
  await runner.run(agent, 'go', { context: { currency: 'EUR' } })

  // Tools keep their types and their places in the list.
  const [first, second] = guardTools(guard)([plain, webSearchTool()])
  const stillRefund: typeof plain = first
  const type: 'hosted_tool' = second.type
  // @ts-expect-error -- the places are not exchanged
  const wrong: typeof plain = second

  // @ts-expect-error -- options of a tool are checked, too
  guardTool(guard, { refund: { actoin: 'refund' } })
  // @ts-expect-error -- options of a tool are checked, too
  guardTools(guard, { refund: { actoin: 'refund' } })
  // @ts-expect-error -- a function is no tool
  guardTools(guard)([() => 'x'])

  console.log(same, stillRefund, type, wrong)
}
