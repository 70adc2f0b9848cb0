import { guardMiddleware } from '@bighub/langchain'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { tool } from '@langchain/core/tools'
import { createAgent } from 'langchain'
import * as z from 'zod'
import { guardFor, type Stage } from '../stage.ts'

const PROPOSALS = [
  { product: 'lamp', price: 42 },
  { product: 'chair', price: 96 },
  { product: 'desk', price: 90 },
] as const

/** A price agent on LangChain: one turn with a harmless change, one that needs a person, and one that no rule lets through. */
export async function playPrices(stage: Stage): Promise<void> {
  const { engine, shop } = stage
  await engine.constraints.create({
    name: 'careful prices',
    domain: 'pricing',
    require_approval_above: 15,
    max_value: 40,
  })
  const guard = guardFor(stage, 'price-agent', 'pricing')
  const setPrice = tool(({ product, price }) => shop.setPrice(product, price), {
    name: 'set_price',
    description: 'Sets the price of a product.',
    schema: z.object({ product: z.string(), price: z.number() }),
  })
  const percentChanged = ({ product, price }: { product: string; price: number }): number =>
    (Math.abs(price - shop.price(product)) / shop.price(product)) * 100
  const agent = createAgent({
    model: new PriceModel({}),
    tools: [setPrice],
    middleware: [guardMiddleware(guard, { set_price: { value: percentChanged, mutating: true } })],
  })
  await agent.invoke({ messages: 'Clear the stock: lower prices where it makes sense.' })
  await guard.close()
}

/** A model by script: proposes the three changes one after the other, then ends. */
class PriceModel extends BaseChatModel {
  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const turn = messages.filter((message) => AIMessage.isInstance(message)).length
    const proposal = PROPOSALS[turn]
    const message = proposal
      ? new AIMessage({ content: '', tool_calls: [{ id: `price_${turn}`, name: 'set_price', args: { ...proposal } }] })
      : new AIMessage('Prices are done.')
    return { generations: [{ text: message.text, message }] }
  }
}
