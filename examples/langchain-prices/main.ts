/**
 * A price agent on LangChain. Small changes run, larger ones wait for a person, reckless ones are refused; the model reads
 * what became of each. One interrupt covers the whole turn, and each call gets its own answer.
 */
import assert from 'node:assert/strict'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { type ApprovalInterrupt, type ApprovalResume, guardMiddleware } from '@bighub/langchain'
import { tool } from '@langchain/core/tools'
import { Command, INTERRUPT, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent, ToolMessage } from 'langchain'
import * as z from 'zod'
import { PriceAgentModel } from './price-agent.ts'

const prices = new Map([
  ['lamp', 40],
  ['chair', 120],
  ['desk', 300],
])

const setPrice = tool(
  ({ product, price }) => {
    prices.set(product, price)
    return `${product} now costs ${price}`
  },
  {
    name: 'set_price',
    description: 'Sets the price of a product.',
    schema: z.object({ product: z.string(), price: z.number() }),
  },
)

/** How far a new price is from the old one, in percent. This is the value that the constraint below is about. */
function percentChanged({ product, price }: { product: string; price: number }): number | undefined {
  const before = prices.get(product)
  return before === undefined ? undefined : (Math.abs(price - before) / before) * 100
}

const engine = createEngine({ file: ':memory:' })
await engine.constraints.create({
  name: 'Careful prices',
  domain: 'pricing',
  require_approval_above: 15,
  max_value: 50,
})

const guard = createGuard({ evaluator: engine, actor: 'price-agent', domain: 'pricing' })
const agent = createAgent({
  model: new PriceAgentModel(),
  tools: [setPrice],
  middleware: [guardMiddleware(guard, { set_price: { value: percentChanged } })],
  checkpointer: new MemorySaver(),
})

const thread = { configurable: { thread_id: 'monday' } }
const paused: unknown = await agent.invoke({ messages: 'Clear the stock: lower prices where it makes sense.' }, thread)

assert(isInterrupted<ApprovalInterrupt>(paused), 'larger changes wait for a person')
const request = paused[INTERRUPT][0]?.value
assert(request)
console.log('Waiting for a person:')
for (const { name, args } of request.actionRequests) console.log(`  ${name} ${JSON.stringify(args)}`)
assert.deepEqual(
  request.bighub.calls.map((call) => call.toolCallId),
  ['call_chair', 'call_desk'],
)
assert.deepEqual([...prices.values()], [40, 120, 300], 'nothing ran while the person thinks')

const resume: ApprovalResume = {
  decisions: {
    call_chair: { type: 'approve', resolvedBy: 'ana' },
    call_desk: { type: 'reject', resolvedBy: 'ana', message: 'the desk sells well as it is' },
  },
}
const { messages } = await agent.invoke(new Command({ resume }), thread)

console.log('\nWhat the model read:')
const results = messages.filter((message) => ToolMessage.isInstance(message))
for (const result of results) console.log(`  ${result.tool_call_id}: ${result.text.split('\n')[0]}`)
console.log(`\nPrices: ${JSON.stringify(Object.fromEntries(prices))}`)

assert.deepEqual(Object.fromEntries(prices), { lamp: 38, chair: 96, desk: 300 })
assert.deepEqual(
  results.map((result) => [result.tool_call_id, result.status]),
  [
    ['call_lamp', 'success'],
    ['call_chair', 'success'],
    ['call_desk', 'error'],
    ['call_give_away', 'error'],
  ],
)
assert.match(messages.at(-1)?.text ?? '', /"set_price" was not executed/)

await guard.close()
const { decisions, outcomes } = await engine.statistics()
assert.deepEqual([decisions, outcomes], [4, 4], 'every decision has its outcome')
await engine.close()
