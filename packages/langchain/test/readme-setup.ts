// What the snippets of the README take for granted: a model by script, a tool, an application's own variables.
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { tool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import * as z from 'zod'

class SilentModel extends BaseChatModel {
  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(): Promise<ChatResult> {
    return { generations: [{ text: 'done', message: new AIMessage('done') }] }
  }
}

export const model = new SilentModel({})
export const refund = tool(({ order, amount }) => `refunded ${amount} of ${order}`, {
  name: 'refund',
  description: 'Refunds an order.',
  schema: z.object({ order: z.string(), amount: z.number() }),
})
export const checkpointer = new MemorySaver()
export const guard = createGuard({ evaluator: createEngine({ file: ':memory:' }) })
export const agent = createAgent({ model, tools: [refund], checkpointer })
export const input = { messages: 'Refund 20 of order A-1.' }
export const config = { configurable: { thread_id: 'monday' } }
