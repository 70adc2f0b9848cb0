import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'

/** A price the agent wants to set: call id, product, price. */
type Proposal = readonly [id: string, product: string, price: number]

/**
 * Stands in for a real chat model, so that the example runs without a key: proposes three prices, then a reckless one, then
 * says what it was told. Exchange it for any chat model; nothing else changes.
 */
export class PriceAgentModel extends BaseChatModel {
  #turn = 0

  constructor() {
    super({})
  }

  override _llmType(): string {
    return 'price-agent'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = this.#answer(messages)
    return { generations: [{ text: message.text, message }] }
  }

  #answer(messages: readonly BaseMessage[]): AIMessage {
    const proposals = TURNS[this.#turn++]
    if (!proposals) return new AIMessage(`I was told: ${messages.at(-1)?.text ?? 'nothing'}`)
    return new AIMessage({
      content: '',
      tool_calls: proposals.map(([id, product, price]) => ({
        id,
        name: 'set_price',
        args: { product, price },
        type: 'tool_call',
      })),
    })
  }
}

const TURNS: readonly (readonly Proposal[])[] = [
  [
    ['call_lamp', 'lamp', 38],
    ['call_chair', 'chair', 96],
    ['call_desk', 'desk', 210],
  ],
  [['call_give_away', 'desk', 3]],
]
