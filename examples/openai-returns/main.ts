/**
 * A returns desk on the bare OpenAI SDK. The model proposes three refunds in one answer: the small one runs, the large one waits
 * for a person while the conversation goes on, and the absurd one is refused.
 */
import assert from 'node:assert/strict'
import { createEngine } from '@bighub/engine'
import { createGuardedOpenAI } from '@bighub/openai'
import * as z from 'zod'
import { createReturnsModel } from './returns-model.ts'

const paid: string[] = []

const engine = createEngine({ file: ':memory:' })
await engine.constraints.create({ name: 'Returns', domain: 'returns', require_approval_above: 100, max_value: 1000 })

const agent = createGuardedOpenAI({
  guard: { evaluator: engine, actor: 'returns-desk', domain: 'returns' },
  client: createReturnsModel(),
  onDecision: ({ tool, arguments: args, status }) => console.log(`  ${tool} ${JSON.stringify(args)}: ${status}`),
})
agent.registerTool(
  'refund',
  ({ order, amount }) => {
    paid.push(order)
    return `refunded ${amount} of ${order}`
  },
  {
    description: 'Pays an order back.',
    parameters: z.object({ order: z.string(), amount: z.number() }),
    value: ({ amount }) => amount,
  },
)

const result = await agent.runWithApproval(
  { model: 'by-script', input: 'Please settle the open returns A-1, A-2 and A-3.' },
  ({ event }) => {
    console.log(`A person is shown ${event.tool} ${JSON.stringify(event.arguments)} and says yes.`)
    return { resolution: 'approved', resolvedBy: 'ana' }
  },
)
console.log(result.output_text)

assert.deepEqual(paid, ['A-1', 'A-2'])
assert.deepEqual(
  result.execution.events.map(({ status }) => status),
  ['executed', 'approval_required', 'blocked', 'executed'],
)
assert.equal(result.approval_loop?.resumed, true)
assert.match(result.output_text, /"refund" was not executed/)

await agent.close()
const { decisions, outcomes } = await engine.statistics()
assert.deepEqual([decisions, outcomes], [3, 3], 'every decision has its outcome')
await engine.close()
