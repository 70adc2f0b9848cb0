/**
 * A refund agent on the Vercel AI SDK. A small refund runs, a larger one pauses with the SDK's own approval request, a
 * reckless one is refused; after the person's answer the same conversation goes on.
 */
import assert from 'node:assert/strict'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { guardTools } from '@bighub/vercel-ai'
import { generateText, isStepCount, type ModelMessage, tool } from 'ai'
import * as z from 'zod'
import { createRefundModel } from './refund-model.ts'

const paid = new Map<string, number>()

const refundOrder = tool({
  description: 'Pays an order back.',
  inputSchema: z.object({ order: z.string(), amount: z.number() }),
  execute: async ({ order, amount }) => {
    paid.set(order, amount)
    return { order, refunded: amount }
  },
})

const engine = createEngine({ file: ':memory:' })
await engine.constraints.create({ name: 'Refunds', domain: 'refunds', require_approval_above: 100, max_value: 1000 })

const guard = createGuard({ evaluator: engine, actor: 'support-agent', domain: 'refunds' })
const tools = guardTools(guard, { refund_order: { target: (args) => args.order } })({ refund_order: refundOrder })

const model = createRefundModel()
const messages: ModelMessage[] = [{ role: 'user', content: 'Please settle the open returns.' }]
const paused = await generateText({ model, tools, messages, stopWhen: isStepCount(4) })

const requests = paused.content.filter((part) => part.type === 'tool-approval-request')
console.log('Waiting for a person:')
for (const { toolCall } of requests) console.log(`  ${toolCall.toolName} ${JSON.stringify(toolCall.input)}`)
assert.deepEqual(
  requests.map(({ toolCall }) => toolCall.toolCallId),
  ['call_coat'],
)
assert.deepEqual([...paid], [['A-1', 12]], 'only the small refund has run')

const answers = requests.map(({ approvalId }) => ({
  type: 'tool-approval-response' as const,
  approvalId,
  approved: true,
  reason: 'the coat did arrive',
}))
const history: ModelMessage[] = [...messages, ...paused.responseMessages, { role: 'tool', content: answers }]
const { text } = await generateText({ model, tools, messages: history, stopWhen: isStepCount(4) })

console.log('\nWhat the model read:')
const prompt = model.doGenerateCalls.at(-1)?.prompt ?? []
const results = prompt.flatMap((each) => (each.role === 'tool' ? each.content : []))
for (const result of results)
  if (result.type === 'tool-result') console.log(`  ${result.toolCallId}: ${JSON.stringify(result.output)}`)
console.log(`\nIt says: ${text}\nPaid back: ${JSON.stringify(Object.fromEntries(paid))}`)

assert.deepEqual(Object.fromEntries(paid), { 'A-1': 12, 'A-2': 140 })
assert.match(JSON.stringify(results), /was not executed/)

// The same answer once more, as a browser that retries would send it: nothing is paid twice.
paid.clear()
await generateText({ model, tools, messages: history, stopWhen: isStepCount(4) })
assert.deepEqual([...paid], [])

await guard.close()
const { decisions, outcomes } = await engine.statistics()
assert.deepEqual([decisions, outcomes], [3, 3], 'every decision has its outcome')
await engine.close()
